-- What pandoc's OpenDocument writer cannot write: the language of Latin letters and digits, which it sets to that of the
-- document, so that numbers were split at the ends of lines; properties that are true; and the facts that the document
-- carries, as a file of the package (OpenDocument 1.3 part 2, 3.3).

local FACTS = "facts.toml"

local function replace_one(text, old, new)
  local out, count = text:gsub(old, function() return new end)
  assert(count == 1, "no single " .. old)
  return out
end

return function(content, variables)
  local changes = {
    -- The writer repeats metadata that only templates need.
    ["meta.xml"] = function(text) return (text:gsub("%s*<meta:user%-defined [^>]*>.-</meta:user%-defined>", "")) end,
  }
  if variables.asian then
    changes["styles.xml"] = function(text)
      return (text:gsub('fo:country="%u%u"', 'fo:country="US"'):gsub('fo:language="%l+"', 'fo:language="en"'))
    end
  end
  if variables.facts then
    changes["META-INF/manifest.xml"] = function(text)
      local entry = '<manifest:file-entry manifest:media-type="application/toml" manifest:full-path="' .. FACTS .. '" />'
      return replace_one(text, "</manifest:manifest>", entry .. "</manifest:manifest>")
    end
  end
  local entries = pandoc.List()
  for _, entry in ipairs(pandoc.zip.Archive(content).entries) do
    local change = changes[entry.path]
    entries:insert(change and pandoc.zip.Entry(entry.path, change(entry:contents()), entry.modtime) or entry)
  end
  if variables.facts then entries:insert(pandoc.zip.Entry(FACTS, variables.facts, entries[1].modtime)) end
  return pandoc.zip.Archive(entries):bytestring()
end
