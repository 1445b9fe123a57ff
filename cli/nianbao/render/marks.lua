-- Texts with marks, which are written once and filled again and again.

-- Split a text at its marks: the texts between them, and the numbers of the marks. Formats know it as `pieces`.
local function split(text, mark)
  local out, from = {}, 1
  for start, number, stop in text:gmatch("()" .. mark .. "()") do
    out[#out + 1] = text:sub(from, start - 1)
    out[#out + 1] = tonumber(number)
    from = stop
  end
  out[#out + 1] = text:sub(from)
  return out
end

-- Join what `split` returned, with a text for each mark.
local function fill(parts, texts, escape)
  local out = {}
  for at, part in ipairs(parts) do
    out[at] = type(part) ~= "number" and part or escape and escape(texts[part]) or texts[part]
  end
  return table.concat(out)
end

return { split = split, fill = fill }
