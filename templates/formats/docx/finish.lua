-- What pandoc's Word writer cannot write: bullets that every font has, and room for the numbers of items; properties
-- that are true; and the facts that the document carries, as a custom XML part (ECMA-376 part 1, 15.2.5), which Word and
-- WPS keep when the file is edited.

local SCHEMA = "http://schemas.openxmlformats.org/"
local RELATIONS = SCHEMA .. "officeDocument/2006/relationships/"

local function xml(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

local HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

local function relation(id, kind, target)
  return ('<Relationship Id="%s" Type="%s%s" Target="%s"/>'):format(id, RELATIONS, kind, target)
end

local function carried(facts)
  local uri = "urn:nianbao:facts:1"
  return {
    { "customXml/item1.xml", HEAD .. '<facts xmlns="' .. uri .. '" type="application/toml">' .. xml(facts) .. "</facts>" },
    { "customXml/itemProps1.xml", HEAD
      .. '<ds:datastoreItem ds:itemID="{6E69616E-6261-6F00-8000-666163747331}" xmlns:ds="' .. SCHEMA
      .. 'officeDocument/2006/customXml"><ds:schemaRefs><ds:schemaRef ds:uri="' .. uri
      .. '"/></ds:schemaRefs></ds:datastoreItem>' },
    { "customXml/_rels/item1.xml.rels", HEAD .. '<Relationships xmlns="' .. SCHEMA .. 'package/2006/relationships">'
      .. relation("rId1", "customXmlProps", "itemProps1.xml") .. "</Relationships>" },
  }
end

-- Insert text into a part before its closing tag; if pandoc no longer writes the part as expected, the build fails.
local function before(text, closing, added)
  local out, count = text:gsub(closing, function(tag) return added .. tag end)
  assert(count == 1, "no single " .. closing)
  return out
end

-- The writer takes its bullets from the fonts Symbol, Courier New and Wingdings, which many machines do not have.
local BULLETS = { ["\u{F0B7}"] = "•", ["o"] = "◦", ["\u{F0A7}"] = "▪" }
-- An item's number has 24 pt in place of 18, which 10 and what follows fill in wide fonts.
local function change_lists(numbering)
  return (numbering:gsub('w:hanging="360"', 'w:hanging="480"'):gsub("<w:lvl .-</w:lvl>", function(level)
    local start, bullet, rest = level:match('^(.*<w:lvlText w:val=")([^"]*)(".*)<w:rPr>.*</w:rPr></w:lvl>$')
    return BULLETS[bullet] and start .. BULLETS[bullet] .. rest .. "</w:lvl>"
  end))
end

-- Give each section of pages the paper, header and footer of the document, turned for those in landscape. A cover has no
-- page number; the pages behind it are counted from 1.
local function fill_sections(text)
  local last = text:match(".*<w:sectPr[^>]*>(.-)</w:sectPr>")
  local function value(name) return last:match("<w:pg%u%l+ [^>]-w:" .. name .. '="(%d+)"') end
  local turned = last
    :gsub("<w:pgSz [^>]*>", ('<w:pgSz w:w="%s" w:h="%s" w:orient="landscape"/>'):format(value("h"), value("w")))
    :gsub("<w:pgMar [^>]*>", function(margins)
      local names = { top = "left", right = "top", bottom = "right", left = "bottom" }
      return (margins:gsub("w:(%l+)=\"(%d+)\"", function(name, old)
        return ('w:%s="%s"'):format(name, names[name] and value(names[name]) or old)
      end))
    end)
  local counts = false -- whether the next section counts its pages from 1
  local ends_turned = false -- whether the last section is in landscape
  local function count_pages(section)
    local added = counts and '%0<w:pgNumType w:start="1"/>' or "%0"
    counts = false
    return (section:gsub("<w:pgMar [^>]*>", added))
  end
  text = text:gsub('<w:sectPr w:rsidR="0000000(%u)" */>', function(kind)
    local section = kind == "C" and last:gsub("<w:footerReference [^>]*>", "") or count_pages(kind == "B" and turned or last)
    counts = counts or kind == "C"
    ends_turned = ends_turned or kind == "E"
    return "<w:sectPr>" .. section .. "</w:sectPr>"
  end)
  local start = text:match(".*()<w:sectPr")
  local rest = text:sub(start):gsub("^(<w:sectPr[^>]*>).-(</w:sectPr>)", function(opening, closing)
    return opening .. count_pages(ends_turned and turned or last) .. closing
  end)
  return text:sub(1, start - 1) .. rest
end

-- Number the changes that Word tracks; pandoc numbers those of each kind anew.
local function number_changes(text)
  local number = 0
  return (text:gsub('(<w:%l%l%l w:id=")%d+(" w:author=)', function(before, after)
    number = number + 1
    return before .. number .. after
  end))
end

-- The first paragraph behind a heading is as any other. A table of prose is as wide as the text.
local function change_body(text)
  return (text:gsub('<w:pStyle w:val="FirstParagraph" />', '<w:pStyle w:val="BodyText" />')
    :gsub('<w:tblW w:type="auto" w:w="0" />', '<w:tblW w:type="pct" w:w="5000" />'))
end

local APPLICATION = HEAD .. '<Properties xmlns="' .. SCHEMA .. 'officeDocument/2006/extended-properties">'
  .. "<Application>nianbao</Application></Properties>"

-- The writer repeats metadata of the page that only templates need as properties of the document.
local CUSTOM = "docProps/custom.xml"
local function leave_out_custom(text)
  return (text:gsub('<Override PartName="/' .. CUSTOM .. '"[^>]*>', ""):gsub('<Relationship [^>]*Target="' .. CUSTOM .. '"[^>]*>', ""))
end

return function(content, variables)
  local facts = variables.facts
  local changes = {
    ["word/numbering.xml"] = change_lists,
    ["word/document.xml"] = function(text)
      text = change_body(variables.layout and fill_sections(text) or text)
      return variables.revisions and number_changes(text) or text
    end,
    ["docProps/app.xml"] = function() return APPLICATION end, -- the writer's says that Word counted words and pages
    ["_rels/.rels"] = leave_out_custom,
    ["[Content_Types].xml"] = leave_out_custom,
  }
  if facts then
    changes["word/_rels/document.xml.rels"] = function(text)
      return before(text, "</Relationships>", relation("rIdFacts", "customXml", "../customXml/item1.xml"))
    end
    changes["[Content_Types].xml"] = function(text)
      return before(leave_out_custom(text), "</Types>", '<Override PartName="/customXml/itemProps1.xml" '
        .. 'ContentType="application/vnd.openxmlformats-officedocument.customXmlProperties+xml"/>')
    end
  end
  if not variables.asian then -- pandoc's theme names Chinese, Japanese and other fonts, of which nothing is set
    changes["word/theme/theme1.xml"] = function(text) return (text:gsub('<a:font script="[^>]*/>', "")) end
  end
  local entries = pandoc.List()
  for _, entry in ipairs(pandoc.zip.Archive(content).entries) do
    local change = changes[entry.path]
    changes[entry.path] = nil
    if entry.path ~= CUSTOM then
      entries:insert(change and pandoc.zip.Entry(entry.path, change(entry:contents()), entry.modtime) or entry)
    end
  end
  assert(next(changes) == nil, next(changes))
  for _, part in ipairs(facts and carried(facts) or {}) do
    entries:insert(pandoc.zip.Entry(part[1], part[2], entries[1].modtime))
  end
  return pandoc.zip.Archive(entries):bytestring()
end
