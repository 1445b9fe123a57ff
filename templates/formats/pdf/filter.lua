-- What pandoc's Typst writer does not do: a form's table with headers that repeat and never stand alone at the end of a
-- page, rows that are never split between pages, and figures that fit their cells.

local function typst(text) return pandoc.RawBlock("typst", text) end

local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

-- The words of blocks or inlines, also of those that `Str` below has made strings.
local UNQUOTE = {
  RawInline = function(raw)
    local quoted_words = raw.text:match('^#"(.*)";$') -- other raw text has no words
    return quoted_words and pandoc.Str((quoted_words:gsub('\\(["\\])', "%1")))
  end,
}
local function text_of(content) return pandoc.utils.stringify(content:walk(UNQUOTE)) end

-- A character that no font has is printed as its code point.
local function with_stand_ins(text)
  for _, pair in ipairs(PRESS.stand_ins) do text = text:gsub(pair[1], pair[2]) end
  return text
end

-- The words of an item of a row, as `laid_out` returns it.
local function words_in(item) return with_stand_ins(item.cell.text) end

local look = PRESS.variables.look
local INSET, SIZE, PITCH = tonumber(look.table.inset), tonumber(look.table.size), tonumber(look.table.pitch)
local LINE, PAD = tonumber(look.table.line), tonumber(look.table.pad)
local function points(size, first, last) return (look.page[size] - look.page[first] - look.page[last]) * 72 / 25.4 end
local WIDE, TALL = points("width", "left", "right"), points("height", "top", "bottom") -- of the table's page, in pt
local NARROW = 0.62 -- em: no font of a look has wider digits

-- The width in which the text of a cell stands, in pt.
local function room(item, widths)
  local wide = -2 * INSET
  for column = item.column, item.column + item.cell.col_span - 1 do wide = wide + widths[column] * WIDE end
  return wide
end

-- The greatest width that a character can have, in em.
local function width_of(code)
  if code >= 48 and code <= 57 then return NARROW end
  local square = code < 128 or code >= 0x3000 and code <= 0x9fff or code >= 0xff00 and code <= 0xffef
  return square and 1 or 2
end

local function tall(lines) return lines * PITCH + 2 * PAD + LINE end

