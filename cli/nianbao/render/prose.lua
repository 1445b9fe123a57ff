-- Prose is data: of the tree that pandoc reads from it, only the elements listed here reach a writer. All others are
-- replaced by the words that they hold, and reported as dropped.

local function make_set(...)
  local out = {}
  for _, name in ipairs { ... } do out[name] = true end
  return out
end

local BLOCKS = make_set("Para", "Plain", "BulletList", "OrderedList", "DefinitionList", "BlockQuote", "HorizontalRule")
local INLINES = make_set("Str", "Space", "SoftBreak", "LineBreak", "Emph", "Strong")
local IDENTIFIER = "^%a[%w_-]*$" -- what every format accepts as the identifier of a link target
local ADDRESS = "^[^%c%s\"'<>\\^`{|}]+$"
local SCHEMES = { "^https?://[^/]", "^mailto:[^/]" }
local MAX_DEPTH = 6 -- of lists and quotations within each other; Typst fails at about twice that
local MAX_ADDRESS = 2000 -- bytes of a link's address; Typst accepts no more than 8000
local MAX_COLUMNS = 100 -- of a table
local MAX_START = 10 ^ 6 -- number with which a list may begin

local function is_address(target)
  if #target > MAX_ADDRESS or not target:find(ADDRESS) then return false end
  if target:find("^#") then return target:sub(2):find(IDENTIFIER) ~= nil end
  for _, scheme in ipairs(SCHEMES) do
    if target:lower():find(scheme) then return true end
  end
  return false
end

-- Return the words of blocks as one paragraph.
local function to_paragraph(blocks) return pandoc.Para(pandoc.utils.blocks_to_inlines(blocks)) end

local used, reserved, dropped, widths -- of the current document

