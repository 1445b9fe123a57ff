-- Cached DOCX templates: packages that pandoc writes once for all pages of the same shape, filled with the texts of each.
-- A writer of packages reads and writes many parts again for every page, however short. A page of headings, paragraphs
-- and tables of the form does not need this: pandoc writes its shape, with a mark instead of every text, and what it
-- wrote is kept, the package for the whole page and its main part section by section. All other pages are written by
-- pandoc alone, and so is one with a section of a shape that was not seen before: most such shapes do not come again.
-- The file that a format names for it (`mould` in format.toml) returns what must be known of the writer:
--   part       the path of the part of the package in which the page stands
--   tables     pandoc's name of the raw text that this part holds unchanged
--   words      the fields of the metadata whose texts differ from page to page
--   styles     the custom styles that a division or span may name
--   mark       function(text): "TEXT%dE" or, where Chinese characters make a difference to the writer, "TEXT字%dE"; nil
--              where the writer must see the text itself
--   text       function(text): how a text of the page is written in the package
--   variable   function(text): how a variable of the template is written in it

local MARK, MARK_FORMAT, BOUNDARY = "TEXT[字]*(%d+)E", "TEXT%dE", "<!--boundary-->"
local TIME_FORMAT = "!%Y-%m-%dT%H:%M:%SZ" -- of times in packages
local MAX_TEMPLATES = 300 -- packages and sections that are kept: prose has no end of shapes

local PLAIN_INLINES = { Space = true, SoftBreak = true, LineBreak = true }
local NESTED_INLINES = { Strong = true, Emph = true }

