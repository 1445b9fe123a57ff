-- The filters of a Lua file of a format, in the shapes that pandoc takes: one table of functions named as elements, a list
-- of such tables, or, where the file returns nothing, global functions of these names.

local ELEMENTS = {}
for name in ([[
  Pandoc Meta Blocks Inlines Block Inline
  BlockQuote BulletList CodeBlock DefinitionList Div Figure Header HorizontalRule LineBlock OrderedList Para Plain RawBlock
  Table Cite Code Emph Image LineBreak Link Math Note Quoted RawInline SmallCaps SoftBreak Space Span Str Strikeout Strong
  Subscript Superscript Underline
]]):gmatch("%S+") do ELEMENTS[name] = true end

-- Raise an error at the line where a function begins; without one at the first line of the file.
local function refuse(path, name, value)
  local line = type(value) == "function" and debug.getinfo(value, "S").linedefined or 1
  error(("%s:%d: no element is called %s, so that this filter does nothing"):format(path, line, name), 0)
end

-- Copy the functions of a table that are named as elements, and how they go through the tree.
local function choose(from)
  local filter, count = { traverse = from.traverse }, 0
  for name, value in pairs(from) do
    if ELEMENTS[name] then filter[name], count = value, count + 1 end
  end
  return filter, count
end

-- Return a list of filters; `returned` and `globals` are what the file at `path` returns and sets.
local function load_filters(path, returned, globals)
  if returned ~= nil and type(returned) ~= "table" then
    error(("%s:1: a filter returns a table of functions, or a list of these"):format(path), 0)
  end
  local filters, all = pandoc.List(), 0
  for _, from in ipairs(returned and #returned > 0 and returned or { returned or globals }) do
    local filter, count = choose(from)
    filters:insert(filter)
    all = all + count
    if returned then
      for name, value in pairs(from) do
        if type(value) == "function" and not ELEMENTS[name] then refuse(path, name, value) end
      end
    end
  end
  if all == 0 then
    for name, value in pairs(returned or globals) do
      if type(value) == "function" then refuse(path, name, value) end
    end
    refuse(path, "as a function of the file", nil)
  end
  return filters
end

local SECONDS = 10 -- less than a page may take, so that it is the filter that is named
local INSTRUCTIONS = 10000000 -- of Lua, between two looks at the clock

-- Apply the filters of a format; one that does not end is an error at the line where it is.
local function apply_filters(doc, filters)
  local start = os.time()
  debug.sethook(function()
    if os.time() - start < SECONDS then return end
    debug.sethook()
    error(("not ended after %d seconds"):format(SECONDS), 2)
  end, "", INSTRUCTIONS)
  for _, filter in ipairs(filters or {}) do doc = doc:walk(filter) end
  debug.sethook()
  return doc
end

return { load = load_filters, apply = apply_filters }
