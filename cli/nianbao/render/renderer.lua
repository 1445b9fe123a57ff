-- The renderer: a pandoc process that stays and writes page after page; `pandoc lua renderer.lua` runs it.
-- Messages come on standard input, each a line with its length in bytes and then so many bytes of JSON. There are three:
--   settings  formats, the variables that their templates share, the tables of a form with a mark in every figure cell;
--             the pages that follow refer to them by name
--   page      Markdown with a division for each table and each section of prose; the figures; the prose
--   reduce    sections of prose; the answer says what of them is dropped, and gives the Markdown of the rest
-- The answer to a page is a part for each format, named by its suffix. The last part of every answer to a page or to
-- prose is ".": JSON, for a page the sources of the pictures that were dropped. A part "!" says why a message failed.
-- A part is a line with its name and its length in bytes, and then so many bytes.

local HERE = pandoc.path.directory(arg[0])
local function load_module(name) return dofile(pandoc.path.join { HERE, name }) end
local lists, lay_out_signature, keep_rows = load_module("lists.lua"), load_module("signature.lua"), load_module("rows.lua")
local widths, filters = load_module("widths.lua"), load_module("filters.lua")
local letter, break_title = load_module("letter.lua"), load_module("titles.lua")
local marks, form_tables, page_layout = load_module("marks.lua"), load_module("form_tables.lua"), load_module("page_layout.lua")
local write_reference, make_docx_templates = load_module("reference.lua"), load_module("docx_template.lua")

-- Pandoc keeps every filter that it was ever given in memory, so these are made once and not for each page.

-- Remove what prose may have and no valid document has: empty headings and skipped levels (PDF/UA, ISO 14289-1, 7.4),
-- links without words or to a target that does not exist.
local last_level, targets
local function add_target(item) targets["#" .. item.identifier] = true end
local COLLECT_TARGETS = { Header = add_target, Div = add_target, Span = add_target, Table = add_target }
local REPAIR = {
  Header = function(header)
    if pandoc.utils.stringify(header) == "" then return {} end
    header.level = math.min(header.level, last_level + 1)
    last_level = header.level
    return header
  end,
  Link = function(link)
    if link.target:sub(1, 1) == "#" and not targets[link.target] then return link.content end
    if pandoc.utils.stringify(link) == "" then link.content = { pandoc.Str(link.target) } end
    return link
  end,
}
local function repair(doc)
  last_level, targets = 0, {}
  doc:walk(COLLECT_TARGETS)
  return doc:walk(REPAIR)
end

-- No file is fetched and nothing is hidden: a picture in the prose is replaced by its caption, and reported.
local dropped
local DROP_PICTURES = {
  Image = function(image)
    dropped[image.src] = true
    return image.caption
  end,
}
local function drop_pictures(doc)
  dropped = {}
  local sources = pandoc.List()
  doc = doc:walk(DROP_PICTURES)
  for source in pairs(dropped) do sources:insert(source) end
  sources:sort()
  return doc, sources
end

-- Pandoc's own program removes line breaks between wide characters (east_asian_line_breaks); its readers do not.
local function is_wide(str, from, to)
  return str and str.t == "Str" and pandoc.layout.real_length(pandoc.text.sub(str.text, from, to)) == 2
end
local JOIN_LINES = {
  Inlines = function(inlines)
    local out, has_joins = pandoc.List(), false
    for at, inline in ipairs(inlines) do
      local join = inline.t == "SoftBreak" and is_wide(inlines[at - 1], -1, -1) and is_wide(inlines[at + 1], 1, 1)
      has_joins = has_joins or join
      if not join then out:insert(inline) end
    end
    return has_joins and out or nil
  end,
}

local function read_markdown(text, dialect) return pandoc.read(text, dialect):walk(JOIN_LINES) end

-- ── prose ───────────────────────────────────────────────────────────────────────────────────────────

-- Prose is not trusted. It is read apart from the page, so that it can neither close a division of the page nor add
-- metadata to it; once it is reduced it replaces its division.
local dialect
local begin_prose, reduce = load_module("prose.lua")(function(text) return read_markdown(text, dialect) end)
local prose
local INSERT_PROSE = {
  Div = function(div)
    local section = div.attributes.prose
    return section and prose[section]
  end,
}
local function insert_prose(doc, message)
  prose = {}
  dialect = message.dialect
  begin_prose(message.reserved)
  for _, pair in ipairs(message.prose) do prose[pair[1]] = reduce(pair[2]) end
  return next(prose) and doc:walk(INSERT_PROSE) or doc
end

