-- What the Typst page needs beyond pandoc's own words for it: a form's table with heads that repeat and
-- never stand alone, rows that are never torn, and figures that fit their cells.

local function typst(text) return pandoc.RawBlock("typst", text) end

local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

local function cells(rows, labels, write)
  local out = {}
  for _, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      if not item.above then out[#out + 1] = write(item.cell, item.column <= labels) end
    end
  end
  return table.concat(out, "\n")
end

-- A cell that stands in one row keeps it whole; a label over many rows may go on over the page.
local function cell_of(cell, align, body)
  local breakable = cell.row_span > 1 and "true" or "false"
  local form = "table.cell(rowspan: %d, colspan: %d, align: %s + horizon, breakable: %s)[%s],"
  return form:format(cell.row_span, cell.col_span, align, breakable, body)
end

local function head(cell) return cell_of(cell, "center", "#" .. quoted(pandoc.utils.stringify(cell.contents))) end

local function body(cell, label)
  local text = "#" .. quoted(pandoc.utils.stringify(cell.contents))
  if label then return cell_of(cell, cell.row_span > 1 and "center" or "start", text) end
  return cell_of(cell, "center", "#fit[" .. text .. "]")
end

local function form(tbl)
  local widths = {}
  for at, spec in ipairs(tbl.colspecs) do widths[at] = ("%.4ffr"):format(spec[2] * 100) end
  local out = { "#figure(kind: table, table(", "columns: (" .. table.concat(widths, ", ") .. ",)," }
  local function heads(rows)
    if #rows > 0 then out[#out + 1] = "table.header(" .. cells(rows, 0, head) .. ")," end
  end
  heads(tbl.head.rows)
  for _, part in ipairs(tbl.bodies) do
    heads(part.head)
    out[#out + 1] = cells(part.body, part.row_head_columns, body)
  end
  out[#out + 1] = "))"
  return typst(table.concat(out, "\n"))
end

-- Chinese has no spaces, so a long paragraph is one word to pandoc, whose Typst writer takes the square of its
-- length: parted, it takes its length.
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
  -- A sign that no face draws is printed as its number. Typst would turn three dots into an ellipsis, and takes
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
    if div.classes:includes("signature") then
      local blocks = pandoc.List { typst("#signature[") }
      blocks:extend(div.content)
      blocks:insert(typst("]"))
      return blocks
    end
    return div.classes:includes("form") and div.content or nil
  end,
}
