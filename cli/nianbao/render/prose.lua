-- Prose is data: of the tree that pandoc reads from it only what is listed here reaches a writer. Everything else is
-- replaced by the words that it holds, and reported.

local function set(...)
  local out = {}
  for _, name in ipairs { ... } do out[name] = true end
  return out
end

local BLOCKS = set("Para", "Plain", "BulletList", "OrderedList", "DefinitionList", "BlockQuote", "HorizontalRule")
local INLINES = set("Str", "Space", "SoftBreak", "LineBreak", "Emph", "Strong")
local IDENTIFIER = "^%a[%w_-]*$" -- what every format takes for the name of a place
local ADDRESS = "^[^%c%s\"'<>\\^`{|}]+$"
local SCHEMES = { "^https?://[^/]", "^mailto:[^/]" }
local DEPTH = 6 -- of lists and quotations within each other; Typst gives up at about twice that
local LONG = 2000 -- bytes of an address; Typst takes no more than 8000
local WIDE = 100 -- columns of a table
local FIRST = 10 ^ 6 -- highest number that a list may begin with

local function is_address(target)
  if #target > LONG or not target:find(ADDRESS) then return false end
  if target:find("^#") then return target:sub(2):find(IDENTIFIER) ~= nil end
  for _, scheme in ipairs(SCHEMES) do
    if target:lower():find(scheme) then return true end
  end
  return false
end

-- The words of blocks, as one paragraph.
local function words_of(blocks) return pandoc.Para(pandoc.utils.blocks_to_inlines(blocks)) end

local used, reserved, left_out -- of the document at hand

local function leave(kind, words) left_out[#left_out + 1] = { kind = kind, words = words } end

local function is_free(name)
  for _, id in ipairs(reserved) do
    if name == id or name:sub(1, #id + 1) == id .. "-" then return false end
  end
  return not used[name]
end

-- Of attributes only the name of a place is kept. Pandoc itself gives classes to addresses that stand for themselves.
local OF_PANDOC = set("uri", "email")
local function place_of(attr)
  for _, class in ipairs(attr.classes) do
    if not OF_PANDOC[class] then leave("attribute", "." .. class) end
  end
  for key in pairs(attr.attributes) do leave("attribute", key) end
  local name = attr.identifier
  if name == "" then return nil end
  if not name:find(IDENTIFIER) or not is_free(name) then return leave("attribute", name) end
  used[name] = true
  return pandoc.Attr(name)
end

local function bare(element)
  place_of(element.attr)
  element.attr = pandoc.Attr("", element.attr.classes:filter(function(class) return OF_PANDOC[class] end))
  return element
end

local function placed(element, make)
  local attr = place_of(element.attr)
  return attr and make(element.content, attr) or element.content
end

-- Pandoc keeps every filter that it was ever given, so this one is made once.
local REDUCED = {
  Inline = function(inline)
    local kind = inline.t
    if kind == "Span" then return placed(inline, pandoc.Span) end
    if kind == "Link" and not is_address(inline.target) then
      leave("link", inline.target)
      return inline.content
    end
    if kind == "Link" or kind == "Code" then return bare(inline) end
    if INLINES[kind] then return nil end
    if kind == "Image" then
      leave("picture", inline.src)
      return inline.caption
    end
    leave("element", kind)
    return inline.content or pandoc.Str(inline.text or "")
  end,
  Block = function(block)
    local kind = block.t
    if kind == "Div" then return placed(block, pandoc.Div) end
    if kind == "Table" and #block.colspecs > WIDE then
      leave("width", tostring(#block.colspecs))
      return words_of { block }
    end
    if kind == "OrderedList" and block.start > FIRST then
      leave("number", "")
      block.start = 1
      return block
    end
    if kind == "Header" or kind == "CodeBlock" or kind == "Table" then return bare(block) end
    if BLOCKS[kind] then return nil end
    leave("element", kind)
    return block.content or words_of { block }
  end,
}

-- What is nested deeper than that becomes plain words: writers and Typst work by recursion.
local function shallow(blocks, depth)
  local out = pandoc.List()
  for _, block in ipairs(blocks) do
    local kind = block.t
    local nests = kind == "BlockQuote" or kind == "Div"
    local items = (kind == "BulletList" or kind == "OrderedList") and block.content
    local entries = kind == "DefinitionList" and block.content
    if depth > DEPTH and (nests or items or entries) then
      leave("depth", "")
      block = words_of { block }
    elseif nests then
      block.content = shallow(block.content, depth + 1)
    elseif items then
      for at, item in ipairs(items) do items[at] = shallow(item, depth + 1) end
      block.content = items
    elseif entries then
      for _, entry in ipairs(entries) do
        for at, definition in ipairs(entry[2]) do entry[2][at] = shallow(definition, depth + 1) end
      end
      block.content = entries
    end
    out:insert(block)
  end
  return out
end

-- `read` is a function of a text, which gives pandoc's tree. Returned are two functions: one begins a document, of
-- which some names of places belong to the page (those of tables, and all that begin with one of them); the other
-- reads a text of it and gives its blocks, and what was left out of them: each with its kind and the words by which it
-- is found in the text. Kinds are picture (its source), link (its target), attribute (its name), element (its name),
-- depth, width and number.
return function(read)
  local function begin(names) used, reserved = {}, names end
  local function reduce(text)
    left_out = {}
    return pandoc.Blocks(shallow(read(text).blocks, 1)):walk(REDUCED), left_out
  end
  return begin, reduce
end
