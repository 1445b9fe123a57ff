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
local widths, load_filters = load_module("widths.lua"), load_module("filters.lua")
local letter, break_title = load_module("letter.lua"), load_module("titles.lua")

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

-- What the page template of a kind may ask for with divisions, each of one class: contents, landscape, pagebreak. Formats
-- that make contents themselves replace the list of links that the division gets here. A page with any of these, or with
-- a cover, has the variable `layout`.
local LAYOUT = { contents = true, landscape = true, pagebreak = true }
-- Join what stands in landscape side by side, and mark the last if the page ends with it: there is no page between these,
-- nor behind that.
local function join_landscape(blocks)
  local out, above = pandoc.List(), nil
  for _, block in ipairs(blocks) do
    local is_landscape = block.t == "Div" and block.classes:includes("landscape")
    if is_landscape and above then
      above.content:extend(block.content)
    else
      out:insert(block)
      above = is_landscape and out[#out] or nil
    end
  end
  if above then above.classes:insert("last") end
  return out
end

-- Add a cover and contents where the look asks for them and the page has none: on the cover stands what the signature says,
-- or else the author; the text begins on a page behind the contents.
local function add_front(doc, look)
  if look.cover and not doc.meta.cover then
    local signature = doc.blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("signature") end)
    local author = doc.meta.author and pandoc.List { pandoc.Plain(pandoc.utils.stringify(doc.meta.author)) }
    local lines = signature and signature.content or author or pandoc.List()
    doc.meta.cover = #lines > 0 and pandoc.MetaList(lines:map(function(line) return pandoc.MetaInlines(line.content) end)) or nil
  end
  local function is_contents(block) return block.t == "Div" and block.classes:includes("contents") end
  if look.contents and not doc.blocks:find_if(is_contents) then
    doc.blocks:insert(1, pandoc.Div({}, pandoc.Attr("", { "contents" })))
    doc.blocks:insert(2, pandoc.Div({}, pandoc.Attr("", { "pagebreak" })))
  end
end

local function prepare_layout(doc, variables)
  if letter.is_letter(doc) then variables.letter = "true" else add_front(doc, variables.look) end
  local found = { cover = doc.meta.cover }
  if doc.meta.cover ~= true then doc.meta.coverlines = doc.meta.cover end -- `cover: true` asks for the title alone
  doc:walk {
    Div = function(div)
      local class = div.classes[1]
      if LAYOUT[class] then found[class] = true end
    end,
  }
  if next(found) then variables.layout = "true" end
  if found.landscape then doc.blocks = join_landscape(doc.blocks) end
  if not found.contents then return doc end
  local number = 0
  doc = doc:walk {
    Header = function(header)
      number = number + 1
      if header.identifier == "" then header.identifier = "heading-" .. number end
      return header
    end,
  }
  local blocks = pandoc.List() -- contents leave out what stands behind the first heading of a division
  for _, block in ipairs(doc.blocks) do
    local is_landscape = block.t == "Div" and block.classes:includes("landscape")
    blocks:extend(is_landscape and block.content or { block })
  end
  local list = pandoc.structure.table_of_contents(pandoc.Pandoc(blocks), { toc_depth = 2 })
  return doc:walk {
    Div = function(div)
      if not div.classes:includes("contents") then return nil end
      div.content = { pandoc.Para { pandoc.Strong(variables.words.contents) }, list }
      return div
    end,
  }
end

-- Return the entries of contents in their order: the level from 1, the id of the heading, and its text.
local function list_entries(div)
  local entries = pandoc.List()
  local function add(list, level)
    for _, item in ipairs(list.content) do
      for _, block in ipairs(item) do
        if block.t == "BulletList" then
          add(block, level + 1)
        else
          entries:insert { level = level, id = block.content[1].target:sub(2), text = pandoc.utils.stringify(block) }
        end
      end
    end
  end
  add(div.content[2], 1)
  return entries
end

-- Return the paragraphs of a comparison side by side: as a table without insertions at the left, and without deletions
-- at the right. Filters of formats know it as `lay_side_by_side`.
local function lay_side_by_side(div)
  local function cell_without(class, block)
    local kept = block:walk { Span = function(span) if span.classes:includes(class) then return {} end end }
    return #kept.content > 0 and { kept } or {}
  end
  local rows = div.content:map(function(block)
    return { cell_without("insertion", block), cell_without("deletion", block) }
  end)
  local heads = { { pandoc.Plain(div.attributes.before) }, { pandoc.Plain(div.attributes.after) } }
  local left = pandoc.AlignLeft
  return pandoc.utils.from_simple_table(pandoc.SimpleTable({}, { left, left }, { 0.5, 0.5 }, heads, rows))