-- Answer a message "reduce": for each section what is dropped, and the Markdown of the rest.
local function reduce_sections(message)
  local out = pandoc.List()
  dialect = message.dialect
  begin_prose(message.reserved, message.widths)
  for _, pair in ipairs(message.reduce) do
    local blocks, dropped_markup = reduce(pair[2])
    local markdown = pandoc.write(pandoc.Pandoc(blocks), dialect, { wrap_text = "none" })
    out:insert { section = pair[1], dropped = pandoc.List(dropped_markup), markdown = markdown }
  end
  return pandoc.json.encode(out)
end

-- ── tables ──────────────────────────────────────────────────────────────────────────────────────────

-- Write a form's table in the raw text of a format, split at its marks; with `figures` these replace the marks. A format
-- may have a function for it, `FormTable`: pandoc takes ten times as long.
local function write_table(tbl, format, figures)
  if format.write_table then
    return marks.split(filters.call(format.write_table, figures and form_tables.fill(tbl, figures) or tbl), form_tables.MARK)
  end
  local tree = form_tables.to_tree(tbl)
  local blocks = filters.apply(pandoc.Pandoc { figures and form_tables.fill_tree(tree, figures) or tree }, format.filters).blocks
  local text = pandoc.List()
  for _, block in ipairs(blocks) do
    text:insert(block.t == "RawBlock" and block.text or pandoc.write(pandoc.Pandoc { block }, format.writer, { wrap_text = "none" }))
  end
  return marks.split(table.concat(text, "\n"), form_tables.MARK)
end

-- ── the code of formats ─────────────────────────────────────────────────────────────────────────────

local page_data -- the variables of the page and the replacements of characters that no font has
local run_file = load_module("format_code.lua")({
  pieces = marks.split, laid_out = form_tables.lay_out_rows, is_banner = form_tables.is_banner,
  list_entries = page_layout.list_entries, lay_side_by_side = page_layout.lay_side_by_side,
  lay_out_signature = lay_out_signature, keep_rows = keep_rows, break_title = break_title,
  size_of_figure = widths.size_of_figure, size_in_column = widths.size_in_column, split_spans = letter.split_spans, raise_redhead = letter.raise_redhead,
  width_of = letter.width_of, lay_out_number = letter.lay_out_number, write_redhead = letter.write_redhead,
}, drop_pictures, function() return page_data end)

-- ── settings and their pages ────────────────────────────────────────────────────────────────────────

local settings_by_name = {}

-- Read the files of a format, and write its tables; `at` is its number among the formats of the settings.
local function prepare_format(settings, format, at)
  local function path_of(name) return pandoc.path.join { format.folder, name } end
  local options = { wrap_text = "none", highlight_method = "none" } -- code in prose has no language
  for key, value in pairs(format.options or {}) do options[key] = value end
  options.template = format.template and pandoc.template.compile(pandoc.system.read_file(path_of(format.template)))
    or pandoc.template.default(format.writer)
  if format.reference then
    options.reference_doc = pandoc.path.join { settings.folder, settings.name .. at .. ".zip" }
    write_reference(path_of(format.reference), settings.variables, options.reference_doc)
  end
  local finish = format.finish and run_file(path_of(format.finish))
  function format.write(doc, variables)
    local writer_options = pandoc.WriterOptions(options)
    writer_options.variables = variables
    local content = pandoc.write(doc, format.writer, writer_options)
    return finish and finish(content, variables) or content
  end
  format.fill_template = format.mould and make_docx_templates(run_file(path_of(format.mould)), format.write, marks)
  local page = page_data
  page_data = { variables = settings.variables, stand_ins = {}, addresses = settings.addresses, headings = {} }
  if format.filter then
    format.filters, format.write_table = filters.load(path_of(format.filter), run_file(path_of(format.filter)))
  end
  format.plain_tables = format.writer:match("^plain") and load_module("tables.lua")(form_tables.lay_out_rows)
  if format.tables then
    format.written_tables = {}
    for id, tbl in pairs(settings.tables) do format.written_tables[id] = write_table(tbl, format) end
  end
  page_data = page
  format.is_prepared = true
end

-- Make the tables of a form, and prepare the first format: a page can be written in it at once. The others are prepared
-- when a page is written in them, while Typst is at work on the first. No answer.
local function load_settings(message)
  local settings = {
    name = message.settings, folder = message.folder, formats = message.formats, variables = message.variables,
    addresses = message.addresses, tables = {}, rooms = {},
  }
  for id, description in pairs(message.tables) do
    local tbl = form_tables.make(id, description)
    settings.tables[id] = tbl
    settings.rooms[id] = widths.find_rooms(tbl, settings.variables.look, form_tables.MARK, form_tables.lay_out_rows)
  end
  if settings.formats[1] then prepare_format(settings, settings.formats[1], 1) end
  settings_by_name[message.settings] = settings
end

