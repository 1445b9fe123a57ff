-- What pandoc's OpenDocument writer does not do: a form's table with borders on all cells, headers that repeat, rows
-- that are never split between pages and columns that keep their widths; and the signature's style.

local columns = pandoc.List() -- styles of the columns and of the signature, for the template; the filter is used for page after page
local sizes = {} -- names of the styles of figures that are set smaller
local cells = pandoc.List() -- styles of the cells of tables that are no form's

local function xml(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Return the width of a table, in pt.
local function wide_of(tbl)
  local page = PRESS.variables.look.page
  local mm = tbl.classes:includes("landscape") and page.height - page.top - page.bottom or page.width - page.left - page.right
  return mm * 72 / 25.4
end

-- Write a figure in a type size, nil for that of tables.
local function sized(text, size)
  if not size then return xml(text) end
  local style = ("Figure.%g"):format(size * 2)
  if not sizes[style] then
    sizes[style] = true
    columns:insert(('<style:style style:name="%s" style:family="text"><style:text-properties fo:font-size="%gpt"/></style:style>'):format(style, size))
  end
  return ('<text:span text:style-name="%s">%s</text:span>'):format(style, xml(text))
end

-- Write a figure, smaller where its columns of the table do not hold it.
local function figure_of(item, tbl)
  local text, wide = pandoc.utils.stringify(item.cell.contents), 0
  for at = item.column, item.column + item.cell.col_span - 1 do wide = wide + tbl.colspecs[at][2] end
  return sized(text, size_of_figure(text, wide * wide_of(tbl), PRESS.variables.look))
end

local function cell_of(item, tbl, style, is_filled, is_figure)
  if item.above then return "<table:covered-table-cell/>" end
  local cell = item.cell
  return ('<table:table-cell table:style-name="%s" office:value-type="string" table:number-columns-spanned="%d" table:number-rows-spanned="%d"><text:p text:style-name="%s">%s</text:p></table:table-cell>')
    :format(is_filled and "FormBand" or "FormCell", cell.col_span, cell.row_span, style, is_figure and figure_of(item, tbl) or xml(pandoc.utils.stringify(cell.contents)))
    .. ("<table:covered-table-cell/>"):rep(cell.col_span - 1)
end

local function rows_of(rows, tbl, labels, place)
  local out, laid, is_head = {}, laid_out(rows), place.is_head
  local kept, height = keep_rows(laid, PRESS.variables.look, place)
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
  return table.concat(out), height
end

local function form(tbl)
  local name = "Form" .. tbl.identifier:gsub("[^%w]", "")
  local out = { ('<table:table table:name="%s" table:style-name="Form">'):format(xml(pandoc.utils.stringify(tbl.caption.long))) }
  for at, spec in ipairs(tbl.colspecs) do
    local column = name .. "." .. at
    columns:insert(('<style:style style:name="%s" style:family="table-column"><style:table-column-properties style:rel-column-width="%d*"/></style:style>'):format(column, math.floor(spec[2] * 65535)))
    out[#out + 1] = ('<table:table-column table:style-name="%s"/>'):format(column)
  end
  local wide, above = wide_of(tbl), 0
  local widths = tbl.colspecs:map(function(spec) return spec[2] * wide end)
  local function add(rows, labels, place)
    place.widths, place.above = widths, above
    local text, height = rows_of(rows, tbl, labels, place)
    out[#out + 1], above = text, above + height
  end
  if #tbl.head.rows > 0 then
    out[#out + 1] = "<table:table-header-rows>"
    add(tbl.head.rows, 0, { is_head = true })
    out[#out + 1] = "</table:table-header-rows>"
  end
  for at, body in ipairs(tbl.bodies) do
    add(body.head, 0, { is_head = true })
    local below = tbl.bodies[at + 1]
    add(body.body, body.row_head_columns, { following = below and #below.head + #below.body, is_last = not below })
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

local LONG = 3 -- lines of a paragraph of which two may stay with the signature, and others not
local signed -- the signature as it was written

-- The names, and below them the day of issue.
local function signature(lines, size)
  local out = {}
  for at, line in ipairs(lines) do
    local align = line.align == "right" and "end" or line.align == "left" and "start" or line.align
    columns:insert(('<style:style style:name="Signature.%d" style:family="paragraph" style:parent-style-name="%s"><style:paragraph-properties fo:text-align="%s" fo:margin-left="%.2fpt" fo:margin-right="%.2fpt"%s/></style:style>')
      :format(at, at == #lines and "Date" or "Signature", align, line.left * size, line.right * size, at > 1 and ' fo:margin-top="0pt"' or ""))
    out[at] = ('<text:p text:style-name="Signature.%d">%s</text:p>'):format(at, xml(line.text))
  end
  signed = pandoc.RawBlock("opendocument", table.concat(out, "\n"))
  return signed
end

-- ── letters ─────────────────────────────────────────────────────────────────────────────────────────

local look, word = PRESS.variables.look, PRESS.variables.word

local function raw(text) return pandoc.RawBlock("opendocument", text) end

local function words(inlines) return xml(pandoc.utils.stringify(inlines)) end

-- Define a style of paragraphs and return a function that writes such a paragraph.
local function letter_style(name, parent, properties, stops, text)
  columns:insert(('<style:style style:name="%s" style:family="paragraph" style:parent-style-name="%s"><style:paragraph-properties %s>%s</style:paragraph-properties>%s</style:style>')
    :format(name, parent, properties, stops and "<style:tab-stops>" .. stops .. "</style:tab-stops>" or "", text and "<style:text-properties " .. text .. "/>" or ""))
  return function(content) return ('<text:p text:style-name="%s">%s</text:p>'):format(name, content) end
end

local function font(face, size)
  return ('style:font-name-asian="%s" fo:font-size="%gpt" style:font-size-asian="%gpt"'):format(xml(PRESS.variables.face[face].word), size, size)
end

local function stop(position, kind) return ('<style:tab-stop style:position="%.2fpt" style:type="%s"/>'):format(position, kind or "left") end

local TAB = "<text:tab/>"
local WIDE, SIZE = (word.page.width - word.page.left - word.page.right) / 20, tonumber(look.body.size) -- in pt

-- The name of an office that is wider than the text is set smaller.
local function mark(inlines, at)
  local size = math.min(tonumber(look.redhead.size), WIDE / width_of(inlines) // 0.5 * 0.5)
  local properties = ('fo:text-align="center" fo:line-height="%.2fpt" fo:padding-top="%gmm" fo:border="none"')
    :format(size * 1.05, at == 1 and look.redhead.top or 0)
  local text = font("redhead", size) .. (' fo:color="%s"'):format(look.redhead.colour)
  return letter_style("RedHead." .. at, "Standard", properties, nil, text)(words(inlines))
end

-- The number and the signers; the line below is the border of the last paragraph.
local function number_lines(parts)
  local out = {}
  columns:insert(('<style:style style:name="Signer" style:family="text"><style:text-properties style:font-name-asian="%s"/></style:style>')
    :format(xml(PRESS.variables.face.signers.word)))
  for at, line in ipairs(lay_out_number(parts, WIDE / SIZE, tonumber(look.redhead.indent))) do
    local properties = ('fo:text-align="%s" fo:margin-top="%gpt" fo:margin-bottom="%gpt"'):format(line.stops and "start" or "center",
      at == 1 and word.redhead.above / 20 or 0, line.number and word.redhead.below / 20 or 0)
    if line.number then
      properties = properties .. (' fo:border="none" fo:border-bottom="%spt solid %s" fo:padding-bottom="%spt"')
        :format(look.redhead.line, look.redhead.colour, word.redhead.gap)
    end
    local number = line.number and words(line.number) or ""
    local names = line.names:map(function(name) return '<text:span text:style-name="Signer">' .. words(name) .. "</text:span>" end)
    local stops = pandoc.List(line.stops or {}):map(function(position) return stop(position * SIZE) end)
    local text = line.stops and TAB .. number .. TAB .. (line.label and words(line.label) or TAB) .. table.concat(names, TAB) or number
    out[at] = letter_style("LetterNumber." .. at, "Standard", properties, table.concat(stops))(text)
  end
  return table.concat(out)
end

-- Pandoc writes the paragraphs of metadata as words without paragraphs.
local function plain_paragraph(block)
  return raw('<text:p text:style-name="Text_20_body">' .. words(block.content) .. "</text:p>")
end

local function redhead(div)
  if not look.redhead then return div.content:map(plain_paragraph) end
  return { raw(write_redhead(div, mark, number_lines)) }
end

local function addressee(div)
  return raw(letter_style("Addressee", "Text_20_body", 'fo:text-indent="0pt"')(words(pandoc.utils.blocks_to_inlines(div.content))))
end

-- Names of attachments stand below each other, behind their numbers.
local function attachments(div)
  local out, label = pandoc.List(), 0
  for at, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    label = parts.label and width_of(parts.label) or label
    local number = parts.number and math.max(1, width_of(parts.number)) or 0
    local left, hanging = (look.body.indent + label + number) * SIZE, ((parts.label and label or 0) + number) * SIZE
    local write = letter_style("Attachment." .. at, "Text_20_body",
      ('fo:margin-left="%gpt" fo:text-indent="%gpt" fo:margin-top="%gpt" fo:keep-with-next="always"'):format(left, -hanging, at == 1 and look.body.pitch or 0))
    out:insert(write(words(parts.label or {}) .. words(parts.number or {}) .. "<text:tab/>" .. words(parts.rest)))
  end
  return raw(table.concat(out))
end

-- A frame at the foot of the page on which the document ends; its lines are low black paragraphs, as in Word files.
local function colophon(div)
  if not look.colophon then return div.content end
  local size = tonumber(look.colophon.size)
  local indent = look.colophon.indent * size
  local function rule(name, thick)
    return letter_style(name, "Standard", ('fo:line-height="%gpt" fo:background-color="#000000"'):format(thick), nil, 'fo:font-size="1pt" style:font-size-asian="1pt"')("")
  end
  local out = pandoc.List { rule("ColophonThick", look.colophon.thick) }
  for at, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    local inner = parts.label and width_of(parts.label) * size or 0
    local write = letter_style("Colophon." .. at, "Standard",
      ('fo:text-align="start" fo:line-height="%gpt" fo:margin-left="%gpt" fo:margin-right="%gpt" fo:text-indent="%gpt"'):format(look.colophon.pitch, indent + inner, indent, -inner),
      stop(WIDE - 2 * indent, "right"), font("colophon", size))
    out:insert(write(parts.label and words(parts.label) .. words(parts.rest) or words(parts.printer or {}) .. "<text:tab/>" .. words(parts.printed or {})))
    out:insert(at == #div.content and '<text:p text:style-name="ColophonThick"/>' or rule("ColophonThin", look.colophon.thin))
  end
  columns:insert('<style:style style:name="ColophonFrame" style:family="graphic" style:parent-style-name="Frame"><style:graphic-properties style:wrap="none" style:vertical-pos="bottom" style:vertical-rel="page-content" style:horizontal-pos="center" style:horizontal-rel="page-content" fo:padding="0mm" fo:border="none" draw:fill="none" draw:stroke="none"/></style:style>')
  local write = letter_style("ColophonAnchor", "Standard", 'fo:line-height="1pt"', nil, 'fo:font-size="1pt" style:font-size-asian="1pt"')
  return raw(write(('<draw:frame draw:style-name="ColophonFrame" text:anchor-type="paragraph" svg:width="%gpt"><draw:text-box fo:min-height="1pt">%s</draw:text-box></draw:frame>')
    :format(WIDE, table.concat(out))))
end

local function closing(text, style)
  return pandoc.Div(pandoc.Para(text.content), pandoc.Attr("", {}, { ["custom-style"] = style }))
end

-- LibreOffice splits no paragraph that is kept with the next one: to move a long one would leave a page empty. So the
-- signature is the last line of a long paragraph, in a frame, and two lines of the text go with that line to a page.
local function sign(text)
  local frame = ('<draw:frame draw:style-name="SignatureFrame" text:anchor-type="as-char" svg:width="%gpt"><draw:text-box fo:min-height="1pt">%s</draw:text-box></draw:frame>')
    :format(WIDE - 1, signed.text)
  signed.text = ""
  text.content:extend { pandoc.LineBreak(), pandoc.RawInline("opendocument", frame) }
  columns:insert('<style:style style:name="SignatureFrame" style:family="graphic" style:parent-style-name="Frame"><style:graphic-properties style:vertical-pos="bottom" style:vertical-rel="line" fo:padding="0mm" fo:margin="0mm" fo:border="none" draw:fill="none" draw:stroke="none"/></style:style>')
  return closing(text, "Closing Long")
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
              Plain = function(text)
                local words = pandoc.utils.stringify(text.content)
                local size = size_in_column(words, tbl, at, look)
                local content = size and { pandoc.RawInline("opendocument", sized(words, size)) } or text.content
                return pandoc.Div(pandoc.Para(content), pandoc.Attr("", {}, { ["custom-style"] = style }))
              end,
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
    if div.classes:includes("redhead") then
      div.content = redhead(div)
      return div
    end
    if div.classes:includes("addressee") then return addressee(div) end
    if div.classes:includes("attachments") then return attachments(div) end
    if div.classes:includes("colophon") then return colophon(div) end
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
    return lay_out_signature(blocks, PRESS.variables.look, signature, function(text, lines, is_last)
      if lines > LONG and is_last then return sign(text) end
      if lines > LONG then return text end
      return closing(text, "Closing")
    end)
  end,
  Meta = function(meta)
    meta.columns = pandoc.MetaBlocks { pandoc.RawBlock("opendocument", table.concat(columns)) }
    meta.cells = #cells > 0 and pandoc.MetaBlocks { pandoc.RawBlock("opendocument", table.concat(cells)) } or nil
    columns, sizes, cells = pandoc.List(), {}, pandoc.List()
    return PRESS.variables.asian and break_title(meta, PRESS.variables) or meta
  end,
  Pandoc = raise_redhead,
}