local function drop(kind, words) dropped[#dropped + 1] = { kind = kind, words = words } end

-- Ids that pandoc gives to notes of a web page.
local function is_of_note(name) return name == "footnotes" or name:find("^fn%d+$") or name:find("^fnref%d+$") end

local function is_available(name)
  if is_of_note(name) then return false end
  for _, id in ipairs(reserved) do
    if name == id or name:sub(1, #id + 1) == id .. "-" then return false end
  end
  return not used[name]
end

-- Report the attributes that are dropped: all but an identifier that is available, which is returned as the only
-- attribute. Pandoc itself gives classes to links whose words are their address.
local PANDOC_CLASSES = make_set("uri", "email")
local function keep_identifier(attr)
  for _, class in ipairs(attr.classes) do
    if not PANDOC_CLASSES[class] then drop("attribute", "." .. class) end
  end
  for key in pairs(attr.attributes) do drop("attribute", key) end
  local name = attr.identifier
  if name == "" then return nil end
  if not name:find(IDENTIFIER) or not is_available(name) then return drop("attribute", name) end
  used[name] = true
  return pandoc.Attr(name)
end

-- Return an element without attributes other than the classes that pandoc gives.
local function strip_attributes(element)
  keep_identifier(element.attr)
  element.attr = pandoc.Attr("", element.attr.classes:filter(function(class) return PANDOC_CLASSES[class] end))
  return element
end

-- Return an element with its identifier only, or its content where it has none that is available.
local function keep_target(element, make)
  local attr = keep_identifier(element.attr)
  return attr and make(element.content, attr) or element.content
end

-- A note holds paragraphs, or else their words.
local function keep_note(note)
  for _, block in ipairs(note.content) do
    if block.t ~= "Para" and block.t ~= "Plain" then
      drop("element", block.t)
      return pandoc.Note { to_paragraph(note.content) }
    end
  end
  return nil
end

-- Pandoc keeps every filter that it was ever given in memory, so these are made once.
-- Print the words of notes where no note may stand: a heading is repeated in contents, and a link holds no link.
local WITHOUT_NOTES = {
  Note = function(note)
    drop("note", "[^")
    return pandoc.utils.blocks_to_inlines(note.content)
  end,
}
local WITHOUT_TABLES = {
  Table = function(inner)
    drop("inner_table", "")
    return to_paragraph { inner }
  end,
}
-- Report a figure of a table for which its column is too narrow, by the `widths` of `markdown.py`.
local function report_crowded_figures(tbl)
  local shares, needs, widest, total = {}, {}, {}, 0
  for at, spec in ipairs(tbl.colspecs) do shares[at], needs[at] = spec[2], 0 end
  local function add(rows)
    for _, row in ipairs(rows) do
      for at, cell in ipairs(row.cells) do
        local text = pandoc.utils.stringify(cell.contents)
        local need = text:find("^[%d.,%%+-]+$") and #text * widths.digit + widths.insets or 0
        if needs[at] and need > needs[at] then needs[at], widest[at] = need, text end
      end
    end
  end
  add(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do add(body.body) end
  for _, need in ipairs(needs) do total = total + need end
  for at, need in ipairs(needs) do
    local share = type(shares[at]) == "number" and shares[at] > 0 and shares[at] * widths.text
    if need > 0 and (share and need > share or not share and total > widths.text) then return drop("crowded", widest[at]) end
  end
end

-- Tell whether a row of a table has no cell of its own, which Typst refuses.
local function has_empty_row(tbl)
  local rows = pandoc.List()
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do rows:extend(body.body) end
  return rows:find_if(function(row) return #row.cells == 0 end) ~= nil
end

local ALLOW = {
  Inline = function(inline)
    local kind = inline.t
    if kind == "Span" then return keep_target(inline, pandoc.Span) end
    if kind == "Link" and not is_address(inline.target) then
      drop("link", inline.target)
      return inline.content
    end
    if kind == "Link" then return strip_attributes(inline:walk(WITHOUT_NOTES)) end
    if kind == "Code" then return strip_attributes(inline) end
    if kind == "Note" then return keep_note(inline) end
    if INLINES[kind] then return nil end
    if kind == "Image" then
      drop("picture", inline.src)
      return inline.caption
    end
    drop("element", kind)
    return inline.content or pandoc.Str(inline.text or "")
  end,
  Block = function(block)
    local kind = block.t
    if kind == "Div" then return keep_target(block, pandoc.Div) end
    if kind == "Table" and #block.colspecs > MAX_COLUMNS then
      drop("width", tostring(#block.colspecs))
      return to_paragraph { block }
    end
    if kind == "Table" and has_empty_row(block) then
      drop("element", kind)
      return to_paragraph { block }
    end
    if kind == "OrderedList" and block.start > MAX_START then
      drop("number", "")
      block.start = 1
      return block
    end
    if kind == "Header" then return strip_attributes(block:walk(WITHOUT_NOTES)) end
    if kind == "Table" then
      if widths then report_crowded_figures(block) end
      return strip_attributes(block:walk(WITHOUT_TABLES))
    end
    if kind == "CodeBlock" then return strip_attributes(block) end
    if BLOCKS[kind] then return nil end
    drop("element", kind)
    return block.content or to_paragraph { block }
  end,
}

-- Replace what is nested deeper than `MAX_DEPTH` by plain words: writers and Typst work by recursion.
local function limit_depth(blocks, depth)
  local out = pandoc.List()
  for _, block in ipairs(blocks) do
    local kind = block.t
    local nests = kind == "BlockQuote" or kind == "Div"
    local items = (kind == "BulletList" or kind == "OrderedList") and block.content
    local entries = kind == "DefinitionList" and block.content
    if depth > MAX_DEPTH and (nests or items or entries) then
      drop("depth", "")
      block = to_paragraph { block }
    elseif nests then
      block.content = limit_depth(block.content, depth + 1)
    elseif items then
      for at, item in ipairs(items) do items[at] = limit_depth(item, depth + 1) end
      block.content = items
    elseif entries then
      for _, entry in ipairs(entries) do
        for at, definition in ipairs(entry[2]) do entry[2][at] = limit_depth(definition, depth + 1) end
      end
      block.content = entries
    end
    out:insert(block)
  end
  return out
end

-- Report notes without a reference, whose text pandoc drops, and references without a note, which are printed as text.
local function report_lone_notes(text)
  local references, definitions = {}, {}
  for before, key in ("\n" .. text):gmatch("(.?)%[%^([^%]%s]+)%]") do
    if before ~= "\\" then references[key] = (references[key] or 0) + 1 end
  end
  for key in ("\n" .. text):gmatch("\n[ >]*%[%^([^%]%s]+)%]:") do
    definitions[key] = (definitions[key] or 0) + 1
    if definitions[key] > 1 then drop("second_note", "[^" .. key .. "]:") end
  end
  for key, count in pairs(references) do
    if not definitions[key] then drop("missing_note", "[^" .. key .. "]") end
    if count == definitions[key] then drop("unused_note", "[^" .. key .. "]") end
  end
end

-- `read` is a function that returns pandoc's tree of a text. Returned are two functions. `begin` starts a document, some
-- identifiers of which are reserved for the page (those of tables, and all that begin with one of them); with `widths` it
-- reports figures of tables that are too long for their columns. `reduce` reads a text of the document and returns its
-- allowed blocks, and a list of what was dropped: each with its kind and the words by which it is found in the text.
-- Kinds are picture (its source), link (its target), attribute (its name),
-- element (its name), inner_table, depth, width, number, note (in a heading or link), crowded (a figure of a table,
-- which stays), and second_note, missing_note and unused_note.
return function(read)
  local function begin(identifiers, known_widths) used, reserved, widths = {}, identifiers, known_widths end
  local function reduce(text)
    dropped = {}
    if text:find("[^", 1, true) then report_lone_notes(text) end
    return pandoc.Blocks(limit_depth(read(text).blocks, 1)):walk(ALLOW), dropped
  end
  return begin, reduce
end
