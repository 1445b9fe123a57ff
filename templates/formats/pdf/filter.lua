-- What pandoc's Typst writer does not do: a form's table with headers that repeat and never stand alone at the end of a
-- page, rows that are never split between pages, and figures that fit their cells.

local function typst(text) return pandoc.RawBlock("typst", text) end

local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

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

-- Return the greatest height that rows can have together, in pt, and for each row whether it surely takes one line: to
-- measure a row, Typst would have to lay its cells out twice, and a table to see whether it fits a page. A figure, which
-- stands right of the columns of labels, takes one line.
local function height_of(rows, widths, labels)
  local heights, sure, total, laid = {}, {}, 0, laid_out(rows)
  local function lines_of(item)
    if item.column > labels then return 1 end
    local em, signs, fit = 0, 0, (room(item, widths) - 0.01) // SIZE
    for _, code in utf8.codes(pandoc.utils.stringify(item.cell.contents)) do
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
    local short = 0 -- height that a cell over several rows needs beyond theirs
    for _, item in ipairs(items) do
      local own = not item.above and tall(lines_of(item)) or 0
      for row = at, at + item.cell.row_span - 1 do own = own - (heights[row] or 0) end
      if own > 0 then
        for row = at, at + item.cell.row_span - 1 do sure[row] = false end
      end
      short = math.max(short, own)
    end
    total = total + heights[at] + short
  end
  return total, sure
end

local function cells(rows, labels, write)
  local out = {}
  for _, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      if not item.above then out[#out + 1] = write(item, item.column <= labels) end
    end
  end
  return table.concat(out, "\n")
end

-- A cell of one row is not split between pages; a label over several rows may be.
local function cell_of(cell, align, body)
  local said = pandoc.List()
  if cell.row_span > 1 then said:insert(("rowspan: %d, breakable: true"):format(cell.row_span)) end
  if cell.col_span > 1 then said:insert(("colspan: %d"):format(cell.col_span)) end
  if align ~= "center" then said:insert(("align: %s + horizon"):format(align)) end
  said:insert(body)
  return #said > 1 and "table.cell(" .. table.concat(said, ", ") .. ")," or body .. ","
end

-- The words of a header or a label; Typst measures those that may be too wide for their cell.
local function words_of(item, widths)
  local text = pandoc.utils.stringify(item.cell.contents)
  local is_narrow = false
  for word in text:gmatch("[!-~]+") do is_narrow = is_narrow or #word * NARROW * SIZE > room(item, widths) end
  return is_narrow and "part-words(" .. quoted(text) .. ")" or quoted(text)
end

local function form(tbl)
  local is_landscape = tbl.classes:includes("landscape") -- Typst turns the margins with the page
  WIDE, TALL = points("width", "left", "right"), points("height", "top", "bottom")
  if is_landscape then WIDE, TALL = TALL, WIDE end
  local widths, shares = {}, {}
  for at, spec in ipairs(tbl.colspecs) do
    widths[at] = spec[2]
    shares[at] = ("%.4ffr"):format(spec[2] * 100)
  end
  local function body(item, label)
    local cell = item.cell
    if label then return cell_of(cell, cell.row_span > 1 and "center" or "start", words_of(item, widths)) end
    local text = quoted(pandoc.utils.stringify(cell.contents))
    local figure = ("fit(%d, %s)"):format(room(item, widths) // (NARROW * SIZE), text)
    local mark = PRESS.variables.links and text:match('^"FIGURE(%d+)E"$')
    if mark then figure = ("link(%s, %s)"):format(quoted("report:" .. PRESS.addresses[tbl.identifier][tonumber(mark)]), figure) end
    return cell_of(cell, "center", figure)
  end
  local out, heights, total = {}, {}, 0
  local function measure(rows, labels)
    local height, sure = height_of(rows, widths, labels)
    total = total + height
    for at = 1, #rows do heights[#heights + 1] = sure[at] and ("%.9gpt"):format(tall(1)) or "auto" end
  end
  local function head(item) return cell_of(item.cell, "center", words_of(item, widths)) end
  local function heads(rows)
    measure(rows, #widths)
    if #rows > 0 then out[#out + 1] = "table.header(" .. cells(rows, 0, head) .. ")," end
  end
  heads(tbl.head.rows)
  for _, part in ipairs(tbl.bodies) do
    heads(part.head)
    measure(part.body, part.row_head_columns)
    out[#out + 1] = cells(part.body, part.row_head_columns, body)
  end
  return typst(([[
#figure(kind: table, {
set table.cell(breakable: false)
table(
columns: (%s,),
rows: (%s,),
align: center + horizon,
%s
)})%s]]):format(table.concat(shares, ", "), table.concat(heights, ", "), table.concat(out, "\n"), total < TALL - 2 * look.body.pitch and " <whole>" or ""))
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

return {
  -- A character that no font has is printed as its code point. Typst would turn three dots into an ellipsis, and takes
  -- authors as strings, not as markup.
  Str = function(str)
    for _, pair in ipairs(PRESS.stand_ins) do str.text = str.text:gsub(pair[1], pair[2]) end
    if not str.text:find("...", 1, true) then return parted(str.text) end
    return pandoc.RawInline("typst", "#" .. quoted(str.text) .. ";")
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
    return meta
  end,
  Table = function(tbl) return tbl.classes:includes("form") and form(tbl) or nil end,
  Div = function(div)
    if div.classes:includes("pagebreak") then return typst("#pagebreak(weak: true)") end
    if div.classes:includes("contents") then return typst("#contents") end
    for _, name in ipairs { "signature", "landscape" } do
      if div.classes:includes(name) then
        local blocks = pandoc.List { typst("#" .. name .. "[") }
        blocks:extend(div.content)
        blocks:insert(typst("]"))
        return blocks
      end
    end
    return div.classes:includes("form") and div.content or nil
  end,
}
