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

-- Return a function that runs a Lua file of a format: it returns what the file returns, and the globals that it has set.
-- `functions` are what the file can call besides Lua's and pandoc's own, by name; `prepare` is applied to what it gives to
-- pandoc's writers; `get_page` returns the variables of the page and the replacements of characters that no font has,
-- which the file knows by the name PRESS.
return function(functions, prepare, get_page)
  local function make_globals()
    local own = copy(_G, GLOBALS)
    for name in LIBRARIES:gmatch("%S+") do own[name] = deep_copy(_G[name]) end
    for name, value in pairs(functions) do own[name] = value end
    own.os = copy(os, "date")
    own.pandoc = deep_copy(pandoc)
    for name in WITHHELD:gmatch("%S+") do own.pandoc[name] = nil end
    own.pandoc.utils = copy(pandoc.utils, UTILS)
    own.pandoc.zip = copy(pandoc.zip, "Archive Entry")
    own.pandoc.read = function(text, format, options) return pandoc.read(text, format, options, {}) end -- {}: no files
    own.pandoc.write = function(doc, format) return pandoc.write(prepare(doc), format, { wrap_text = "none" }) end
    return own
  end

  return function(path)
    local own, globals = make_globals(), {}
    local known = function(_, name) return name == "PRESS" and get_page() or own[name] end -- PRESS is another for each page
    return assert(loadfile(path, "t", setmetatable(globals, { __index = known })))(), globals
  end
end
