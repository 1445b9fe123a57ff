-- A fragment for the editor of a website. The site's style sheet is not known, and editors keep no style but that of an
-- element: so each element resets what the site may have set (`all`), and says what its look depends on, with !important,
-- which wins against any style sheet. Borders and widths are attributes too, for editors that remove styles. The site
-- prints the title, and the captions of forms' tables repeat headings: both are left out.

local look, face = PRESS.variables.look, PRESS.variables.face
local PIXELS, TABLE_PIXELS = 16, 14 -- of body type, and of that in tables

local function tag(name, declarations, attributes)
  local value = ("all:initial;" .. declarations):gsub(";", "!important;"):gsub('"', "'")
  return ("<%s%s style=\"%s\">"):format(name, attributes and " " .. attributes or "", value)
end

local function font(part, name, pitch)
  local size = PIXELS * tonumber(part.size) / tonumber(look.body.size)
  return ("font:%s %gpx/%g %s;"):format(part.bold and "bold" or "normal", size, pitch, face[name].css)
end

local function paragraph(part, name, indent, align)
  return "display:block;margin:0;padding:0;color:#000;" .. font(part, name, 1.8) .. ("text-indent:%gem;text-align:%s;"):format(indent, align)
end
local LINES = paragraph(look.body, "body", tonumber(look.body.indent), PRESS.variables.grid and "justify" or "left") .. "overflow-wrap:anywhere;"
local GAP = PRESS.variables.grid and "" or "margin:0 0 0.6em;"
local TEXT = LINES .. GAP
local INLINE = "font:inherit;color:inherit;"
local STRESS = INLINE .. (look.stress.face ~= "" and ("font-family:%s;"):format(face.stress.css) or "font-style:italic;")

local function wrap(inlines, name, declarations, attributes)
  local out = pandoc.List { pandoc.RawInline("html", tag(name, declarations, attributes)) }
  out:extend(inlines)
  out:insert(pandoc.RawInline("html", "</" .. name .. ">"))
  return out
end

