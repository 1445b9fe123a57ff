-- The renderer: a pandoc process that stays and writes page after page; `pandoc lua renderer.lua` runs it.
-- On standard input come messages, each a line with its length and then so many bytes of JSON. One begins an
-- order (formats, the variables that their templates share, the tables of a form with a mark in every cell for a
-- figure); another is a page of such an order: Markdown with a place for each table and each section of prose,
-- the figures, and the prose; a third is prose alone, to be told what of it would be left out.
-- The answer is a part for each format, and at last one that says which pictures were left out, or why it failed.

local HERE = pandoc.path.directory(arg[0])
local function ours(name) return dofile(pandoc.path.join { HERE, name }) end

-- A table of the form: its division says how many columns hold labels, which rows are heads, and how wide
-- the columns are. Pandoc's Markdown has no words for these, its tree has.
local function statutory(div)
  if not div.classes:includes("form") then return nil end
  local widths, total = {}, 0
  for width in div.attributes.widths:gmatch("%S+") do
    widths[#widths + 1] = tonumber(width)
    total = total + tonumber(width)
  end
  local labels = tonumber(div.attributes.labels)
  local made = div:walk {
    Table = function(tbl)
      for at, spec in ipairs(tbl.colspecs) do
        tbl.colspecs[at] = { at <= labels and pandoc.AlignDefault or pandoc.AlignCenter, widths[at] / total }
      end
      local rows = pandoc.List(tbl.head.rows)
      for _, body in ipairs(tbl.bodies) do
        rows:extend(body.head)
        rows:extend(body.body)
      end
      local bands, bodies, at = pandoc.List(), pandoc.List(), 0
      for head, body in div.attributes.bands:gmatch("(%d+)%+(%d+)") do
        bands:insert { tonumber(head), tonumber(body) }
      end
      local take = function(count)
        local taken = pandoc.List()
        for row = at + 1, at + count do taken:insert(rows[row]) end
        at = at + count
        return taken
      end
      for _, band in ipairs(bands) do
        local head = take(band[1])
        if #bands == 1 then tbl.head.rows, head = head, {} end
        bodies:insert {
          attr = pandoc.Attr(), head = head, body = take(band[2]), row_head_columns = labels,
        }
      end
      if #bands > 1 then tbl.head.rows = {} end
      tbl.bodies = bodies
      tbl.identifier = div.identifier
      tbl.classes:insert("form")
      return tbl
    end,
  }
  made.attr = pandoc.Attr("", { "form" }) -- what it said is in the table now
  return made
end

-- For the filters of the formats: the rows of a table as rows of { cell, column }, the columns counted
-- past cells that reach down from above; those stand in it as { cell, column, above = true }.
function laid_out(rows)
  local above, out = {}, {}
  for at, row in ipairs(rows) do
    local column, line = 1, {}
    local function pass()
      local cell = (above[at] or {})[column]
      while cell do
        line[#line + 1] = { cell = cell, column = column, above = true }
        column = column + cell.col_span
        cell = (above[at] or {})[column]
      end
    end
    for _, cell in ipairs(row.cells) do
      pass()
      line[#line + 1] = { cell = cell, column = column, above = false }
      for down = at + 1, at + cell.row_span - 1 do
        above[down] = above[down] or {}
        above[down][column] = cell
      end
      column = column + cell.col_span
    end
    pass()
    out[at] = line
  end
  return out
end

-- Pandoc keeps every filter that it was ever given, so these are made once, and not for each page anew.

-- What prose may say and no sound document holds: empty headings and skipped levels (PDF/UA, ISO 14289-1, 7.4),
-- links without words or to a place that is not there.
local before, places
local function place(item) places["#" .. item.identifier] = true end
local PLACES = { Header = place, Div = place, Span = place, Table = place }
local SOUND = {
  Header = function(header)
    if pandoc.utils.stringify(header) == "" then return {} end
    header.level = math.min(header.level, before + 1)
    before = header.level
    return header
  end,
  Link = function(link)
    if link.target:sub(1, 1) == "#" and not places[link.target] then return link.content end
    if pandoc.utils.stringify(link) == "" then link.content = { pandoc.Str(link.target) } end
    return link
  end,
}
local function sound(doc)
  before, places = 0, {}
  doc:walk(PLACES)
  return doc:walk(SOUND)
end

-- Nothing is fetched and nothing is hidden: a picture in the prose is left out, and said.
local left_out
local PICTURES = {
  Image = function(image)
    left_out[image.src] = true
    return image.caption
  end,
}
local function without_pictures(doc)
  left_out = {}
  local sources = pandoc.List()
  doc = doc:walk(PICTURES)
  for source in pairs(left_out) do sources:insert(source) end
  sources:sort()
  return doc, sources
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

-- A Word file's looks are the parts of its reference package, each a template over the order's variables.
local function reference(folder, variables, path)
  local entries = {}
  local function add(path, name)
    for _, item in ipairs(pandoc.system.list_directory(path)) do
      local full, inner = pandoc.path.join { path, item }, name == "" and item or name .. "/" .. item
      local listed = pcall(pandoc.system.list_directory, full)
      if listed then
        add(full, inner)
      else
        local part = pandoc.template.apply(pandoc.template.compile(read(full)), variables)
        entries[#entries + 1] = pandoc.zip.Entry(inner, pandoc.layout.render(part), 0)
      end
    end
  end
  add(folder, "")
  write(path, pandoc.zip.Archive(entries):bytestring())
  return path
end


-- Pandoc's own program leaves line breaks between wide signs out (east_asian_line_breaks); its readers do not.
local function wide(str, from, to)
  return str and str.t == "Str" and pandoc.layout.real_length(pandoc.text.sub(str.text, from, to)) == 2
end
local JOINED = {
  Inlines = function(inlines)
    local out, broken = pandoc.List(), false
    for at, inline in ipairs(inlines) do
      local join = inline.t == "SoftBreak" and wide(inlines[at - 1], -1, -1) and wide(inlines[at + 1], 1, 1)
      broken = broken or join
      if not join then out:insert(inline) end
    end
    return broken and out or nil
  end,
}

local function understood(text, dialect) return pandoc.read(text, dialect):walk(JOINED) end

-- ── prose ───────────────────────────────────────────────────────────────────────────────────────────

-- Prose is a stranger's text. It is read apart from the page, so that it can neither end a division of the page nor
-- say anything in its head, and takes the place of its division once it is reduced.
local dialect
local begin_prose, reduce = ours("prose.lua")(function(text) return understood(text, dialect) end)
local prose
local PROSE = {
  Div = function(div)
    local section = div.attributes.prose
    return section and prose[section]
  end,
}
local function with_prose(doc, message)
  prose = {}
  dialect = message.dialect
  begin_prose(message.reserved)
  for _, pair in ipairs(message.prose) do prose[pair[1]] = reduce(pair[2]) end
  return next(prose) and doc:walk(PROSE) or doc
end

-- What would be left out of prose, section by section, and the Markdown of the rest.
local function reduced(message)
  local out = pandoc.List()
  dialect = message.dialect
  begin_prose(message.reserved)
  for _, pair in ipairs(message.judged) do
    local blocks, left_out = reduce(pair[2])
    local rest = pandoc.write(pandoc.Pandoc(blocks), dialect, { wrap_text = "none" })
    out:insert { section = pair[1], left_out = pandoc.List(left_out), rest = rest }
  end
  return pandoc.json.encode(out)
end

-- ── tables ──────────────────────────────────────────────────────────────────────────────────────────

-- Every report of a form has the same tables but for their figures. A format that names the language of its raw
-- text (`tables` in format.toml) has them written once, with marks, and each report's figures put in their places;
-- for the others the figures go into the tree, and its filter and writer see every table anew.
local MARK = "FIGURE(%d+)E"

local ESCAPED = {
  typst = function(text) return (text:gsub('[\\"]', "\\%0")) end, -- a figure stands in a string of Typst
}
local function xml(text) return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })) end

-- A text with marks, in pieces: what stands between marks, and the numbers of these. For moulds too.
function pieces(text, mark)
  local out, from = {}, 1
  for start, number, stop in text:gmatch("()" .. mark .. "()") do
    out[#out + 1] = text:sub(from, start - 1)
    out[#out + 1] = tonumber(number)
    from = stop
  end
  out[#out + 1] = text:sub(from)
  return out
end

function filled(parts, texts, escaped)
  local out = {}
  for at, part in ipairs(parts) do
    out[at] = type(part) ~= "number" and part or escaped and escaped(texts[part]) or texts[part]
  end
  return table.concat(out)
end

local function in_tree(div, figures)
  return div:walk { Str = function(str) return pandoc.Str((str.text:gsub(MARK, function(at) return figures[tonumber(at)] end))) end }
end

local function written(div, format)
  local blocks = pandoc.Pandoc({ div:clone() }):walk(format.filtering).blocks
  local text = pandoc.List()
  for _, block in ipairs(blocks) do
    text:insert(block.t == "RawBlock" and block.text or pandoc.write(pandoc.Pandoc { block }, format.writer, { wrap_text = "none" }))
  end
  return pieces(table.concat(text, "\n"), MARK)
end

-- ── the code of formats ─────────────────────────────────────────────────────────────────────────────

-- Lua of a format sees the page and nothing else: no files, no programs, no network, no way to load more code, and
-- nothing of the formats beside it.
local GLOBALS = "assert error ipairs next pairs pcall rawequal rawget rawlen rawset select setmetatable tonumber tostring type xpcall"
local LIBRARIES = "coroutine math string table utf8"
local UTILS = "blocks_to_inlines equals from_simple_table make_sections normalize_date sha1 stringify to_roman_numeral to_simple_table type"
local WITHHELD = "cli image mediabag path pipe scaffolding system template with_state write_classic" -- of pandoc's

local function copy(from, names)
  local out = {}
  if not names then
    for name, value in pairs(from) do out[name] = value end
  else
    for name in names:gmatch("%S+") do out[name] = from[name] end
  end
  return out
end

-- A table with all tables below it; one that is called, as pandoc.List is, calls what it is a copy of.
local function whole(from, seen)
  seen = seen or {}
  if type(from) ~= "table" then return from end
  if seen[from] then return seen[from] end
  local out = {}
  seen[from] = out
  for name, value in pairs(from) do out[name] = whole(value, seen) end
  return setmetatable(out, { __call = function(_, ...) return from(...) end })
end

local function globals()
  local own = copy(_G, GLOBALS)
  for name in LIBRARIES:gmatch("%S+") do own[name] = whole(_G[name]) end
  own.os = copy(os, "date")
  own.pieces, own.laid_out = pieces, laid_out
  own.pandoc = whole(pandoc)
  for name in WITHHELD:gmatch("%S+") do own.pandoc[name] = nil end
  own.pandoc.utils = copy(pandoc.utils, UTILS)
  own.pandoc.zip = copy(pandoc.zip, "Archive Entry")
  own.pandoc.read = function(text, format, options) return pandoc.read(text, format, options, {}) end -- {}: of no file
  own.pandoc.write = function(doc, format) return pandoc.write(without_pictures(doc), format, { wrap_text = "none" }) end
  return own
end

-- Run a Lua file of a format.
local function run(path)
  local own = globals()
  local known = function(_, name) return name == "PRESS" and PRESS or own[name] end -- each page has another PRESS
  local chunk = assert(load(read(path), "@" .. path, "t", setmetatable({}, { __index = known })))
  return chunk()
end

-- ── an order and its pages ──────────────────────────────────────────────────────────────────────────

local orders = {}
local moulds = ours("docx_template.lua")

local function begun(message)
  local order = { formats = message.formats, variables = message.variables, tables = {} }
  for id, text in pairs(message.tables) do
    order.tables[id] = statutory(understood(text, message.dialect).blocks[1])
  end
  for at, format in ipairs(order.formats) do
    local function inside(name) return pandoc.path.join { format.folder, name } end
    local options = { wrap_text = "none" }
    for key, value in pairs(format.options or {}) do options[key] = value end
    options.template = format.template and pandoc.template.compile(read(inside(format.template)))
      or pandoc.template.default(format.writer)
    if format.reference then
      options.reference_doc = pandoc.path.join { message.work, message.order .. at .. ".zip" }
      reference(inside(format.reference), order.variables, options.reference_doc)
    end
    local finishing = format.finish and run(inside(format.finish))
    function format.write(doc, variables)
      local settings = pandoc.WriterOptions(options)
      settings.variables = variables
      local content = pandoc.write(doc, format.writer, settings)
      return finishing and finishing(content, variables) or content
    end
    format.moulds = format.mould and moulds(run(inside(format.mould)), format.write)
    PRESS = { variables = order.variables, stand_ins = {} }
    format.filtering = format.filter and run(inside(format.filter))
    format.drawn = format.writer:match("^plain") and ours("tables.lua")
    if format.tables then
      format.written = {}
      for id, div in pairs(order.tables) do format.written[id] = written(div, format) end
    end
  end
  orders[message.order] = order
end

local order, format, figures -- of the page and the format at hand
local TABLES = {
  Div = function(div)
    local id = div.attributes.table
    if not order.tables[id] then return nil end
    if not format.tables then return in_tree(order.tables[id], figures[id]) end
    return pandoc.RawBlock(format.tables, filled(format.written[id], figures[id], ESCAPED[format.tables] or xml))
  end,
}
local function with_tables(doc, ...)
  order, format, figures = ...
  return doc:walk(TABLES)
end

local function printed(doc, order, format, message)
  if not format.tables then doc = with_tables(doc, order, format, message.figures) end
  if format.filtering then doc = doc:walk(format.filtering) end
  if format.tables then doc = with_tables(doc, order, format, message.figures) end
  if format.drawn then doc = doc:walk(format.drawn) end
  local cast = format.moulds and format.moulds(doc, message.own, order.variables, tonumber(message.epoch))
  return cast or format.write(doc, PRESS.variables)
end

local function answer(name, content)
  io.stdout:write(name, " ", #content, "\n", content)
  io.stdout:flush() -- who waits for a format can go on at once
end

local function page(message)
  local order = orders[message.order]
  PRESS = { variables = {}, stand_ins = message.stand_ins } -- for the filters of the formats
  for _, variables in ipairs { message.own, order.variables } do
    for key, value in pairs(variables) do PRESS.variables[key] = value end
  end
  local doc, left_out = understood(message.page, message.dialect .. "+yaml_metadata_block")
  doc, left_out = without_pictures(with_prose(doc, message))
  doc = sound(doc)
  pandoc.system.with_environment({ SOURCE_DATE_EPOCH = message.epoch }, function()
    for _, format in ipairs(order.formats) do
      answer(format.suffix, printed(doc, order, format, message))
    end
  end)
  return #left_out == 0 and "[]" or pandoc.json.encode(left_out)
end

for size in io.lines() do
  local message = pandoc.json.decode(io.read(tonumber(size)), false)
  local done, said = pcall(message.page and page or message.judged and reduced or begun, message)
  if said or not done then answer(done and "." or "!", done and said or tostring(said)) end
  collectgarbage()
end
