-- What pandoc's Word writer does not do: a form's table with headers that repeat on each page, rows that are never
-- split between pages, and columns that keep their widths.

local HINT = PRESS.variables.asian and '<w:rFonts w:hint="eastAsia"/>' or ""

local function xml(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

local function styled(blocks, style)
  return pandoc.Div(blocks, pandoc.Attr("", {}, { ["custom-style"] = style }))
end

local function paragraph(item, style, centred, keep)
  local text = item.above and "" or xml(pandoc.utils.stringify(item.cell.contents))
  return "<w:p><w:pPr><w:pStyle w:val=\"" .. style .. "\"/>" .. (keep and "<w:keepNext/>" or "")
    .. (centred and "<w:jc w:val=\"center\"/>" or "") .. "</w:pPr>"
    .. (text == "" and "" or "<w:r><w:rPr>" .. HINT .. "</w:rPr><w:t xml:space=\"preserve\">" .. text .. "</w:t></w:r>")
    .. "</w:p>"
end

local function cell_of(item, widths, style, centred, keep)
  local cell, width = item.cell, 0
  for column = item.column, item.column + cell.col_span - 1 do width = width + widths[column] end
  return ("<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>"):format(width)
    .. (cell.col_span > 1 and ("<w:gridSpan w:val=\"%d\"/>"):format(cell.col_span) or "")
    .. (item.above and "<w:vMerge/>" or cell.row_span > 1 and "<w:vMerge w:val=\"restart\"/>" or "")
    .. "<w:vAlign w:val=\"center\"/></w:tcPr>" .. paragraph(item, style, centred, keep) .. "</w:tc>"
end

local function rows_of(rows, widths, labels, head, repeated, last)
  local out = {}
  for at, line in ipairs(laid_out(rows)) do
    out[#out + 1] = "<w:tr><w:trPr><w:cantSplit/>" .. (repeated and "<w:tblHeader/>" or "") .. "</w:trPr>"
    for _, item in ipairs(line) do
      local label = not head and item.column <= labels and item.cell.row_span == 1
      local keep = not (last and at == #rows) -- a table that fits a page stays on one
      out[#out + 1] = cell_of(item, widths, head and "TableHead" or "TableText", not label, keep)
    end
    out[#out + 1] = "</w:tr>"
  end
  return table.concat(out)
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
  local variables, entries = PRESS.variables, list_entries(div)
  local face, heading = variables.face.heading1, variables.word.heading1
  local latin = face.latin and ('w:ascii="%s" w:hAnsi="%s" '):format(face.word, face.word) or ""
  local out = {
    ('<w:p><w:pPr><w:pStyle w:val="Compact"/><w:keepNext/><w:spacing w:after="%s"/></w:pPr><w:r><w:rPr><w:rFonts %sw:eastAsia="%s"/>%s<w:sz w:val="%s"/></w:rPr><w:t>%s</w:t></w:r></w:p>')
      :format(heading.below, latin, face.word, variables.look.heading1.bold and "<w:b/><w:bCs/>" or "", heading.size, xml(variables.words.contents)),
  }
  for at, entry in ipairs(entries) do
    local link = ('<w:hyperlink w:anchor="%s"><w:r><w:rPr>%s</w:rPr><w:t xml:space="preserve">%s</w:t></w:r></w:hyperlink>')
      :format(bookmark_of(entry.id), HINT, xml(entry.text))
    out[#out + 1] = ('<w:p><w:pPr><w:pStyle w:val="Compact"/><w:ind w:left="%d"/><w:jc w:val="left"/></w:pPr>%s%s%s</w:p>')
      :format((entry.level - 1) * variables.word.body.size * 10, at == 1 and CONTENTS or "", link, at == #entries and CONTENTS_END or "")
  end
  return raw(table.concat(out))
end

-- A table has no space below it in Word.
local gap = tonumber(PRESS.variables.word.table.gap)
local GAP = gap > 0 and ('<w:p><w:pPr><w:spacing w:line="%d" w:lineRule="exact"/></w:pPr></w:p>'):format(gap) or ""

local function form(tbl)
  local wide, widths, grid = wide_of(tbl), {}, {}
  for at, spec in ipairs(tbl.colspecs) do
    widths[at] = math.floor(spec[2] * wide + 0.5)
    grid[at] = ("<w:gridCol w:w=\"%d\"/>"):format(widths[at])
  end
  local caption = xml(pandoc.utils.stringify(tbl.caption.long)):gsub('"', "&quot;")
  local out = {
    "<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/>",
    ("<w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>"):format(wide),
    "<w:tblLook w:val=\"0020\" w:firstRow=\"1\"/><w:tblCaption w:val=\"" .. caption .. "\"/></w:tblPr>",
    "<w:tblGrid>" .. table.concat(grid) .. "</w:tblGrid>",
    rows_of(tbl.head.rows, widths, 0, true, true, false),
  }
  for at, body in ipairs(tbl.bodies) do
    out[#out + 1] = rows_of(body.head, widths, 0, true, false, false)
    out[#out + 1] = rows_of(body.body, widths, body.row_head_columns, false, false, at == #tbl.bodies)
  end
  out[#out + 1] = "</w:tbl>" .. GAP
  return pandoc.RawBlock("openxml", table.concat(out))
end

return {
  Span = tracked,
  Table = function(tbl)
    if tbl.classes:includes("form") then return form(tbl) end
    local text = tbl:walk { Plain = function(text) return styled({ pandoc.Para(text.content) }, "Table Text") end }
    return GAP == "" and text or { text, raw(GAP) }
  end,
  Div = function(div)
    if div.classes:includes("pagebreak") then return raw('<w:p><w:r><w:br w:type="page"/></w:r></w:p>') end
    if div.classes:includes("contents") then return contents(div) end
    if div.classes:includes("revisions") then return div.content:map(whole_paragraph) end
    if div.classes:includes("landscape") then
      local is_last = div.classes:includes("last")
      local blocks = pandoc.List { section_end(is_last and BEFORE_LAST_LANDSCAPE or PORTRAIT) }
      blocks:extend(div.content)
      if not is_last then blocks:insert(section_end(LANDSCAPE)) end
      return blocks
    end
    if div.classes:includes("signature") then -- the agency, and below it the date
      local agency, day = div.content[1], div.content[2]
      return { styled({ agency }, "Signature"), styled({ day }, "Date") }
    end
    return div.classes:includes("form") and div.content or nil
  end,
}
