-- Moulds: what pandoc writes once for all pages of a shape, filled with the words of each.
-- A writer of packages reads and packs many parts anew for every page, however short. A page of headings, paragraphs
-- and tables of the form needs none of this: pandoc writes its shape, with a mark in the place of every text, and what
-- it wrote is kept, the package for the whole page and its text section by section. All other pages are pandoc's alone,
-- and so is one with a section of a shape that was not seen before: most such shapes do not come again.
-- The file that a format names for it (`mould` in format.toml) returns what must be known of the writer:
--   part       the path of the part of the package in which the page stands
--   tables     pandoc's name of the raw text that stands in it as it is
--   words      the fields of the metadata whose texts differ from page to page
--   styles     the custom styles that a division may name
--   mark       function(text): "TEXT%dE" or, where Chinese signs make a difference to the writer, "TEXT字%dE"; nil where
--              it must see the text itself
--   text       function(text): how a text of the page stands in the package
--   variable   function(text): how a variable of the template stands in it

local MARK, PLACE, EDGE = "TEXT[字]*(%d+)E", "TEXT%dE", "<!--edge-->"
local TIME = "!%Y-%m-%dT%H:%M:%SZ" -- as packages say it
local MANY = 300 -- moulds to keep: prose has shapes without end

local BARE = { Space = true, SoftBreak = true, LineBreak = true }
local NESTED = { Strong = true, Emph = true }

local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

local function exactly(text) return (text:gsub("%p", "%%%0")) end

local function listed(items, one)
  local out = {}
  for at, item in ipairs(items) do out[at] = one(item) end
  return "[" .. table.concat(out, ",") .. "]"
end

