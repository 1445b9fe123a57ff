-- What pandoc's OpenDocument writer does not do: a form's table with borders on all cells, headers that repeat, rows
-- that are never split between pages and columns that keep their widths; and the signature's style.

local columns = pandoc.List() -- styles of the columns and of the signature, for the template; the filter is used for page after page
local sizes = {} -- names of the styles of figures that are set smaller
local cells = pandoc.List() -- styles of the cells of tables that are no form's

local function xml(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Write a figure, smaller where its columns of the table do not hold it.
local function figure_of(item, tbl)
  local text, wide = pandoc.utils.stringify(item.cell.contents), 0
  for at = item.column, item.column + item.cell.col_span - 1 do wide = wide + tbl.colspecs[at][2] end
  local page = PRESS.variables.look.page
  local mm = tbl.classes:includes("landscape") and page.height - page.top - page.bottom or page.width - page.left - page.right
  local size = size_of_figure(text, wide * mm * 72 / 25.4, PRESS.variables.look)
  if not size then return xml(text) end
  local style = ("Figure.%g"):format(size * 2)
  if not sizes[style] then
    sizes[style] = true
    columns:insert(('<style:style style:name="%s" style:family="text"><style:text-properties fo:font-size="%gpt"/></style:style>'):format(style, size))
  end
  return ('<text:span text:style-name="%s">%s</text:span>'):format(style, xml(text))
end

local function cell_of(item, tbl, style, is_filled, is_figure)
  if item.above then return "<table:covered-table-cell/>" end
  local cell = item.cell
  return ('<table:table-cell table:style-name="%s" office:value-type="string" table:number-columns-spanned="%d" table:number-rows-spanned="%d"><text:p text:style-name="%s">%s</text:p></table:table-cell>')
    :format(is_filled and "FormBand" or "FormCell", cell.col_span, cell.row_span, style, is_figure and figure_of(item, tbl) or xml(pandoc.utils.stringify(cell.contents)))
    .. ("<table:covered-table-cell/>"):rep(cell.col_span - 1)
end

local function rows_of(rows, tbl, labels, above, is_head, is_last)
  local out, laid = {}, laid_out(rows)
  local kept = keep_rows(laid, PRESS.variables.look, above, is_head, is_last)
  for at, line in ipairs(laid) do
    local is_filled = is_head and is_banner(line, #tbl.colspecs)
    out[#out + 1] = '<table:table-row table:style-name="FormRow">'
    for _, item in ipairs(line) do
      local label = item.column <= labels and item.cell.row_span == 1
      out[#out + 1] = cell_of(item, tbl, (label and "Form_20_label" or "Form_20_figure") .. (kept[at] and "_20_kept" or ""), is_filled, not is_head and item.column > labels)
      if item.above then out[#out + 1] = ("<table:covered-table-cell/>"):rep(item.cell.col_span - 1) end
    end
    out[#out + 1] = "</table:table-row>"
  end
  return table.concat(out)
end

local function form(tbl)
  local name = "Form" .. tbl.identifier:gsub("[^%w]", "")
  local out = { ('<table:table table:name="%s" table:style-name="Form">'):format(xml(pandoc.utils.stringify(tbl.caption.long))) }
  for at, spec in ipairs(tbl.colspecs) do
    local column = name .. "." .. at
    columns:insert(('<style:style style:name="%s" style:family="table-column"><style:table-column-properties style:rel-column-width="%d*"/></style:style>'):format(column, math.floor(spec[2] * 65535)))
    out[#out + 1] = ('<table:table-column table:style-name="%s"/>'):format(column)
  end
  if #tbl.head.rows > 0 then
    out[#out + 1] = "<table:table-header-rows>" .. rows_of(tbl.head.rows, tbl, 0, 0, true, false) .. "</table:table-header-rows>"
  end
  local above = #tbl.head.rows
  for at, body in ipairs(tbl.bodies) do
    local below = above + #body.head
    out[#out + 1] = rows_of(body.head, tbl, 0, above, true, false)
      .. rows_of(body.body, tbl, body.row_head_columns, below, false, at == #tbl.bodies)
    above = below + #body.body
  end
  out[#out + 1] = "</table:table>"
  return pandoc.RawBlock("opendocument", table.concat(out))
end

-- A style for cells of other tables, which pandoc defines without borders; the first definition counts.
local function bordered(name)
  local look = PRESS.variables.look.table
  return ('<style:style style:name="%s" style:family="table-cell"><style:table-cell-properties fo:border="%spt solid #000000" fo:padding="%spt" fo:padding-left="%spt" fo:padding-right="%spt" style:vertical-align="middle"/></style:style>')
    :format(name, look.line, look.pad, look.inset, look.inset)
end

local function contents(div)
  local out = { '<text:p text:style-name="ContentsHeading">' .. xml(PRESS.variables.words.contents) .. "</text:p>" }
  for _, entry in ipairs(list_entries(div)) do
    local id = xml(entry.id):gsub('"', "&quot;") -- the number of its page is a link
    out[#out + 1] = ('<text:p text:style-name="Contents%d">%s<text:tab/><text:bookmark-ref text:reference-format="page" text:ref-name="%s"/></text:p>')
      :format(entry.level, xml(entry.text), id)
  end
  return pandoc.RawBlock("opendocument", table.concat(out))
end

-- The names, and below them the day of issue.
local function signature(lines, size)
  local out = {}
  for at, line in ipairs(lines) do
    local align = line.align == "right" and "end" or line.align == "left" and "start" or line.align
    columns:insert(('<style:style style:name="Signature.%d" style:family="paragraph" style:parent-style-name="%s"><style:paragraph-properties fo:text-align="%s" fo:margin-left="%.2fpt" fo:margin-right="%.2fpt"%s/></style:style>')
      :format(at, at == #lines and "Date" or "Signature", align, line.left * size, line.right * size, at > 1 and ' fo:margin-top="0pt"' or ""))
    out[at] = ('<text:p text:style-name="Signature.%d">%s</text:p>'):format(at, xml(line.text))
  end
  return pandoc.RawBlock("opendocument", table.concat(out, "\n"))
end

return {
  Emph = function(emph) return pandoc.Span(emph.content, pandoc.Attr("", {}, { ["custom-style"] = "Emphasis" })) end,
  Table = function(tbl)
    if tbl.classes:includes("form") then return form(tbl) end
    cells = pandoc.List { bordered("TableRowCell"), bordered("TableHeaderRowCell") }
    for at, spec in ipairs(tbl.colspecs) do
      local style = spec[1] == "AlignCenter" and "Form_20_figure" or "Form_20_label"
      local function set(rows)
        for _, row in ipairs(rows) do
          local cell = row.cells[at]
          if cell then
            cell.contents = cell.contents:walk {
              Plain = function(text) return pandoc.Div(pandoc.Para(text.content), pandoc.Attr("", {}, { ["custom-style"] = style })) end,
            }
          end
        end
      end
      set(tbl.head.rows)
      for _, body in ipairs(tbl.bodies) do set(body.body) end
    end
    return tbl
  end,
  Div = function(div)
    local function paragraph(style) return pandoc.RawBlock("opendocument", '<text:p text:style-name="' .. style .. '"/>') end
    if div.classes:includes("contents") then return contents(div) end
    if div.classes:includes("pagebreak") then return paragraph("PageBreak") end
    if div.classes:includes("landscape") then
      local blocks = pandoc.List { paragraph("LandscapeBegin") }
      blocks:extend(div.content)
      if not div.classes:includes("last") then blocks:insert(paragraph("LandscapeEnd")) end
      return blocks
    end
    return (div.classes:includes("form") or div.attributes.role) and div.content or nil -- a list has a role
  end,
  Blocks = function(blocks)
    return lay_out_signature(blocks, PRESS.variables.look, signature, function(text)
      return pandoc.Div(pandoc.Para(text.content), pandoc.Attr("", {}, { ["custom-style"] = "Closing" }))
    end)
  end,
  Meta = function(meta)
    meta.columns = pandoc.MetaBlocks { pandoc.RawBlock("opendocument", table.concat(columns)) }
    meta.cells = #cells > 0 and pandoc.MetaBlocks { pandoc.RawBlock("opendocument", table.concat(cells)) } or nil
    columns, sizes, cells = pandoc.List(), {}, pandoc.List()
    return meta
  end,
}