-- Return the greatest height that each row can have, in pt, and whether it surely takes one line: to measure a row,
-- Typst would have to lay its cells out twice. A figure, which stands right of the columns of labels, takes one line.
local function heights_of(laid, widths, labels)
  local heights, sure = {}, {}
  local function lines_of(item)
    if item.column > labels then return 1 end
    local em, signs, fit = 0, 0, (room(item, widths) - 0.01) // SIZE
    for _, code in utf8.codes(words_in(item)) do
      em = em + width_of(code)
      if code >= 128 and (code < 0x4e00 or code > 0x9fff) then signs = 1 end
    end
    -- A line ends early where the next one must not begin with a punctuation mark.
    return em <= fit and 1 or math.ceil(em / math.max(1, fit - signs))
  end
  for at, items in ipairs(laid) do
    heights[at] = tall(1)
    for _, item in ipairs(items) do
      if item.cell.row_span == 1 then heights[at] = math.max(heights[at], tall(lines_of(item))) end
    end
    sure[at] = heights[at] == tall(1)
  end
  for at, items in ipairs(laid) do
    for _, item in ipairs(items) do
      local last = math.min(at + item.cell.row_span - 1, #laid)
      local more = not item.above and tall(lines_of(item)) or 0 -- than the rows over which the cell goes
      for row = at, last do more = more - heights[row] end
      if more > 0 then
        heights[last] = heights[last] + more
        for row = at, last do sure[row] = false end
      end
    end
  end
  return heights, sure
end

local function sum(heights, first, last)
  local total = 0
  for at = first, last do total = total + heights[at] end
  return total
end

-- Write rows. A label over several rows holds these on one page, unless they are too tall for that.
local function cells(laid, heights, labels, write)
  local out = {}
  for at, line in ipairs(laid) do
    for _, item in ipairs(line) do
      if not item.above then
        local rows = sum(heights, at, math.min(at + item.cell.row_span - 1, #laid))
        out[#out + 1] = write(item, item.column <= labels, rows > TALL / 4, line)
      end
    end
  end
  return table.concat(out, "\n")
end

local function cell_of(cell, align, is_tall, body, fill)
  local said = pandoc.List()
  if cell.row_span > 1 then said:insert(("rowspan: %d"):format(cell.row_span)) end
  if cell.row_span > 1 and is_tall then -- its words are on one page
    said:insert("breakable: true")
    body = "block(breakable: false, " .. body .. ")"
  end
  if cell.col_span > 1 then said:insert(("colspan: %d"):format(cell.col_span)) end
  if fill then said:insert(('fill: rgb("%s")'):format(fill)) end
  if align ~= "center" then said:insert(("align: %s + horizon"):format(align)) end
  said:insert(body)
  return #said > 1 and "table.cell(" .. table.concat(said, ", ") .. ")," or body .. ","
end

-- The words of a header or a label; Typst measures those that may be too wide for their cell.
local function words_of(item, widths)
  local text = words_in(item)
  local is_narrow = false
  for word in text:gmatch("[!-~]+") do is_narrow = is_narrow or #word * NARROW * SIZE > room(item, widths) end
  return is_narrow and "part-words(" .. quoted(text) .. ")" or quoted(text)
end

-- Return the Typst text of the rows of a table, some below one head, and how tall they can be. In previews each figure is
-- a link to its address.
local function band_of(head, body, labels, widths, shares, addresses)
  local out, rows, total = {}, {}, 0
  local function measure(laid, count)
    local heights, sure = heights_of(laid, widths, count)
    for at in ipairs(laid) do
      rows[#rows + 1] = sure[at] and ("%.9gpt"):format(tall(1)) or "auto"
      total = total + heights[at]
    end
    return heights
  end
  local function header(item, _, is_tall, line)
    local fill = look.table.band ~= "" and is_banner(line, #widths) and look.table.band or nil
    return cell_of(item.cell, "center", is_tall, words_of(item, widths), fill)
  end
  local function label_or_figure(item, is_label, is_tall)
    local cell = item.cell
    if is_label then return cell_of(cell, cell.row_span > 1 and "center" or "start", is_tall, words_of(item, widths)) end
    local text = quoted(words_in(item))
    local figure = ("fit(%d, %s)"):format(room(item, widths) // (NARROW * SIZE), text)
    local mark = PRESS.variables.links and text:match('^"FIGURE(%d+)E"$')
    if mark then figure = ("link(%s, %s)"):format(quoted("report:" .. addresses[tonumber(mark)]), figure) end
    return cell_of(cell, "center", is_tall, figure)
  end
  if #head > 0 then
    local laid = laid_out(head)
    out[1] = "table.header(" .. cells(laid, measure(laid, #widths), 0, header) .. "),"
  end
  local laid = laid_out(body)
  out[#out + 1] = cells(laid, measure(laid, labels), labels, label_or_figure)
  return ("columns: (%s,),\nrows: (%s,),\n%s"):format(table.concat(shares, ", "), table.concat(rows, ", "), table.concat(out, "\n")), total
end

-- A form's table. Bands with heads of their own are tables one below the other: each stays on one page if it is not
-- tall, and between two of them a page may end. Nor does one end before the table fills five lines of text, its heading
-- included.
local function form(tbl)
  local is_landscape = tbl.classes:includes("landscape") -- Typst turns the margins with the page
  WIDE, TALL = points("width", "left", "right"), points("height", "top", "bottom")
  if is_landscape then WIDE, TALL = TALL, WIDE end
  local widths, shares = {}, {}
  for at, spec in ipairs(tbl.colspecs) do
    widths[at] = spec[2]
    shares[at] = ("%.4ffr"):format(spec[2] * 100)
  end
  local bands = pandoc.List()
  local head = tbl.head.rows
  for _, part in ipairs(tbl.bodies) do
    local own = #part.head > 0 and part.head or head
    local text, height = band_of(own, part.body, part.row_head_columns, widths, shares, PRESS.addresses[tbl.identifier])
    bands:insert { text = text, height = height }
    head = {}
  end
  local out, filled = {}, look.body.pitch
  for at, band in ipairs(bands) do
    filled = filled + band.height
    out[at] = ("#form-table(above: %s, below: %s, sticky: %s, breakable: %s, labels: %d, table(\n%s\n))"):format(
      at == 1, at == #bands, at < #bands and filled < 5 * look.body.pitch, band.height > TALL / 4, tbl.bodies[at].row_head_columns, band.text)
  end
  return table.concat(out, "\n")
end

-- Chinese has no spaces, so a long paragraph is one word to pandoc, whose Typst writer takes time quadratic in its
-- length; split into parts it is linear.
local PART = 200

local function parted(text)
  local parts, length = pandoc.List(), utf8.len(text)
  if length <= PART then return pandoc.Str(text) end
  for at = 1, length, PART do
    local from, to = utf8.offset(text, at), utf8.offset(text, math.min(at + PART, length + 1))
    parts:insert(pandoc.Str(text:sub(from, to - 1)))
  end
  return parts
end

-- In a table of prose with many columns a number is set as small as its column is narrow.
local MANY_COLUMNS = 8

local function fit_number(plain)
  local text = text_of(plain.content)
  if not text:find("^[%d.,%%+-]+$") then return nil end
  return pandoc.Plain { pandoc.RawInline("typst", "#fit(0, " .. quoted(text) .. ")") }
end

-- Keep words at the start of a cell, an item or a footnote from starting a list or heading of Typst, such as the 3. of
-- a date: pandoc escapes them in paragraphs only.
local function keep_from_starting(inlines)
  local first = inlines[1]
  if first and first.t == "Str" and (first.text:find("^[-+/]$") or first.text:find("^=+$") or first.text:find("^%d+%.$")) then
    inlines:insert(1, pandoc.RawInline("typst", "#none;"))
    return inlines
  end
end

-- ── the signature ───────────────────────────────────────────────────────────────────────────────────

local function em_of(inlines)
  local em = 0
  for _, code in utf8.codes(text_of(inlines)) do em = em + (code < 128 and 0.6 or 1) end
  return em
end

-- Return how many lines a text takes, at most.
local function lines_of(inlines)
  local advance = look.body.characters and points("width", "left", "right") / look.body.characters or look.body.size
  return math.max(1, math.ceil(em_of(inlines) * advance / points("width", "left", "right")))
end

local function is_paragraph(block) return block and (block.t == "Para" or block.t == "Plain") end

-- Let the last lines of a paragraph, at least two, stand on one page with what follows it, in as many lines.
local function hold(block, room)
  block.content:insert(pandoc.RawInline("typst", ("#room-for(%s)"):format(room)))
  return pandoc.List { typst("#last-lines["), block, typst("]") }
end

-- Write the signature, which never stands alone on a page: two lines of the text are with it.
local function sign(blocks, at)
  local signature = blocks[at].content:filter(is_paragraph)
  local parts, lines = pandoc.List { pandoc.RawInline("typst", "") }, 0
  for _, line in ipairs(signature) do
    lines = lines + lines_of(line.content)
    parts:insert(pandoc.RawInline("typst", "["))
    parts:extend(line.content)
    parts:insert(pandoc.RawInline("typst", "], "))
  end
  local room = tostring(look.signature.above + lines)
  local last, before = blocks[at - 1], blocks[at - 2]
  parts[1] = pandoc.RawInline("typst", ("#signature(room: %s, held: %s, "):format(room, is_paragraph(last)))
  parts:insert(pandoc.RawInline("typst", ")"))
  local out = pandoc.List()
  for i = 1, #blocks do
    if i == at then
      out:insert(pandoc.Plain(parts))
    elseif i == at - 1 and is_paragraph(last) then
      out:extend(hold(last, room))
    elseif i == at - 2 and is_paragraph(before) and is_paragraph(last) and lines_of(last.content) == 1 then
      out:extend(hold(before, room + 1))
      out:insert(typst(("#v(-%s * pitch)"):format(room + 1)))
    else
      out:insert(blocks[i])
    end
  end
  return out
end

-- ── letters ─────────────────────────────────────────────────────────────────────────────────────────

-- Return the call of a function of the template, the arguments of which are inlines, or text of Typst.
local function call(name, arguments)
  local parts = pandoc.List { pandoc.RawInline("typst", "#" .. name .. "(") }
  for _, argument in ipairs(arguments) do
    if type(argument) == "string" then
      parts:insert(pandoc.RawInline("typst", argument))
    else
      parts:insert(pandoc.RawInline("typst", "["))
      parts:extend(argument)
      parts:insert(pandoc.RawInline("typst", "], "))
    end
  end
  parts:insert(pandoc.RawInline("typst", ")"))
  return pandoc.List { pandoc.Plain(parts), typst("") } -- the raw text: it is no paragraph, which could hold a signature
end

local function label_of(inlines)
  return { pandoc.RawInline("typst", "#label-box[") } .. inlines .. { pandoc.RawInline("typst", "]") }
end

local function redhead(div)
  if not look.redhead then return div.content end
  local names, blocks = pandoc.List(), pandoc.List()
  for _, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    if parts.number then
      local signers = split_spans(parts.signers or {})
      blocks:extend(call("redhead-number", pandoc.List { parts.number, label_of(signers.rest) } .. signers.names))
    else
      names:insert(paragraph.content)
    end
  end
  return call("redhead-mark", names) .. blocks .. { typst("#redhead-end") }
end

local function colophon(div)
  if not look.colophon then return div.content end
  local entries = pandoc.List()
  for _, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    entries:insert(parts.label and "(true, " or "(false, ")
    entries:extend { parts.label and label_of(parts.label) or parts.printer or {}, parts.label and parts.rest or parts.printed or {}, "), " }
  end
  return call("colophon", entries)
end

local function attachments(div)
  local cells = pandoc.List()
  for _, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    local number = parts.number or {}
    if parts.number then number:insert(pandoc.RawInline("typst", "#h(0.25em)")) end
    cells:extend { parts.label and label_of(parts.label) or {}, number, parts.rest }
  end
  return call("attachments", cells)
end

local FILTER = {
  FormTable = form,
  -- What is short for another sign in Typst is given as a string. Typst takes authors as strings, not as markup.
  Inlines = keep_from_starting,
  Str = function(str)
    str.text = with_stand_ins(str.text)
    if not str.text:find("%.%.%.") and not str.text:find("%-[-?%d\128-\255]") then return parted(str.text) end
    return pandoc.RawInline("typst", "#" .. quoted(str.text) .. ";")
  end,
  -- Changed words of a comparison.
  Span = function(span)
    if span.classes:includes("deletion") then span.content = { pandoc.Strikeout(span.content) } end
    if span.classes:includes("insertion") then span.content = { pandoc.Underline(span.content) } end
    return span
  end,
  Meta = function(meta)
    if meta.author then
      local authors = pandoc.utils.type(meta.author) == "Inlines" and { meta.author } or meta.author
      local strings = pandoc.List()
      for _, author in ipairs(authors) do
        strings:insert(pandoc.MetaInlines { pandoc.RawInline("typst", quoted(pandoc.utils.stringify(author))) })
      end
      meta.author = pandoc.MetaList(strings)
    end
    local function is_wide(line) return em_of(line) * look.title.size > points("width", "left", "right") end
    local lines = meta.titlelines or meta.title and pandoc.List { meta.title } or pandoc.List()
    if lines:find_if(is_wide) then
      local parts = pandoc.Inlines {}
      for _, line in ipairs(lines) do
        parts:insert(pandoc.RawInline("typst", "#title-line["))
        parts:extend(line)
        parts:insert(pandoc.RawInline("typst", "]"))
      end
      meta.titlelines = pandoc.MetaList { pandoc.MetaInlines(parts) }
    end
    return meta
  end,
  Table = function(tbl)
    if #tbl.colspecs >= MANY_COLUMNS then tbl = tbl:walk { Plain = fit_number } end
    local caption = tbl.caption.long
    if #caption == 0 then return tbl end
    tbl.caption = { long = {} } -- a figure's own would have a number
    local blocks = pandoc.List { typst("#caption[") }
    blocks:extend(caption)
    blocks:extend { typst("]"), tbl }
    return blocks
  end,
  Div = function(div)
    if div.classes:includes("pagebreak") then return typst("#pagebreak(weak: true)") end
    if div.classes:includes("contents") then return typst("#contents") end
    if div.classes:includes("revisions") then return lay_side_by_side(div) end
    if div.classes:includes("values") then return div.content end
    if div.classes:includes("redhead") then
      div.content = redhead(div)
      return div
    end
    if div.classes:includes("colophon") then return colophon(div) end
    if div.classes:includes("attachments") then return attachments(div) end
    if div.classes:includes("addressee") then return call("addressee", { pandoc.utils.blocks_to_inlines(div.content) }) end
    if div.classes:includes("landscape") then
      local blocks = pandoc.List { typst("#landscape[") }
      blocks:extend(div.content)
      blocks:insert(typst("]"))
      return blocks
    end
    return div.attributes.role and div.content or nil -- a list has a role
  end,
  Blocks = function(blocks)
    local _, at = blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("signature") end)
    return at and sign(blocks, at) or nil
  end,
  Pandoc = raise_redhead,
}

-- The title is broken into lines before its words are those of Typst.
return { { Meta = function(meta) return PRESS.variables.asian and break_title(meta, PRESS.variables) or meta end }, FILTER }
