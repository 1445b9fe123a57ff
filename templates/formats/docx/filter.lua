-- What pandoc's Word writer does not do: a form's table with headers that repeat on each page, rows that are never
-- split between pages, and columns that keep their widths.

local HINT = PRESS.variables.asian and '<w:rFonts w:hint="eastAsia"/>' or ""

local function xml(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

local function styled(blocks, style)
  return pandoc.Div(blocks, pandoc.Attr("", {}, { ["custom-style"] = style }))
end

local function paragraph(item, style, centred, keep, wide)
  local text = item.above and "" or xml(item.cell.text)
  local size = wide and size_of_figure(text, wide / 20, PRESS.variables.look) -- smaller, where its columns do not hold it
  return "<w:p><w:pPr><w:pStyle w:val=\"" .. style .. "\"/>" .. (keep and "<w:keepNext/>" or "")
    .. (centred and "<w:jc w:val=\"center\"/>" or "") .. "</w:pPr>"
    .. (text == "" and "" or "<w:r><w:rPr>" .. HINT .. (size and ('<w:sz w:val="%d"/>'):format(size * 2) or "") .. "</w:rPr><w:t xml:space=\"preserve\">" .. text .. "</w:t></w:r>")
    .. "</w:p>"
end

local function cell_of(item, widths, style, centred, keep, fill, is_figure)
  local cell, width = item.cell, 0
  for column = item.column, item.column + cell.col_span - 1 do width = width + widths[column] end
  return ("<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>"):format(width)
    .. (cell.col_span > 1 and ("<w:gridSpan w:val=\"%d\"/>"):format(cell.col_span) or "")
    .. (item.above and "<w:vMerge/>" or cell.row_span > 1 and "<w:vMerge w:val=\"restart\"/>" or "")
    .. (fill and ('<w:shd w:val="clear" w:color="auto" w:fill="%s"/>'):format(fill) or "")
    .. "<w:vAlign w:val=\"center\"/></w:tcPr>" .. paragraph(item, style, centred, keep, is_figure and width) .. "</w:tc>"
end

local function rows_of(rows, widths, labels, repeated, place)
  local out, laid, head = {}, laid_out(rows), place.is_head
  local kept, height = keep_rows(laid, PRESS.variables.look, place)
  local band = PRESS.variables.look.table.band
  for at, line in ipairs(laid) do
    local fill = head and band ~= "" and is_banner(line, #widths) and band or nil
    out[#out + 1] = "<w:tr><w:trPr><w:cantSplit/>" .. (repeated and "<w:tblHeader/>" or "") .. "</w:trPr>"
    for _, item in ipairs(line) do
      local label = not head and item.column <= labels and item.cell.row_span == 1
      out[#out + 1] = cell_of(item, widths, head and "TableHead" or "TableText", not label, kept[at], fill, not head and item.column > labels)
    end
    out[#out + 1] = "</w:tr>"
  end
  return table.concat(out), height
end

local function raw(xml) return pandoc.RawBlock("openxml", xml) end

-- Changed words of a comparison are changes that Word tracks, of the day of the document. Pandoc writes them, but not that
-- a whole paragraph was added or taken out, which its end mark says; finish.lua numbers them.
local CHANGES = { deletion = "del", insertion = "ins" }
local AUTHOR = "nianbao"

local function change_date()
  local day = PRESS.variables.day
  return ("%04d-%02d-%02dT00:00:00Z"):format(day.year, day.month, day.day)
end

local function tracked(span)
  for class in pairs(CHANGES) do
    if span.classes:includes(class) then span.attributes.author, span.attributes.date = AUTHOR, change_date() end
  end
  return span
end

local function whole_paragraph(block)
  local span = #block.content == 1 and block.content[1]
  local change = span and span.t == "Span" and CHANGES[span.classes[1]]
  if not change then return block end
  local told = ('<w:%s w:id="0" w:author="%s" w:date="%s"'):format(change, AUTHOR, change_date())
  local words = change == "del" and "delText" or "t"
  return raw(('<w:p><w:pPr><w:pStyle w:val="BodyText"/><w:rPr>%s/></w:rPr></w:pPr>%s><w:r><w:rPr>%s</w:rPr><w:%s xml:space="preserve">%s</w:%s></w:r></w:%s></w:p>')
    :format(told, told, HINT, words, xml(pandoc.utils.stringify(span)), words, change))
end

-- The end of a section of pages; finish.lua puts the paper and the page numbers of the document into it.
local function section_end(kind) return raw('<w:p><w:pPr><w:spacing w:line="20" w:lineRule="exact"/><w:sectPr w:rsidR="' .. kind .. '"/></w:pPr></w:p>') end
local PORTRAIT, LANDSCAPE, BEFORE_LAST_LANDSCAPE = "0000000A", "0000000B", "0000000E"

local CONTENTS = '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
  .. '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
local CONTENTS_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'

local function wide_of(tbl)
  local page = PRESS.variables.word.page
  if tbl.classes:includes("landscape") then return page.height - page.top - page.bottom end
  return page.width - page.left - page.right
end

-- Pandoc's names of bookmarks.
local function bookmark_of(id) return id:match("^%a[%w_-]*$") and #id <= 40 and id or "X" .. pandoc.utils.sha1(id):sub(2) end

-- The contents show the headings; once Word updates the field, also the numbers of their pages.
local function contents(div)
  local entries = list_entries(div)
  local out = { ('<w:p><w:pPr><w:pStyle w:val="TOCHeading"/></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>'):format(xml(PRESS.variables.words.contents)) }
  for at, entry in ipairs(entries) do
    local link = ('<w:hyperlink w:anchor="%s"><w:r><w:rPr>%s</w:rPr><w:t xml:space="preserve">%s</w:t></w:r></w:hyperlink>')
      :format(bookmark_of(entry.id), HINT, xml(entry.text))
    out[#out + 1] = ('<w:p><w:pPr><w:pStyle w:val="TOC%d"/></w:pPr>%s%s%s</w:p>')
      :format(entry.level, at == 1 and CONTENTS or "", link, at == #entries and CONTENTS_END or "")
  end
  return raw(table.concat(out))
end

-- A table has no space below it in Word: a low paragraph makes it, but where a heading has as much above it.
local gap = tonumber(PRESS.variables.word.table.gap)
local GAP = raw(('<w:p><w:pPr><w:spacing w:line="%d" w:lineRule="exact"/></w:pPr></w:p>'):format(gap))

local function add_gaps(blocks)
  if gap == 0 then return blocks end
  local out = pandoc.List()
  for at, block in ipairs(blocks) do
    local below = blocks[at + 1]
    local heading = below and below.t == "Header" and PRESS.variables.word["heading" .. below.level]
    out:insert(block)
    if (block.t == "Table" or block.t == "Div" and block.attributes.table) and not (heading and tonumber(heading.above) >= gap) then out:insert(GAP) end
  end
  return out
end

local function form(tbl)
  local wide, widths, grid = wide_of(tbl), {}, {}
  for at, spec in ipairs(tbl.colspecs) do
    widths[at] = math.floor(spec[2] * wide + 0.5)
    grid[at] = ("<w:gridCol w:w=\"%d\"/>"):format(widths[at])
  end
  local caption = xml(tbl.caption.text):gsub('"', "&quot;")
  local out = {
    "<w:tbl><w:tblPr><w:tblStyle w:val=\"Table\"/>",
    ("<w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>"):format(wide),
    "<w:tblLook w:val=\"0020\" w:firstRow=\"1\"/><w:tblCaption w:val=\"" .. caption .. "\"/></w:tblPr>",
    "<w:tblGrid>" .. table.concat(grid) .. "</w:tblGrid>",
  }
  local points, above = pandoc.List(widths):map(function(width) return width / 20 end), 0
  local function add(rows, labels, repeated, place)
    place.widths, place.above = points, above
    local text, height = rows_of(rows, widths, labels, repeated, place)
    out[#out + 1], above = text, above + height
  end
  add(tbl.head.rows, 0, true, { is_head = true })
  for at, body in ipairs(tbl.bodies) do
    add(body.head, 0, false, { is_head = true })
    local below = tbl.bodies[at + 1]
    add(body.body, body.row_head_columns, false, { following = below and #below.head + #below.body, is_last = not below })
  end
  out[#out + 1] = "</w:tbl>"
  return table.concat(out)
end

local WORDS = PRESS.variables.words

-- A table that is no form's has the styles of forms in its cells.
local function prose_table(tbl)
  local function fit(inlines, column)
    local text = pandoc.utils.stringify(inlines)
    local size = size_in_column(text, tbl, column, PRESS.variables.look)
    if not size then return inlines end
    return { pandoc.RawInline("openxml", ('<w:r><w:rPr><w:sz w:val="%d"/></w:rPr><w:t>%s</w:t></w:r>'):format(size * 2, xml(text))) }
  end
  local function style(rows, name)
    for _, row in ipairs(rows) do
      for column, cell in ipairs(row.cells) do
        cell.contents = cell.contents:walk {
          Plain = function(text) return styled({ pandoc.Para(fit(text.content, column)) }, name) end,
        }
      end
    end
  end
  style(tbl.head.rows, WORDS.table_head)
  for _, body in ipairs(tbl.bodies) do style(body.body, WORDS.table_text) end
  return tbl
end

-- LibreOffice splits no paragraph that is kept with the next one: one with more lines would leave half a page empty.
local LONG = 6

-- The names, and below them the day of issue.
local function signature(lines, size)
  local out = {}
  for at, line in ipairs(lines) do
    out[at] = ('<w:p><w:pPr><w:pStyle w:val="%s"/>%s<w:ind w:left="%.0f" w:right="%.0f"/><w:jc w:val="%s"/></w:pPr><w:r><w:rPr>%s</w:rPr><w:t>%s</w:t></w:r></w:p>')
      :format(at == #lines and "Date" or "Signature", at > 1 and '<w:spacing w:before="0"/>' or "", line.left * size * 20, line.right * size * 20, line.align, HINT, xml(line.text))
  end
  return raw(table.concat(out, "\n"))
end

-- ── letters ─────────────────────────────────────────────────────────────────────────────────────────

local look, word = PRESS.variables.look, PRESS.variables.word
local SIZE, WIDE = tonumber(look.body.size) * 20, word.page.width - word.page.left - word.page.right -- in twips

local function run(inlines, face)
  local font = face and ('<w:rFonts w:hint="eastAsia" w:eastAsia="%s"/>'):format(xml(face)) or HINT
  return ('<w:r><w:rPr>%s</w:rPr><w:t xml:space="preserve">%s</w:t></w:r>'):format(font, xml(pandoc.utils.stringify(inlines)))
end

local TAB = "<w:r><w:tab/></w:r>"

local function tabs(stops)
  local out = {}
  for at, stop in ipairs(stops) do out[at] = ('<w:tab w:val="%s" w:pos="%.0f"/>'):format(stop[1], stop[2]) end
  return "<w:tabs>" .. table.concat(out) .. "</w:tabs>"
end

local function letter_paragraph(style, properties, runs)
  return ('<w:p><w:pPr><w:pStyle w:val="%s"/>%s</w:pPr>%s</w:p>'):format(style, properties, runs)
end

-- The name of an office that is wider than the text is set smaller. The space above the first one is of the page.
local function mark(inlines, at)
  local size = math.min(tonumber(word.redhead.size), WIDE / 10 / width_of(inlines) // 1)
  local spacing = at == 1 and ('<w:spacing w:before="%d" w:line="%d" w:lineRule="exact"/>')
    :format(word.redhead.top, word.redhead.pitch * size // word.redhead.size) or ""
  local text = xml(pandoc.utils.stringify(inlines))
  return letter_paragraph("RedHeadMark", spacing, ('<w:r><w:rPr>%s<w:sz w:val="%d"/><w:szCs w:val="%d"/></w:rPr><w:t>%s</w:t></w:r>')
    :format(HINT, size, size, text))
end

-- The number and the signers; the line below is the border of the last paragraph.
local function number_lines(parts)
  local out = {}
  for at, line in ipairs(lay_out_number(parts, WIDE / SIZE, tonumber(look.redhead.indent))) do
    local border = line.number and ('<w:pBdr><w:bottom w:val="single" w:sz="%d" w:space="%d" w:color="%s"/></w:pBdr>')
      :format(word.redhead.line, word.redhead.gap, PRESS.variables.redhead_colour) or ""
    local spacing = ('<w:spacing w:before="%d" w:after="%d"/>'):format(at == 1 and word.redhead.above or 0, line.number and word.redhead.below or 0)
    local number = line.number and run(line.number) or ""
    if not line.stops then
      out[at] = letter_paragraph("RedHeadNumber", border .. spacing .. '<w:jc w:val="center"/>', number)
    else
      local stops = pandoc.List(line.stops):map(function(stop) return { "left", stop * SIZE } end)
      local names = line.names:map(function(name) return run(name, PRESS.variables.face.signers.word) end)
      local runs = TAB .. number .. TAB .. (line.label and run(line.label) or TAB) .. table.concat(names, TAB)
      out[at] = letter_paragraph("RedHeadNumber", border .. tabs(stops) .. spacing, runs)
    end
  end
  return table.concat(out)
end

local function redhead(div)
  if not look.redhead then return div.content end
  return { raw(write_redhead(div, mark, number_lines)) }
end

-- Names of attachments stand below each other, behind their numbers.
local function attachments(div)
  local out, indent, label = {}, tonumber(look.body.indent), 0
  for at, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    label = parts.label and width_of(parts.label) or label
    local number = parts.number and math.max(1, width_of(parts.number)) or 0
    local hanging = (parts.label and label or 0) + number
    out[at] = letter_paragraph("BodyText", ('<w:keepNext/>%s<w:ind w:left="%.0f" w:hanging="%.0f" w:firstLineChars="0"/>'):format(
      at == 1 and ('<w:spacing w:before="%d"/>'):format(word.body.pitch) or "", (indent + label + number) * SIZE, hanging * SIZE),
      (parts.label and run(parts.label) or "") .. (parts.number and run(parts.number) or "") .. TAB .. run(parts.rest))
  end
  return raw(table.concat(out))
end

-- A frame at the foot of the page on which the document ends. Lines are low black paragraphs: a border is only as wide as
-- the text with its indents, and LibreOffice makes no frame of paragraphs with different borders.
local function colophon(div)
  if not look.colophon then return div.content end
  local size = look.colophon.size * 20
  local indent = look.colophon.indent * size
  local frame = ('<w:framePr w:w="%d" w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin" w:xAlign="center" w:yAlign="bottom"/>'):format(WIDE)
  local function line(thick)
    return letter_paragraph("Colophon", frame .. ('<w:shd w:val="clear" w:color="auto" w:fill="000000"/><w:spacing w:line="%d" w:lineRule="exact"/>'):format(thick), "")
  end
  local out = { line(word.colophon.thick) }
  for at, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    local inner = parts.label and width_of(parts.label) * size or 0
    local indents = ('<w:ind w:left="%.0f" w:right="%.0f" w:hanging="%.0f"/>'):format(indent + inner, indent, inner)
    local stop = parts.label and "" or tabs { { "right", WIDE - indent } }
    local runs = parts.label and run(parts.label) .. run(parts.rest) or run(parts.printer or {}) .. TAB .. run(parts.printed or {})
    out[#out + 1] = letter_paragraph("Colophon", frame .. stop .. indents, runs)
    out[#out + 1] = line(at == #div.content and word.colophon.thick or word.colophon.thin)
  end
  out[#out + 1] = '<w:p><w:pPr><w:spacing w:line="20" w:lineRule="exact"/></w:pPr></w:p>' -- to which the frame belongs
  return raw(table.concat(out))
end

local function addressee(div)
  local text = run(pandoc.utils.blocks_to_inlines(div.content))
  return raw(letter_paragraph("BodyText", '<w:ind w:firstLineChars="0" w:firstLine="0"/>', text))
end

local stressed = PRESS.variables.look.stress.face ~= ""

return {
  Meta = function(meta) return PRESS.variables.asian and break_title(meta, PRESS.variables) or meta end,
  Span = tracked,
  -- A face without a slant is not drawn slanted: stress is another face.
  Emph = stressed and function(emph) return pandoc.Span(emph.content, pandoc.Attr("", {}, { ["custom-style"] = "Emphasis" })) end or nil,
  FormTable = form,
  Table = prose_table,
  Div = function(div)
    if div.classes:includes("pagebreak") then return raw('<w:p><w:r><w:br w:type="page"/></w:r></w:p>') end
    if div.classes:includes("contents") then return contents(div) end
    if div.classes:includes("revisions") then return div.content:map(whole_paragraph) end
    if div.classes:includes("redhead") then
      div.content = redhead(div)
      return div
    end
    if div.classes:includes("addressee") then return addressee(div) end
    if div.classes:includes("attachments") then return attachments(div) end
    if div.classes:includes("colophon") then return colophon(div) end
    if div.classes:includes("landscape") then
      local is_last = div.classes:includes("last")
      local blocks = pandoc.List { section_end(is_last and BEFORE_LAST_LANDSCAPE or PORTRAIT) }
      blocks:extend(div.content)
      if not is_last then blocks:insert(section_end(LANDSCAPE)) end
      return blocks
    end
    return div.attributes.role and div.content or nil -- a list has a role
  end,
  Blocks = function(blocks)
    local out = add_gaps(blocks)
    return lay_out_signature(out, PRESS.variables.look, signature, function(text, lines)
      return styled({ text }, lines > LONG and "Closing Long" or "Closing")
    end) or out
  end,
  Pandoc = raise_redhead,
}
