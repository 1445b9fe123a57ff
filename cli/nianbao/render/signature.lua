-- Where the lines of a signature stand (GB/T 9704-2012, 7.3.5), for formats whose programs cannot measure text: a wide
-- character takes one em, any other half of that.

local function width_of(block)
  local em = 0
  for _, code in utf8.codes(pandoc.utils.stringify(block)) do em = em + (code < 0x2000 and 0.5 or 1) end
  return em
end

local function is_paragraph(block) return block and (block.t == "Para" or block.t == "Plain") end

-- Return the lines of a signature, the names and then the day of issue: the text, indents (left, right) in em, and how
-- the line is aligned. `full` is the width of the text in em.
local function lay_out(lines, look, full)
  local form, indent = look.signature.form, tonumber(look.signature.indent)
  local day, longest = width_of(lines[#lines]), 0
  for at = 1, #lines - 1 do longest = math.max(longest, math.min(full, width_of(lines[at]))) end
  local out = pandoc.List()
  for at, line in ipairs(lines) do
    local left, right, align = 0, indent, "right"
    if form == "seal" then -- the day of issue is centred below long names
      right = math.max(indent, (longest - day) / 2)
      if at < #lines then left, right, align = math.max(0, full - day - 2 * right), 0, "center" end
    elseif form == "plain" then
      left, right, align = math.max(0, full - indent - math.max(longest, day + 2)), 0, "left"
      if at == #lines then left = left + 2 end
    end
    out:insert { text = pandoc.utils.stringify(line), left = left, right = right, align = align }
  end
  return out
end

-- Replace the signature among the blocks of a page by what `write` returns for its lines, and then the last paragraphs
-- before it, of which two lines stay with it on a page, by what `keep` returns for each, the lines that it takes, and
-- whether it is the last. Return nil where there is none.
return function(blocks, look, write, keep)
  local div, at = blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("signature") end)
  if not at then return nil end
  local size, page = tonumber(look.body.size), look.page
  local full = (page.width - page.left - page.right) * 72 / 25.4 / size
  local out = blocks:clone()
  local function lines_of(block) return is_paragraph(block) and math.ceil((width_of(block) + look.body.indent) / full) or 0 end
  local last, before = lines_of(out[at - 1]), lines_of(out[at - 2])
  out[at] = write(lay_out(div.content:filter(is_paragraph), look, full), size)
  if last == 1 and before > 0 then out[at - 2] = keep(out[at - 2], before, false) end
  if last > 0 then out[at - 1] = keep(out[at - 1], last, true) end
  return out
end
