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
  local text = item.above and "" or xml(pandoc.utils.stringify(item.cell.contents))
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

local function rows_of(rows, widths, labels, head, repeated, above, is_last)
  local out, laid = {}, laid_out(rows)
  local kept = keep_rows(laid, PRESS.variables.look, above, head, is_last)
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
    "<w:tbl><w:tblPr><w:tblStyle w:val=\"Table\"/>",
    ("<w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>"):format(wide),
    "<w:tblLook w:val=\"0020\" w:firstRow=\"1\"/><w:tblCaption w:val=\"" .. caption .. "\"/></w:tblPr>",
    "<w:tblGrid>" .. table.concat(grid) .. "</w:tblGrid>",
    rows_of(tbl.head.rows, widths, 0, true, true, 0, false),
  }
  local above = #tbl.head.rows
  for at, body in ipairs(tbl.bodies) do
    out[#out + 1] = rows_of(body.head, widths, 0, true, false, above, false)
    above = above + #body.head
    out[#out + 1] = rows_of(body.body, widths, body.row_head_columns, false, false, above, at == #tbl.bodies)
    above = above + #body.body
  end
  out[#out + 1] = "</w:tbl>" .. GAP
  return pandoc.RawBlock("openxml", table.concat(out))
end

local WORDS = PRESS.variables.words

-- A table that is no form's has the styles of forms in its cells.
local function prose_table(tbl)
  local function style(rows, name)
    for _, row in ipairs(rows) do
      for _, cell in ipairs(row.cells) do
        cell.contents = cell.contents:walk { Plain = function(text) return styled({ pandoc.Para(text.content) }, name) end }
      end
    end
  end
  style(tbl.head.rows, WORDS.table_head)
  for _, body in ipairs(tbl.bodies) do style(body.body, WORDS.table_text) end
  return tbl
end

-- The names, and below them the day of issue.
local function signature(lines, size)
  local out = {}
  for at, line in ipairs(lines) do
    out[at] = ('<w:p><w:pPr><w:pStyle w:val="%s"/>%s<w:ind w:left="%.0f" w:right="%.0f"/><w:jc w:val="%s"/></w:pPr><w:r><w:rPr>%s</w:rPr><w:t>%s</w:t></w:r></w:p>')
      :format(at == #lines and "Date" or "Signature", at > 1 and '<w:spacing w:before="0"/>' or "", line.left * size * 20, line.right * size * 20, line.align, HINT, xml(line.text))
  end
  return raw(table.concat(out, "\n"))
end

local stressed = PRESS.variables.look.stress.face ~= ""

return {
  Span = tracked,
  -- A face without a slant is not drawn slanted: stress is another face.
  Emph = stressed and function(emph) return pandoc.Span(emph.content, pandoc.Attr("", {}, { ["custom-style"] = "Emphasis" })) end or nil,
  Table = function(tbl)
    if tbl.classes:includes("form") then return form(tbl) end
    return GAP == "" and prose_table(tbl) or { prose_table(tbl), raw(GAP) }
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
    return (div.classes:includes("form") or div.attributes.role) and div.content or nil -- a list has a role
  end,
  Blocks = function(blocks)
    return lay_out_signature(blocks, PRESS.variables.look, signature, function(text) return styled({ text }, "Closing") end)
  end,
}
