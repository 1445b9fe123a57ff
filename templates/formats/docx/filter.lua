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

-- The end of a section of pages; finish.lua puts the paper and the page numbers of the document into it.
local function section_end(kind) return raw('<w:p><w:pPr><w:sectPr w:rsidR="' .. kind .. '"/></w:pPr></w:p>') end
local PORTRAIT, LANDSCAPE = "0000000A", "0000000B"

local CONTENTS = '<w:p><w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
  .. '<w:r><w:fldChar w:fldCharType="separate"/></w:r></w:p>'
local CONTENTS_END = '<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'

local function form(tbl)
  local page = PRESS.variables.word.page
  local wide = tonumber(page.width) - tonumber(page.left) - tonumber(page.right)
  if tbl.classes:includes("landscape") then wide = tonumber(page.height) - tonumber(page.top) - tonumber(page.bottom) end
  local widths, grid = {}, {}
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
  out[#out + 1] = "</w:tbl>"
  return pandoc.RawBlock("openxml", table.concat(out))
end

return {
  Table = function(tbl)
    if tbl.classes:includes("form") then return form(tbl) end
    return tbl:walk { Plain = function(text) return styled({ pandoc.Para(text.content) }, "Table Text") end }
  end,
  Div = function(div)
    if div.classes:includes("pagebreak") then return raw('<w:p><w:r><w:br w:type="page"/></w:r></w:p>') end
    if div.classes:includes("contents") then -- the list is what is shown until Word updates the field
      local blocks = pandoc.List { raw(CONTENTS) }
      blocks:extend(div.content)
      blocks:insert(raw(CONTENTS_END))
      return blocks
    end
    if div.classes:includes("landscape") then
      local blocks = pandoc.List { section_end(PORTRAIT) }
      blocks:extend(div.content)
      blocks:insert(section_end(LANDSCAPE))
      return blocks
    end
    if div.classes:includes("signature") then -- the agency, and below it the date
      local agency, day = div.content[1], div.content[2]
      return { styled({ agency }, "Signature"), styled({ day }, "Date") }
    end
    return div.classes:includes("form") and div.content or nil
  end,
}