end

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write_file(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

-- Write the reference document of a format, from which its writer takes the styles: a package whose parts are the
-- files of a folder, each a template over the variables.
local function write_reference(folder, variables, path)
  local entries = {}
  local function add(path, name)
    for _, item in ipairs(pandoc.system.list_directory(path)) do
      local full, inner = pandoc.path.join { path, item }, name == "" and item or name .. "/" .. item
      local is_folder = pcall(pandoc.system.list_directory, full)
      if is_folder then
        add(full, inner)
      else
        local part = pandoc.template.apply(pandoc.template.compile(read_file(full)), variables)
        entries[#entries + 1] = pandoc.zip.Entry(inner, pandoc.layout.render(part), 0)
      end
    end
  end
  add(folder, "")
  write_file(path, pandoc.zip.Archive(entries):bytestring())
  return path
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

-- All reports of a form have the same tables but for their figures. For a format that names the language of its raw
-- text (`tables` in format.toml) they are written once, with marks, and each report's figures replace the marks; for
-- the others the figures go into the tree, and filter and writer process the tables of every page.
local MARK = "FIGURE(%d+)E"

local ESCAPES = {
  typst = function(text) return (text:gsub('[\\"]', "\\%0")) end, -- a figure stands in a string of Typst
}
local function escape_xml(text) return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })) end

