-- What must be known of pandoc's Word writer to fill a document that it wrote, as a template, with the texts of another.

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

return {
  part = "word/document.xml",
  tables = "openxml",
  words = { title = true, titlelines = true, author = true },
  styles = { Closing = true, ["Closing Long"] = true, Emphasis = true }, -- of the reference document; others would be added to it
  text = function(text) return (text:gsub("[&<>\"']", ENTITIES)) end,
  variable = function(text) return (text:gsub("[&<>]", ENTITIES)) end, -- see finish.lua
  -- The writer writes words with a Chinese character differently from others. Of a text it distinguishes nothing else
  -- but where words end, and soft hyphens.
  mark = function(text)
    if text:find("^[!-~]+$") then return "TEXT%dE" end
    local parted = text:find("[%c ]") or text:find("\xC2[\x80-\xAF]") or text:find("\xE1\x9A\x80")
      or text:find("\xE2\x80[\x80-\x8A\xA8-\xAF]") or text:find("\xE2\x81\x9F") or text:find("\u{3000}", 1, true)
    return not parted and text:find("[\xE5-\xE9]") and "TEXT字%dE" or nil
  end,
}