local function quote(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

local function escape_pattern(text) return (text:gsub("%p", "%%%0")) end

local function native_list(items, convert)
  local out = {}
  for at, item in ipairs(items) do out[at] = convert(item) end
  return "[" .. table.concat(out, ",") .. "]"
end

-- Return the shape of a page in pandoc's own notation ("native") and its texts: { shape, texts, sections } for the
-- metadata, and in `sections` { shape, texts } for each section; nil where the page has an element that may depend on
-- others. A section begins with a heading: what the writer gives for it does not depend on what is before.
local function describe_page(doc, rules)
  local is_known, texts = true, {}
  local function reject()
    is_known = false
    return ""
  end
  local function add_mark(mark, text)
    texts[#texts + 1] = text
    return quote(mark:format(#texts))
  end
  local function fixed_text(text) return (text:find("TEXT", 1, true) or text:find("%dT%d")) and reject() or quote(text) end
  local function variable_text(text)
    local mark = rules.mark(text)
    return mark and add_mark(mark, rules.text(text)) or fixed_text(text)
  end
  local function native_style(item)
    local style = item.attributes["custom-style"]
    if not rules.styles[style] or item.attr ~= pandoc.Attr("", {}, { ["custom-style"] = style }) then return reject() end
    return '("",[],[("custom-style",' .. quote(style) .. ")])"
  end
  local function native_inlines(items, convert_text)
    return native_list(items, function(item)
      local kind = item.t
      if kind == "Str" then return "Str " .. convert_text(item.text) end
      if NESTED_INLINES[kind] then return kind .. native_inlines(item.content, convert_text) end
      if kind == "Span" then return "Span" .. native_style(item) .. native_inlines(item.content, convert_text) end
      return PLAIN_INLINES[kind] and kind or reject()
    end)
  end
  local function native_field(value, convert_text)
    local kind = pandoc.utils.type(value)
    if kind == "Inlines" then return "MetaInlines" .. native_inlines(value, convert_text) end
    if kind ~= "List" then return reject() end
    return "MetaList" .. native_list(value, function(item) return native_field(item, convert_text) end)
  end
  local function native_block(item)
    local kind = item.t
    if kind == "Para" or kind == "Plain" then return kind .. native_inlines(item.content, variable_text) end
    if kind == "RawBlock" then
      if item.format ~= rules.tables then return reject() end
      return "RawBlock(Format" .. quote(item.format) .. ")" .. add_mark(MARK_FORMAT, item.text)
    end
    if kind == "Header" and item.attr == pandoc.Attr() then
      return "Header " .. item.level .. '("",[],[])' .. native_inlines(item.content, variable_text)
    end
    if kind ~= "Div" then return reject() end
    return "Div" .. native_style(item) .. native_list(item.content, native_block)
  end

  local names = pandoc.List()
  for name in pairs(doc.meta) do names:insert(name) end
  names:sort()
  local metadata = native_list(names, function(name)
    return "(" .. quote(name) .. "," .. native_field(doc.meta[name], rules.words[name] and variable_text or fixed_text) .. ")"
  end)
  local page = { shape = metadata, texts = texts, sections = {} }
  for _, item in ipairs(doc.blocks) do
    local section = page.sections[#page.sections]
    if not section or item.t == "Header" then
      texts = {}
      section = { shape = {}, texts = texts }
      page.sections[#page.sections + 1] = section
    end
    section.shape[#section.shape + 1] = native_block(item)
    if not is_known then return nil end
  end
  for _, section in ipairs(page.sections) do section.shape = table.concat(section.shape, ",") end
  return #page.sections > 0 and page or nil
end

-- Return variables with a mark instead of every text, which is added to `texts`; and the names of all of them.
local function mark_variables(variables, texts, rules)
  local out, names = {}, pandoc.List()
  for name in pairs(variables) do names:insert(name) end
  names:sort()
  for at, name in ipairs(names) do
    local value = variables[name]
    if type(value) == "table" then
      out[name], names[at] = mark_variables(value, texts, rules)
    else
      texts[#texts + 1] = rules.variable(value)
      out[name] = MARK_FORMAT:format(#texts)
    end
  end
  return out, table.concat(names, ",")
end

-- The templates of one format. `rules` is what its `mould` file returns; `write` is a function(document, variables) that
-- returns a package, as pandoc writes it; `marks` are the functions of marks.lua. Returned is a function of a document,
-- its own variables of the template and those of all documents, and the time that it carries, in seconds since 1970; it
-- returns the very bytes that `write` would return, or nil where the page is to be written by `write`.
return function(rules, write, marks)
  local packages, sections, count = {}, {}, 0
  local boundary = ("RawBlock(Format %s)%s"):format(quote(rules.tables), quote(BOUNDARY))

  -- Write a page with the sections whose shapes have no template yet; keep these, return the parts of the package.
  local function write_template(page, missing, variables, time)
    local blocks, package = { boundary }, {}
    for _, shape in ipairs(missing) do blocks[#blocks + 1] = shape .. "," .. boundary end
    local native = ("Pandoc(Meta{unMeta=fromList%s})[%s]"):format(page.shape, table.concat(blocks, ","))
    for at, entry in ipairs(pandoc.zip.Archive(write(pandoc.read(native, "native"), variables)).entries) do
      local text, path = entry:contents(), entry.path
      local part = { entry = entry, path = path, time = entry.modtime ~= time and entry.modtime }
      package[at] = part
      if path == rules.part then
        local pieces, from = {}, 1
        for start, stop in text:gmatch("()\n?" .. escape_pattern(BOUNDARY) .. "\n?()") do
          pieces[#pieces + 1] = marks.split(text:sub(from, start - 1), MARK)
          from = stop
        end
        part.before, part.after = pieces[1], marks.split(text:sub(from), MARK)
        for number, shape in ipairs(missing) do sections[shape] = pieces[number + 1] end
      else
        text = text:gsub(escape_pattern(os.date(TIME_FORMAT, time)), MARK_FORMAT:format(#page.texts))
        part.before = text:find(MARK) and marks.split(text, MARK)
      end
    end
    return package
  end

  return function(doc, own_variables, shared_variables, time)
    local page = describe_page(doc, rules)
    if not page then return nil end
    local texts, missing = page.texts, {}
    local variables, names = mark_variables(own_variables, texts, rules)
    for name, value in pairs(shared_variables) do variables[name] = value end
    texts[#texts + 1] = os.date(TIME_FORMAT, time)
    if count > MAX_TEMPLATES then packages, sections, count = {}, {}, 0 end
    -- A section's template is nil where its shape was never seen, false where it was seen once and not written yet.
    local all_seen = true
    for _, section in ipairs(page.sections) do
      local template = sections[section.shape]
      if not template then missing[#missing + 1] = section.shape end
      if template == nil then all_seen, sections[section.shape], count = false, false, count + 1 end
    end
    if not all_seen then return nil end
    local key = page.shape .. names
    if not packages[key] or #missing > 0 then
      packages[key] = write_template(page, missing, variables, time)
      count = count + 1
    end
    local body, entries = {}, {}
    for at, section in ipairs(page.sections) do body[at] = marks.fill(sections[section.shape], section.texts) end
    for at, part in ipairs(packages[key]) do
      local text = part.before and marks.fill(part.before, texts)
      if part.after then
        text = table.concat({ text, table.concat(body, "\n"), marks.fill(part.after, texts) }, "\n")
      end
      entries[at] = text and pandoc.zip.Entry(part.path, text) or part.entry
      entries[at].modtime = part.time or time
    end
    return pandoc.zip.Archive(entries):bytestring()
  end
end
