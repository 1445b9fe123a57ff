-- The tables of a form: made from their description, and filled with the figures of a report.

-- Return the words of a text without markup, parted by single spaces.
local function words_of(text) return (text:gsub("^ +", ""):gsub(" +$", ""):gsub("  +", " ")) end

-- Make the table of a form as its description says, in plain Lua with the fields that pandoc's tables have: to make
-- pandoc's own, and to read it again, takes ten times as long. A caption and a cell have a `text`.
local function make_form_table(id, description)
  local labels, total = math.tointeger(description.labels), 0
  for _, width in ipairs(description.widths) do total = total + width end
  local colspecs = pandoc.List()
  for at, width in ipairs(description.widths) do
    colspecs:insert { at <= labels and pandoc.AlignDefault or pandoc.AlignCenter, width / total }
  end
  local at = 0
  local function make_rows(count)
    local rows = {}
    for number = 1, count do
      local cells = {}
      for place, cell in ipairs(description.rows[at + number]) do
        cells[place] = { text = words_of(cell[1]), row_span = math.tointeger(cell[2]), col_span = math.tointeger(cell[3]) }
      end
      rows[number] = { cells = cells }
    end
    at = at + count
    return rows
  end
  local head, bodies = {}, {}
  for number, band in ipairs(description.bands) do
    local headers = make_rows(band[1])
    if #description.bands == 1 then head, headers = headers, {} end
    bodies[number] = { head = headers, body = make_rows(band[2]), row_head_columns = labels }
  end
  return {
    identifier = id, classes = pandoc.List(description.landscape and { "form", "landscape" } or { "form" }),
    caption = { text = words_of(description.caption) }, colspecs = colspecs, head = { rows = head }, bodies = bodies,
  }
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

local function fill_text(text, figures) return (text:gsub(MARK, function(at) return figures[tonumber(at)] end)) end

-- Return a form's table with the figures of a report.
local function fill_form_table(tbl, figures)
  local function fill_rows(rows)
    local out = {}
    for at, row in ipairs(rows) do
      local cells = {}
      for place, cell in ipairs(row.cells) do
        cells[place] = { text = fill_text(cell.text, figures), row_span = cell.row_span, col_span = cell.col_span }
      end
      out[at] = { cells = cells }
    end
    return out
  end
  local out = setmetatable({ head = { rows = fill_rows(tbl.head.rows) }, bodies = {} }, { __index = tbl })
  for at, body in ipairs(tbl.bodies) do
    out.bodies[at] = { head = fill_rows(body.head), body = fill_rows(body.body), row_head_columns = body.row_head_columns }
  end
  return out
end

-- Return a form's table as pandoc's, in a division.
local function to_tree(tbl)
  local function to_blocks(text)
    local inlines = pandoc.List()
    for word in text:gmatch("[^ ]+") do
      if #inlines > 0 then inlines:insert(pandoc.Space()) end
      inlines:insert(pandoc.Str(word))
    end
    return #inlines > 0 and { pandoc.Plain(inlines) } or {}
  end
  local function to_rows(rows)
    local out = pandoc.List()
    for at, row in ipairs(rows) do
      out[at] = pandoc.Row(pandoc.List(row.cells):map(function(cell)
        return pandoc.Cell(to_blocks(cell.text), pandoc.AlignDefault, cell.row_span, cell.col_span)
      end))
    end
    return out
  end
  local bodies = pandoc.List(tbl.bodies):map(function(body)
    return { attr = pandoc.Attr(), head = to_rows(body.head), body = to_rows(body.body), row_head_columns = body.row_head_columns }
  end)
  local tree = pandoc.Table(
    { long = to_blocks(tbl.caption.text) }, tbl.colspecs, pandoc.TableHead(to_rows(tbl.head.rows)), bodies, pandoc.TableFoot(),
    pandoc.Attr(tbl.identifier, tbl.classes)
  )
  return pandoc.Div({ tree }, pandoc.Attr("", { "form" }))
end

local function fill_tree(tree, figures)
  return tree:walk { Str = function(str) return pandoc.Str(fill_text(str.text, figures)) end }
end

return {
  MARK = MARK, make = make_form_table, lay_out_rows = lay_out_rows, is_banner = is_banner, get_escape = get_escape,
  fill = fill_form_table, to_tree = to_tree, fill_tree = fill_tree,
}
