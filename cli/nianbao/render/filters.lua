-- The filters of a Lua file of a format, in the shapes that pandoc takes: one table of functions named as elements, a list
-- of such tables, or, where the file returns nothing, global functions of these names. Besides these it may have the
-- function `FormTable`, which writes a form's table.

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

-- Return a list of filters, and the function `FormTable`; `returned` and `globals` are what the file at `path` returns and
-- sets.
local function load_filters(path, returned, globals)
  if returned ~= nil and type(returned) ~= "table" then
    error(("%s:1: a filter returns a table of functions, or a list of these"):format(path), 0)
  end
  local filters, all, write_table = pandoc.List(), 0, nil
  for _, from in ipairs(returned and #returned > 0 and returned or { returned or globals }) do
    local filter, count = choose(from)
    filters:insert(filter)
    all = all + count
    write_table = from.FormTable or write_table
    if returned then
      for name, value in pairs(from) do
        if type(value) == "function" and not ELEMENTS[name] and name ~= "FormTable" then refuse(path, name, value) end
      end
    end
  end
  if all == 0 and not write_table then
    for name, value in pairs(returned or globals) do
      if type(value) == "function" then refuse(path, name, value) end
    end
    refuse(path, "as a function of the file", nil)
  end
  return filters, write_table
end

local SECONDS = 10 -- of the processor, less than a page may take, so that it is the filter that is named
local INSTRUCTIONS = 10000000 -- of Lua, between two looks at the clock

-- Call a function of a format; one that does not end is an error at the line where it is.
local function call(work, argument)
  local start = os.clock()
  debug.sethook(function()
    if os.clock() - start < SECONDS then return end
    debug.sethook()
    error(("not ended after %d seconds"):format(SECONDS), 2)
  end, "", INSTRUCTIONS)
  local made = work(argument)
  debug.sethook()
  return made
end

-- Apply the filters of a format.
local function apply_filters(doc, filters)
  return call(function(made)
    for _, filter in ipairs(filters or {}) do made = made:walk(filter) end
    return made
  end, doc)
end

return { load = load_filters, call = call, apply = apply_filters }