-- The shape of a page in pandoc's own notation ("native"), its head and then section by section, each with its texts;
-- nil where it holds anything that is not known to stand alone. A section begins with a heading: what the writer gives
-- for it depends on nothing before.
local function shaped(doc, mould)
  local fits, texts = true, {}
  local function unfit()
    fits = false
    return ""
  end
  local function place(mark, text)
    texts[#texts + 1] = text
    return quoted(mark:format(#texts))
  end
  local function itself(text) return (text:find("TEXT", 1, true) or text:find("%dT%d")) and unfit() or quoted(text) end
  local function words(text)
    local mark = mould.mark(text)
    return mark and place(mark, mould.text(text)) or itself(text)
  end
  local function inlines(items, said)
    return listed(items, function(item)
      local kind = item.t
      if kind == "Str" then return "Str " .. said(item.text) end
      if NESTED[kind] then return kind .. inlines(item.content, said) end
      return BARE[kind] and kind or unfit()
    end)
  end
  local function field(value, said)
    local kind = pandoc.utils.type(value)
    if kind == "Inlines" then return "MetaInlines" .. inlines(value, said) end
    return kind == "List" and "MetaList" .. listed(value, function(item) return field(item, said) end) or unfit()
  end
  local function block(item)
    local kind = item.t
    if kind == "Para" or kind == "Plain" then return kind .. inlines(item.content, words) end
    if kind == "RawBlock" then
      return item.format == mould.tables and "RawBlock(Format" .. quoted(item.format) .. ")" .. place(PLACE, item.text) or unfit()
    end
    if kind == "Header" and item.attr == pandoc.Attr() then
      return "Header " .. item.level .. '("",[],[])' .. inlines(item.content, words)
    end
    local style = kind == "Div" and item.attributes["custom-style"]
    if not mould.styles[style] or item.attr ~= pandoc.Attr("", {}, { ["custom-style"] = style }) then return unfit() end
    return 'Div("",[],[("custom-style",' .. quoted(style) .. ")])" .. listed(item.content, block)
  end

  local names = pandoc.List()
  for name in pairs(doc.meta) do names:insert(name) end
  names:sort()
  local head = listed(names, function(name)
    return "(" .. quoted(name) .. "," .. field(doc.meta[name], mould.words[name] and words or itself) .. ")"
  end)
  local page = { shape = head, texts = texts, sections = {} }
  for _, item in ipairs(doc.blocks) do
    local section = page.sections[#page.sections]
    if not section or item.t == "Header" then
      texts = {}
      section = { shape = {}, texts = texts }
      page.sections[#page.sections + 1] = section
    end
    section.shape[#section.shape + 1] = block(item)
    if not fits then return nil end
  end
  for _, section in ipairs(page.sections) do section.shape = table.concat(section.shape, ",") end
  return #page.sections > 0 and page or nil
end

-- Variables with a mark in the place of every text, which is put to the texts.
local function marked(variables, texts, mould)
  local out, names = {}, pandoc.List()
  for name in pairs(variables) do names:insert(name) end
  names:sort()
  for at, name in ipairs(names) do
    local value = variables[name]
    if type(value) == "table" then
      out[name], names[at] = marked(value, texts, mould)
    else
      texts[#texts + 1] = mould.variable(value)
      out[name] = PLACE:format(#texts)
    end
  end
  return out, table.concat(names, ",")
end

-- The moulds of one format. `write` is a function(document, variables) that gives a package, as pandoc writes it.
-- Returned is a function of a document, its own variables of the template and those of all documents, and the time
-- that it carries, in seconds since 1970; this gives the very bytes that `write` would give, or nil.
return function(mould, write)
  local packages, sections, count = {}, {}, 0
  local edge = ("RawBlock(Format %s)%s"):format(quoted(mould.tables), quoted(EDGE))

  local function cast(page, missing, variables, time)
    local blocks, package = { edge }, {}
    for _, shape in ipairs(missing) do blocks[#blocks + 1] = shape .. "," .. edge end
    local native = ("Pandoc(Meta{unMeta=fromList%s})[%s]"):format(page.shape, table.concat(blocks, ","))
    for at, entry in ipairs(pandoc.zip.Archive(write(pandoc.read(native, "native"), variables)).entries) do
      local text, path = entry:contents(), entry.path
      local part = { entry = entry, path = path, time = entry.modtime ~= time and entry.modtime }
      package[at] = part
      if path == mould.part then
        local cuts, from = {}, 1
        for start, stop in text:gmatch("()\n?" .. exactly(EDGE) .. "\n?()") do
          cuts[#cuts + 1] = pieces(text:sub(from, start - 1), MARK)
          from = stop
        end
        part.before, part.after = cuts[1], pieces(text:sub(from), MARK)
        for number, shape in ipairs(missing) do sections[shape] = cuts[number + 1] end
      else
        text = text:gsub(exactly(os.date(TIME, time)), PLACE:format(#page.texts))
        part.before = text:find(MARK) and pieces(text, MARK)
      end
    end
    return package
  end

  return function(doc, own, shared, time)
    local page = shaped(doc, mould)
    if not page then return nil end
    local texts, missing = page.texts, {}
    local variables, names = marked(own, texts, mould)
    for name, value in pairs(shared) do variables[name] = value end
    texts[#texts + 1] = os.date(TIME, time)
    if count > MANY then packages, sections, count = {}, {}, 0 end
    local seen = true
    for _, section in ipairs(page.sections) do
      local known = sections[section.shape]
      if not known then missing[#missing + 1] = section.shape end
      if known == nil then seen, sections[section.shape], count = false, false, count + 1 end
    end
    if not seen then return nil end
    local key = page.shape .. names
    if not packages[key] or #missing > 0 then
      packages[key] = cast(page, missing, variables, time)
      count = count + 1
    end
    local body, entries = {}, {}
    for at, section in ipairs(page.sections) do body[at] = filled(sections[section.shape], section.texts) end
    for at, part in ipairs(packages[key]) do
      local text = part.before and filled(part.before, texts)
      if part.after then
        text = table.concat({ text, table.concat(body, "\n"), filled(part.after, texts) }, "\n")
      end
      entries[at] = text and pandoc.zip.Entry(part.path, text) or part.entry
      entries[at].modtime = part.time or time
    end
    return pandoc.zip.Archive(entries):bytestring()
  end
end
