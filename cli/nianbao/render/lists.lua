-- Lists as official documents have them (GB/T 9704-2012, 7.3.3): every item begins a paragraph as any other, with its
-- number as it was written, and without bullets.

local ROMAN = { { 1000, "m" }, { 900, "cm" }, { 500, "d" }, { 400, "cd" }, { 100, "c" }, { 90, "xc" }, { 50, "l" },
  { 40, "xl" }, { 10, "x" }, { 9, "ix" }, { 5, "v" }, { 4, "iv" }, { 1, "i" } }

local function to_roman(number)
  local out = ""
  for _, pair in ipairs(ROMAN) do
    out, number = out .. pair[2]:rep(number // pair[1]), number % pair[1]
  end
  return out
end

local function to_letters(number)
  local out = ""
  while number > 0 do
    out, number = string.char(97 + (number - 1) % 26) .. out, (number - 1) // 26
  end
  return out
end

local WRITE = {
  LowerRoman = to_roman, UpperRoman = function(number) return to_roman(number):upper() end,
  LowerAlpha = to_letters, UpperAlpha = function(number) return to_letters(number):upper() end,
}
local DELIMIT = { OneParen = "%s)", TwoParens = "(%s)" }

-- Return the number of an item of a numbered list, as it is printed.
local function number_of(list, at)
  local write = WRITE[list.style] or tostring
  return (DELIMIT[list.delimiter] or "%s."):format(write(math.tointeger(list.start) + at - 1))
end

local function with_role(blocks, role) return pandoc.Div(blocks, pandoc.Attr("", {}, { role = role })) end

-- Return a list as paragraphs, the first of each item beginning with its number, in divisions that say what they are.
local function to_paragraphs(list)
  local items = pandoc.List()
  for at, item in ipairs(list.content) do
    local blocks = pandoc.List()
    for _, block in ipairs(item) do blocks:insert(block.t == "Plain" and pandoc.Para(block.content) or block) end
    if list.t == "OrderedList" then
      local number = pandoc.Str(number_of(list, at))
      if blocks[1] and blocks[1].t == "Para" then
        blocks[1].content:insert(1, number)
      else
        blocks:insert(1, pandoc.Para { number })
      end
    end
    items:insert(with_role(blocks, "listitem"))
  end
  return with_role(items, "list")
end

-- Terms are paragraphs too, each before the paragraphs of its definitions.
local function terms_to_paragraphs(list)
  local blocks = pandoc.List()
  for _, entry in ipairs(list.content) do
    blocks:insert(pandoc.Para(entry[1]))
    for _, definition in ipairs(entry[2]) do
      for _, block in ipairs(definition) do blocks:insert(block.t == "Plain" and pandoc.Para(block.content) or block) end
    end
  end
  return blocks
end

return {
  number_of = number_of,
  filter = { BulletList = to_paragraphs, OrderedList = to_paragraphs, DefinitionList = terms_to_paragraphs },
}
