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

local function form(tbl)
  local page = PRESS.variables.word.page
  local wide = tonumber(page.width) - tonumber(page.left) - tonumber(page.right)
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
    if div.classes:includes("signature") then -- the agency, and below it the date
      local agency, day = div.content[1], div.content[2]
      return { styled({ agency }, "Signature"), styled({ day }, "Date") }
    end
    return div.classes:includes("form") and div.content or nil
  end,
}
