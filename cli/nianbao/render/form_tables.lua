-- The tables of a form: made from their description, and filled with the figures of a report.

-- Turn a text without markup into words and the spaces between them.
local function split_words(text)
  local out = pandoc.List()
  for word in text:gmatch("[^ ]+") do
    if #out > 0 then out:insert(pandoc.Space()) end
    out:insert(pandoc.Str(word))
  end
  return out
end

-- Make the table of a form, in a division: its column widths, alignments, headers and bodies are as `description` says.
-- Return with it the rows of its bodies as plain tables: to read the cells of pandoc's own takes as long as to make them.
local function make_form_table(id, description)
  local labels, total = math.tointeger(description.labels), 0
  for _, width in ipairs(description.widths) do total = total + width end
  local colspecs = pandoc.List()
  for at, width in ipairs(description.widths) do
    colspecs:insert { at <= labels and pandoc.AlignDefault or pandoc.AlignCenter, width / total }
  end
  local at = 0
  local function make_rows(count)
    local rows = pandoc.List()
    for _ = 1, count do
      at = at + 1
      rows:insert(pandoc.Row(pandoc.List(description.rows[at]):map(function(cell)
        local text, row_span, col_span = table.unpack(cell)
        local content = text ~= "" and { pandoc.Plain(split_words(text)) } or {}
        return pandoc.Cell(content, pandoc.AlignDefault, math.tointeger(row_span), math.tointeger(col_span))
      end)))
    end
    return rows
  end
  local head, bodies, plain = pandoc.List(), pandoc.List(), {}
  for _, band in ipairs(description.bands) do
    local headers = make_rows(band[1])
    if #description.bands == 1 then head, headers = headers, pandoc.List() end
    local rows = {}
    for number = 1, band[2] do
      rows[number] = { cells = pandoc.List(description.rows[at + number]):map(function(cell)
        return { text = cell[1], row_span = math.tointeger(cell[2]), col_span = math.tointeger(cell[3]) }
      end) }
    end
    plain[#plain + 1] = rows
    bodies:insert { attr = pandoc.Attr(), head = headers, body = make_rows(band[2]), row_head_columns = labels }
  end
  local classes = description.landscape and { "form", "landscape" } or { "form" }
  local form_table = pandoc.Table(
    { long = { pandoc.Plain(split_words(description.caption)) } }, colspecs, pandoc.TableHead(head), bodies,
    pandoc.TableFoot(), pandoc.Attr(id, classes)
  )
  return pandoc.Div({ form_table }, pandoc.Attr("", { "form" })), plain
end

-- Return the rows of a table as rows of { cell, column }, the columns counted past cells that reach down from above;
-- those are repeated as { cell, column, above = true }. Filters of formats know this function as `laid_out`.
local function lay_out_rows(rows)
  local above, out = {}, {}
  for at, row in ipairs(rows) do
    local column, line = 1, {}
    local function add_cells_above()
      local cell = (above[at] or {})[column]
      while cell do
        line[#line + 1] = { cell = cell, column = column, above = true }
        column = column + cell.col_span
        cell = (above[at] or {})[column]
      end
    end
    for _, cell in ipairs(row.cells) do
      add_cells_above()
      line[#line + 1] = { cell = cell, column = column, above = false }
      for down = at + 1, at + cell.row_span - 1 do
        above[down] = above[down] or {}
        above[down][column] = cell
      end
      column = column + cell.col_span
    end
    add_cells_above()
    out[at] = line
  end
  return out
end

-- Return whether a row of heads, as `lay_out_rows` returns it, is the banner of a block: one cell over all columns. The
-- look may give it a colour (`band`).
local function is_banner(line, columns) return #line == 1 and columns > 1 and line[1].cell.col_span == columns end

-- All reports of a form have the same tables but for their figures. For a format that names the language of its raw
-- text (`tables` in format.toml) they are written once, with marks, and each report's figures replace the marks; for
-- the others the figures go into the tree, and filter and writer process the tables of every page.
local MARK = "FIGURE(%d+)E"

local function escape_xml(text) return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })) end
local ESCAPES = {
  typst = function(text) return (text:gsub('[\\"]', "\\%0")) end, -- a figure stands in a string of Typst
}

-- Return how a figure is written in the raw text of a format, whose language is XML where no other is known.
local function get_escape(language) return ESCAPES[language] or escape_xml end

local function fill_tree(div, figures)
  return div:walk { Str = function(str) return pandoc.Str((str.text:gsub(MARK, function(at) return figures[tonumber(at)] end))) end }
end

return {
  MARK = MARK, make = make_form_table, lay_out_rows = lay_out_rows, is_banner = is_banner, get_escape = get_escape,
  fill_tree = fill_tree,
}