-- Return the tables of a form with figures that are too wide for it, with other widths. A page may have none of the form's
-- tables.
local function make_wide_tables(settings, figures)
  local found = {}
  for id, rooms in pairs(settings.rooms) do
    if figures[id] and widths.exceeds(rooms, figures[id]) then
      found[id] = widths.widen(settings.tables[id], settings.variables.look, rooms, figures[id])
    end
  end
  return found
end

local settings, format, figures, wide_tables -- of the current page and format
local trees = setmetatable({}, { __mode = "k" }) -- of tables, as pandoc has them, for formats without raw text of their own
local INSERT_TABLES = {
  Div = function(div)
    local id = div.attributes.table
    local tbl = wide_tables[id] or settings.tables[id]
    if not tbl then return nil end
    if not format.tables then
      trees[tbl] = trees[tbl] or form_tables.to_tree(tbl)
      return form_tables.fill_tree(trees[tbl], figures[id])
    end
    if wide_tables[id] then return pandoc.RawBlock(format.tables, table.concat(write_table(tbl, format, figures[id]))) end
    local text = marks.fill(format.written_tables[id], figures[id], form_tables.get_escape(format.tables))
    return pandoc.RawBlock(format.tables, text)
  end,
}
local function insert_tables(doc, ...)
  settings, format, figures, wide_tables = ...
  return doc:walk(INSERT_TABLES)
end

-- Put the pictures in the place of their divisions: as raw text of a format, as an image, or not at all.
local pictures, picture_place
local INSERT_PICTURES = {
  Div = function(div)
    local picture = pictures[div.attributes.picture]
    if not picture then return nil end
    if picture_place == "" then return {} end
    if picture_place ~= "image" then return pandoc.RawBlock(picture_place, picture[picture_place]) end
    local name = div.attributes.picture .. ".svg"
    pandoc.mediabag.insert(name, "image/svg+xml", picture.image)
    local image = pandoc.Image(picture.description, name, "", pandoc.Attr("", {}, { width = "85%" }))
    return pandoc.Div({ pandoc.Para { image } }, pandoc.Attr("", {}, { ["custom-style"] = "Picture" }))
  end,
}
local function insert_pictures(doc, format, written)
  if not next(written) then return doc end
  pictures, picture_place = written, format.pictures or ""
  pandoc.mediabag.empty()
  return doc:walk(INSERT_PICTURES)
end

local function render_format(doc, settings, format, message, wide_tables)
  if not format.tables then doc = insert_tables(doc, settings, format, message.figures, wide_tables) end
  doc = filters.apply(doc, format.filters)
  if format.tables then doc = insert_tables(doc, settings, format, message.figures, wide_tables) end
  if format.plain_tables then doc = doc:walk(format.plain_tables) end
  doc = insert_pictures(doc, format, message.pictures)
  local filled = format.fill_template and not page_data.variables.layout and not next(message.pictures)
    and format.fill_template(doc, message.variables, settings.variables, tonumber(message.epoch))
  return filled or format.write(doc, page_data.variables)
end

local function send(name, content)
  io.stdout:write(name, " ", #content, "\n", content)
  io.stdout:flush() -- the reader can use a format at once
end

-- Answer a message "page": a part for each format; return the sources of the pictures that were dropped, as JSON.
local function render_page(message)
  local settings = settings_by_name[message.settings]
  page_data = {
    variables = {}, stand_ins = message.replacements, addresses = settings.addresses, headings = message.headings,
  }
  for _, variables in ipairs { message.variables, settings.variables } do
    for key, value in pairs(variables) do page_data.variables[key] = value end
  end
  local doc, sources = read_markdown(message.page, message.dialect .. "+yaml_metadata_block")
  doc.meta.lang = pandoc.MetaInlines { pandoc.Str(settings.variables.lang) } -- as it would be read from the page
  doc, sources = drop_pictures(insert_prose(doc, message))
  doc = repair(doc)
  if settings.variables.grid then doc = doc:walk(lists.filter) end
  doc = page_layout.prepare(doc, page_data.variables, letter.is_letter(doc))
  local wide_tables = make_wide_tables(settings, message.figures)
  pandoc.system.with_environment({ SOURCE_DATE_EPOCH = message.epoch }, function()
    for at, format in ipairs(settings.formats) do
      if not format.is_prepared then prepare_format(settings, format, at) end
      send(format.suffix, render_format(doc, settings, format, message, wide_tables))
    end
  end)
  return #sources == 0 and "[]" or pandoc.json.encode(sources)
end

for size in io.lines() do
  local message = pandoc.json.decode(io.read(tonumber(size)), false)
  local handle = message.page and render_page or message.reduce and reduce_sections or load_settings
  local succeeded, answer = pcall(handle, message)
  debug.sethook() -- which an error leaves
  if answer or not succeeded then
    send(succeeded and "." or "!", succeeded and answer or tostring(answer))
    collectgarbage() -- now nobody waits
  end
end