-- Split a text at its marks: the texts between them, and the numbers of the marks. Formats know it as `pieces`.
function split_at_marks(text, mark)
  local out, from = {}, 1
  for start, number, stop in text:gmatch("()" .. mark .. "()") do
    out[#out + 1] = text:sub(from, start - 1)
    out[#out + 1] = tonumber(number)
    from = stop
  end
  out[#out + 1] = text:sub(from)
  return out
end

-- Join what `split_at_marks` returned, with a text for each mark.
function fill_marks(parts, texts, escape)
  local out = {}
  for at, part in ipairs(parts) do
    out[at] = type(part) ~= "number" and part or escape and escape(texts[part]) or texts[part]
  end
  return table.concat(out)
end

local function fill_tree(div, figures)
  return div:walk { Str = function(str) return pandoc.Str((str.text:gsub(MARK, function(at) return figures[tonumber(at)] end))) end }
end

local function apply_filters(doc, filters)
  for _, filter in ipairs(filters or {}) do doc = doc:walk(filter) end
  return doc
end

-- Write a form's table in the raw text of a format, split at its marks.
local function write_table(div, format)
  local blocks = apply_filters(pandoc.Pandoc({ div:clone() }), format.filters).blocks
  local text = pandoc.List()
  for _, block in ipairs(blocks) do
    text:insert(block.t == "RawBlock" and block.text or pandoc.write(pandoc.Pandoc { block }, format.writer, { wrap_text = "none" }))
  end
  return split_at_marks(table.concat(text, "\n"), MARK)
end

-- ── the code of formats ─────────────────────────────────────────────────────────────────────────────

-- Lua of a format has access to the page and to nothing else: no files, no programs, no network, no way to load more
-- code, and nothing of the other formats.
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

-- Copy a table with all tables below it; a copy that is called, as pandoc.List is, calls the original.
local function deep_copy(from, copies)
  copies = copies or {}
  if type(from) ~= "table" then return from end
  if copies[from] then return copies[from] end
  local out = {}
  copies[from] = out
  for name, value in pairs(from) do out[name] = deep_copy(value, copies) end
  return setmetatable(out, { __call = function(_, ...) return from(...) end })
end

local function make_globals()
  local own = copy(_G, GLOBALS)
  for name in LIBRARIES:gmatch("%S+") do own[name] = deep_copy(_G[name]) end
  own.os = copy(os, "date")
  own.pieces, own.laid_out, own.list_entries = split_at_marks, lay_out_rows, list_entries
  own.lay_side_by_side = lay_side_by_side
  own.lay_out_signature, own.keep_rows, own.is_banner = lay_out_signature, keep_rows, is_banner
  own.size_of_figure, own.break_title = widths.size_of_figure, break_title
  own.split_spans, own.raise_redhead = letter.split_spans, letter.raise_redhead
  own.width_of, own.lay_out_number, own.write_redhead = letter.width_of, letter.lay_out_number, letter.write_redhead
  own.pandoc = deep_copy(pandoc)
  for name in WITHHELD:gmatch("%S+") do own.pandoc[name] = nil end
  own.pandoc.utils = copy(pandoc.utils, UTILS)
  own.pandoc.zip = copy(pandoc.zip, "Archive Entry")
  own.pandoc.read = function(text, format, options) return pandoc.read(text, format, options, {}) end -- {}: no files
  own.pandoc.write = function(doc, format) return pandoc.write(drop_pictures(doc), format, { wrap_text = "none" }) end
  return own
end

-- The variables of the page and the replacements of characters that no font has, for the filters of formats. They know
-- it by the name PRESS.
local page_data

-- Run a Lua file of a format: return what it returns, and the globals that it has set.
local function run_file(path)
  local own, globals = make_globals(), {}
  local known = function(_, name) return name == "PRESS" and page_data or own[name] end -- PRESS is another for each page
  local chunk = assert(load(read_file(path), "@" .. path, "t", setmetatable(globals, { __index = known })))
  return chunk(), globals
end

-- ── settings and their pages ────────────────────────────────────────────────────────────────────────

local settings_by_name = {}
local make_docx_templates = load_module("docx_template.lua")

-- Read the files of a format, and write its tables; `at` is its number among the formats of the settings.
local function prepare_format(settings, format, at)
  local function path_of(name) return pandoc.path.join { format.folder, name } end
  local options = { wrap_text = "none", highlight_method = "none" } -- code in prose has no language
  for key, value in pairs(format.options or {}) do options[key] = value end
  options.template = format.template and pandoc.template.compile(read_file(path_of(format.template)))
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
  format.fill_template = format.mould and make_docx_templates(run_file(path_of(format.mould)), format.write)
  local page = page_data
  page_data = { variables = settings.variables, stand_ins = {}, addresses = settings.addresses, headings = {} }
  format.filters = format.filter and load_filters(path_of(format.filter), run_file(path_of(format.filter)))
  format.plain_tables = format.writer:match("^plain") and load_module("tables.lua")(lay_out_rows)
  if format.tables then
    format.written_tables = {}
    for id, div in pairs(settings.tables) do format.written_tables[id] = write_table(div, format) end
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
    local div, bodies = make_form_table(id, description)
    settings.tables[id] = div
    settings.rooms[id] = widths.find_rooms(div.content[1], bodies, settings.variables.look, MARK, lay_out_rows)
  end
  if settings.formats[1] then prepare_format(settings, settings.formats[1], 1) end
  settings_by_name[message.settings] = settings
end

-- Return the tables of a form with figures that are too wide for it: with these, and with other widths. A page may have
-- none of the form's tables.
local function make_wide_tables(settings, figures)
  local found = {}
  for id, rooms in pairs(settings.rooms) do
    if figures[id] and widths.exceeds(rooms, figures[id]) then
      local div = fill_tree(settings.tables[id], figures[id])
      found[id] = div:walk { Table = function(tbl)
        widths.widen(tbl, settings.variables.look, rooms, figures[id])
        return tbl
      end }
    end
  end
  return found
end

local settings, format, figures, wide_tables -- of the current page and format
local INSERT_TABLES = {
  Div = function(div)
    local id = div.attributes.table
    if not settings.tables[id] then return nil end
    if wide_tables[id] then
      if not format.tables then return wide_tables[id] end
      return pandoc.RawBlock(format.tables, table.concat(write_table(wide_tables[id], format)))
    end
    if not format.tables then return fill_tree(settings.tables[id], figures[id]) end
    local escape = ESCAPES[format.tables] or escape_xml
    return pandoc.RawBlock(format.tables, fill_marks(format.written_tables[id], figures[id], escape))
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
  doc = apply_filters(doc, format.filters)
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
  doc = prepare_layout(doc, page_data.variables)
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
  if answer or not succeeded then
    send(succeeded and "." or "!", succeeded and answer or tostring(answer))
    collectgarbage() -- now nobody waits
  end
end