local notes -- of the page
local INLINES = {
  Note = function(note)
    notes:insert(note.content)
    return wrap({ pandoc.Str(("[%d]"):format(#notes)) }, "sup", "font:inherit;font-size:12px;color:inherit;vertical-align:super;")
  end,
  Emph = function(emph) return wrap(emph.content, "em", STRESS) end,
  Strong = function(strong) return wrap(strong.content, "strong", INLINE .. "font-weight:bold;") end,
  Code = function(code) return pandoc.Str(code.text) end,
  Span = function(span) return span.content end,
  Link = function(link)
    if link.target:sub(1, 1) == "#" then return link.content end -- its target has no id here
    local address = link.target:gsub("&", "&amp;"):gsub('"', "&quot;")
    return wrap(link.content, "a", "font:inherit;color:#0b57d0;text-decoration:underline;cursor:pointer;", 'href="' .. address .. '"')
  end,
}

local function make_paragraph(inlines, declarations, attributes)
  return pandoc.Plain(wrap(pandoc.Inlines(inlines):walk(INLINES), "p", declarations, attributes))
end

-- ── tables ──────────────────────────────────────────────────────────────────────────────────────────

local CELL = "display:table-cell;padding:4px;border:1px solid #000;font:inherit;color:inherit;vertical-align:middle;"
local HEAD, LABEL, FIGURE = CELL .. "background:#f4f4f2;text-align:center;", CELL .. "text-align:left;", CELL .. "text-align:center;"

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

-- Return the words of a cell: of a form's table they are text, and tens of thousands of cells may have some.
local function write_words(cell)
  if cell.text then return (cell.text:gsub("[&<>]", ENTITIES)) end
  local words = pandoc.utils.blocks_to_inlines(cell.contents, { pandoc.LineBreak() }):walk(INLINES)
  return pandoc.write(pandoc.Pandoc { pandoc.Plain(words) }, "html5")
end

local function write_cell(cell, name, scope, declarations)
  local parts = pandoc.List { ('align="%s" valign="middle"'):format(declarations == LABEL and "left" or "center") }
  if scope then parts:insert(('scope="%s"'):format(scope)) end
  if cell.row_span > 1 then parts:insert(('rowspan="%d"'):format(cell.row_span)) end
  if cell.col_span > 1 then parts:insert(('colspan="%d"'):format(cell.col_span)) end
  return tag(name, declarations, table.concat(parts, " ")) .. write_words(cell) .. "</" .. name .. ">"
end

local function write_rows(rows, labels, is_head, out)
  for _, line in ipairs(laid_out(rows)) do
    out:insert(tag("tr", "display:table-row;" .. INLINE))
    for _, item in ipairs(line) do
      local cell = item.cell
      if item.above then
        -- It reaches down from a row above.
      elseif is_head then
        out:insert(write_cell(cell, "th", cell.col_span > 1 and "colgroup" or "col", HEAD))
      elseif item.column <= labels then
        out:insert(write_cell(cell, "th", cell.row_span > 1 and "rowgroup" or "row", LABEL))
      else
        out:insert(write_cell(cell, "td", nil, FIGURE))
      end
    end
    out:insert("</tr>")
  end
end

local function write_table(tbl)
  local labels = tbl.bodies[1] and tbl.bodies[1].row_head_columns or 0
  local least = 8 * math.min(labels, 1) + 3 * (#tbl.colspecs - labels) -- em of the table's type
  local frame = ("display:table;width:100%%;min-width:%dpx;border-collapse:collapse;color:#000;"):format(least * TABLE_PIXELS)
  local size = TABLE_PIXELS * tonumber(look.body.size) / PIXELS
  local out = pandoc.List {
    tag("div", "display:block;margin:12px 0;padding-right:1px;overflow-x:auto;"),
    tag("table", frame .. font({ size = size }, "table", 1.4), 'border="1" cellspacing="0" cellpadding="4" width="100%"'),
  }
  out:insert(tag("colgroup", "display:table-column-group;")) -- a browser adds one without style where none is written
  for _, spec in ipairs(tbl.colspecs) do
    local width = spec[2] and ("%.2f%%"):format(spec[2] * 100)
    out:insert(tag("col", "display:table-column;" .. (width and ("width:%s;"):format(width) or ""), width and ('width="%s"'):format(width)))
  end
  out:insert("</colgroup>")
  local function add_group(name, head, body)
    if #head + #body == 0 then return end
    out:insert(tag(name, (name == "thead" and "display:table-header-group;" or "display:table-row-group;") .. INLINE))
    write_rows(head, labels, true, out)
    write_rows(body, labels, false, out)
    out:insert("</" .. name .. ">")
  end
  add_group("thead", tbl.head.rows, {})
  for _, body in ipairs(tbl.bodies) do add_group("tbody", body.head, body.body) end
  out:insert("</table></div>")
  return table.concat(out)
end

-- Make a table in prose, with its caption, which is said nowhere else.
local function make_table(tbl)
  local words, out = pandoc.utils.blocks_to_inlines(tbl.caption.long), pandoc.List()
  if #words > 0 then out:insert(make_paragraph(words, paragraph(look.table, "table", 0, "center"))) end
  out:insert(pandoc.RawBlock("html", write_table(tbl)))
  return out
end

-- ── blocks ──────────────────────────────────────────────────────────────────────────────────────────

local BLOCKS -- for each kind of block the function that returns what is written in its place
local function convert(blocks)
  local out = pandoc.List()
  for _, block in ipairs(blocks) do
    local written = BLOCKS[block.t](block)
    out:extend(pandoc.utils.type(written) == "List" and written or { written })
  end
  return out
end

-- Return the blocks of a numbered item, with its number before its words.
local function convert_item(blocks, number)
  local first = blocks[1]
  if first and (first.t == "Para" or first.t == "Plain") then first.content:insert(1, pandoc.Str(number .. " ")) end
  return convert(blocks)
end

local NUMERALS = { LowerRoman = "lower-roman", UpperRoman = "upper-roman", LowerAlpha = "lower-alpha", UpperAlpha = "upper-alpha" }

-- Return a list as it was written. (Those of official documents, without bullets, have become paragraphs before.)
local function convert_list(list)
  local name, mark, attributes = "ul", "disc", nil
  if list.t == "OrderedList" then
    name, mark, attributes = "ol", NUMERALS[list.style] or "decimal", ('start="%d"'):format(list.start)
  end
  local box = "display:block;margin:0;padding:0 0 0 2em;" .. font(look.body, "body", 1.8) .. GAP
  local out = pandoc.List { pandoc.RawBlock("html", tag(name, box, attributes)) }
  for _, item in ipairs(list.content) do
    out:insert(pandoc.RawBlock("html", tag("li", ("display:list-item;font:inherit;color:#000;list-style:%s outside;"):format(mark))))
    out:extend(convert(item))
    out:insert(pandoc.RawBlock("html", "</li>"))
  end
  out:insert(pandoc.RawBlock("html", "</" .. name .. ">"))
  return out
end

-- How the box of a signature, the names and the day in it stand in each form: as on the page of the format html.
local ASIDE = ("padding-right:%gem;"):format(tonumber(look.signature.indent))
local SIGNATURES = {
  flush = { box = ASIDE, name = "", day = "", align = "right" },
  plain = { box = ASIDE, name = "", day = "margin-left:2em;", align = "left" },
  seal = {
    box = ("display:grid;grid-template-columns:minmax(%gem,1fr) auto minmax(%gem,1fr);"):format(
      tonumber(look.signature.indent), tonumber(look.signature.indent)),
    name = "grid-column:1 / -1;", day = "grid-column:2;", align = "center",
  },
}

local function make_signature(div)
  local form = SIGNATURES[look.signature.form]
  local style = paragraph(look.body, "body", 0, form.align)
  local box = "display:block;width:fit-content;max-width:100%;margin:24px 0 0 auto;padding:0;" .. font(look.body, "body", 1.8)
  local out = pandoc.List { pandoc.RawBlock("html", tag("div", box .. form.box)) }
  for at, block in ipairs(div.content) do
    out:insert(make_paragraph(block.content, style .. (at == #div.content and form.day or form.name)))
  end
  out:insert(pandoc.RawBlock("html", "</div>"))
  return out
end

local REMOVED = { contents = true, pagebreak = true } -- the site's page has neither

BLOCKS = {
  Header = function(header)
    local part = "heading" .. math.min(header.level, 4)
    local declarations = paragraph(look[part], part, tonumber(look[part].indent), "left") .. "margin:12px 0 0;"
    return make_paragraph(header.content, declarations, ('role="heading" aria-level="%d"'):format(header.level + 1))
  end,
  Para = function(para) return make_paragraph(para.content, TEXT) end,
  Plain = function(plain) return make_paragraph(plain.content, LINES) end,
  BulletList = convert_list,
  OrderedList = convert_list,
  DefinitionList = function(list)
    local out = pandoc.List()
    for _, item in ipairs(list.content) do
      out:insert(make_paragraph({ pandoc.Strong(item[1]) }, TEXT))
      for _, definition in ipairs(item[2]) do out:extend(convert(definition)) end
    end
    return out
  end,
  BlockQuote = function(quote) return convert(quote.content) end,
  CodeBlock = function(code) return make_paragraph({ pandoc.Str(code.text) }, TEXT) end,
  HorizontalRule = function() return {} end,
  Table = make_table,
  Div = function(div)
    if div.attributes.table then return div end -- its place
    if REMOVED[div.classes[1]] then return {} end
    return div.classes:includes("signature") and make_signature(div) or convert(div.content)
  end,
}

return {
  traverse = "topdown",
  FormTable = write_table,
  Blocks = function(blocks)
    notes = pandoc.List()
    local out = convert(blocks)
    for at, note in ipairs(notes) do out:extend(convert_item(note, ("[%d]"):format(at))) end
    return out, false
  end,
}
