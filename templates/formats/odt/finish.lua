-- What pandoc's OpenDocument writer cannot write: the language of Latin letters and digits, which it sets to that of the
-- document, so that numbers were split at the ends of lines; properties that are true; what pictures show in words; and
-- the facts that the document carries, as a file of the package (OpenDocument 1.3 part 2, 3.3).

local FACTS = "facts.toml"

-- LibreOffice keeps a row with the next one, and stretches no line that is broken by hand, only where a document asks for
-- that, as those from Word do.
local SETTINGS = '<?xml version="1.0" encoding="UTF-8"?>\n<office:document-settings xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
  .. 'xmlns:ooo="http://openoffice.org/2004/office" xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0" office:version="1.3"><office:settings>'
  .. '<config:config-item-set config:name="ooo:configuration-settings"><config:config-item config:name="TableRowKeep" '
  .. 'config:type="boolean">true</config:config-item><config:config-item config:name="DoNotJustifyLinesWithManualBreak" '
  .. 'config:type="boolean">true</config:config-item><config:config-item config:name="AddParaTableSpacing" '
  .. 'config:type="boolean">false</config:config-item></config:config-item-set></office:settings></office:document-settings>'

local function entry_of(path, media_type)
  return '<manifest:file-entry manifest:media-type="' .. media_type .. '" manifest:full-path="' .. path .. '" />'
end

local function replace_one(text, old, new)
  local out, count = text:gsub(old, function() return new end)
  assert(count == 1, "no single " .. old)
  return out
end

local function describe_pictures(text, pictures)
  local number = 0
  return (text:gsub("(<draw:image [^>]*/>)</draw:frame>", function(image)
    number = number + 1
    local words = pictures[number].description:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })
    return image .. "<svg:desc>" .. words .. "</svg:desc></draw:frame>"
  end))
end

-- A list is followed by the gap of paragraphs, of which its items have none between them. An item's number has 24 pt in
-- place of 18, which 10 and what follows fill in wide fonts.
local function change_lists(text, gap)
  local spaced = ('fo:margin-top="0pt" fo:margin-bottom="%gpt" style:contextual-spacing="true"'):format(gap)
  return (text:gsub('fo:margin%-top="0in" fo:margin%-bottom="0in"', spaced):gsub('fo:text%-indent="%-0%.25in"', 'fo:text-indent="-24pt"'))
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
  changes["content.xml"] = function(text)
    text = change_lists(text, variables.look.body.gap)
    return variables.pictures and describe_pictures(text, variables.pictures) or text
  end
  changes["META-INF/manifest.xml"] = function(text)
    local added = entry_of("settings.xml", "text/xml") .. (variables.facts and entry_of(FACTS, "application/toml") or "")
    return replace_one(text, "</manifest:manifest>", added .. "</manifest:manifest>")
  end
  local entries = pandoc.List()
  for _, entry in ipairs(pandoc.zip.Archive(content).entries) do
    local change = changes[entry.path]
    entries:insert(change and pandoc.zip.Entry(entry.path, change(entry:contents()), entry.modtime) or entry)
  end
  entries:insert(pandoc.zip.Entry("settings.xml", SETTINGS, entries[1].modtime))
  if variables.facts then entries:insert(pandoc.zip.Entry(FACTS, variables.facts, entries[1].modtime)) end
  return pandoc.zip.Archive(entries):bytestring()
end
