-- The parts of a letter (GB/T 9704-2012, 7.2 to 7.4), which the page template of a kind marks with divisions: `redhead`,
-- `addressee`, `attachments` and `colophon`. Spans say what a paragraph of theirs holds.

-- Return the content of the spans of inlines by their class, those of class `name` as the list `names`, and all that is
-- in none of these as `rest`. White space at the ends is left out.
local function split_spans(inlines)
  local parts = { names = pandoc.List(), rest = pandoc.Inlines {} }
  for _, inline in ipairs(inlines) do
    local class = inline.t == "Span" and inline.classes[1]
    if class == "name" then
      parts.names:insert(inline.content)
    elseif class then
      parts[class] = inline.content
    elseif inline.t ~= "Space" or #parts.rest > 0 then
      parts.rest:insert(inline)
    end
  end
  while #parts.rest > 0 and parts.rest[#parts.rest].t == "Space" do parts.rest:remove() end
  return parts
end

-- Take the red head out of the page into its metadata, for templates that print it above the title.
local function raise_redhead(doc)
  local div, at = doc.blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("redhead") end)
  if not at then return nil end
  doc.blocks:remove(at)
  doc.meta.redhead = pandoc.MetaBlocks(div.content)
  return doc
end

-- Return whether the page has a division of a letter.
local CLASSES = { redhead = true, addressee = true, attachments = true, colophon = true }
local function is_letter(doc)
  return doc.blocks:find_if(function(block) return block.t == "Div" and CLASSES[block.classes[1]] or false end) ~= nil
end

return { is_letter = is_letter, split_spans = split_spans, raise_redhead = raise_redhead }
