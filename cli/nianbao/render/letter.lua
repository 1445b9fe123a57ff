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

-- Return how wide a text is, in em: a wide character takes one, any other half of that.
local function width_of(content)
  local em = 0
  for _, code in utf8.codes(pandoc.utils.stringify(content)) do em = em + (code < 0x2000 and 0.5 or 1) end
  return em
end

-- Return the lines that the number and the signers take in a text `full` em wide, for programs that cannot measure text.
-- Two signers stand in a line, the first of which begins with their label; the last has the number, and is centred where
-- nobody signs. In `stops` a line has the places, in em, where the number, the label and two names begin.
local function lay_out_number(parts, full, indent)
  local signers, widest = split_spans(parts.signers or {}), { 0, 0 }
  local names = signers.names
  for at, name in ipairs(names) do widest[2 - at % 2] = math.max(widest[2 - at % 2], width_of(name)) end
  local first = full - indent - widest[1] - (#names > 1 and widest[2] + 1 or 0)
  local stops = { indent, first - width_of(signers.rest), first, first + widest[1] + 1 }
  local lines, count = pandoc.List(), math.max(1, math.ceil(#names / 2))
  for at = 1, count do
    lines:insert {
      label = at == 1 and #names > 0 and signers.rest or nil, number = at == count and parts.number or nil,
      names = pandoc.List { names[2 * at - 1], names[2 * at] }, stops = #names > 0 and stops or nil,
    }
  end
  return lines
end

-- Return the raw text of a red head: what `write_mark` returns for each name of an office and its place among them, and
-- `write_number` for the parts of the paragraph with the number.
local function write_redhead(div, write_mark, write_number)
  local out = {}
  for at, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    out[at] = parts.number and write_number(parts) or write_mark(paragraph.content, at)
  end
  return table.concat(out)
end

-- Return whether the page has a division of a letter.
local CLASSES = { redhead = true, addressee = true, attachments = true, colophon = true }
local function is_letter(doc)
  return doc.blocks:find_if(function(block) return block.t == "Div" and CLASSES[block.classes[1]] or false end) ~= nil
end

return {
  is_letter = is_letter, split_spans = split_spans, raise_redhead = raise_redhead, width_of = width_of,
  lay_out_number = lay_out_number, write_redhead = write_redhead,
}
