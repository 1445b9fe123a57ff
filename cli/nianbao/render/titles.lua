-- Lines of a title that is wider than the text, for formats whose programs fill line after line: lines of about the same
-- width, as the PDF has them.

local NOT_FIRST, NOT_LAST = {}, {} -- signs that do not begin, or end, a line
for _, code in utf8.codes("，。、；：？！）〉》」』】〕〗”’…—·,.;:?!)]}%") do NOT_FIRST[code] = true end
for _, code in utf8.codes("（〈《「『【〔〖“‘([{") do NOT_LAST[code] = true end

local function em_of(code) return code < 0x2000 and 0.55 or 1 end -- of the digits of the free faces, which the PDF has

-- Return the runs of a text that are never broken, each with its width in em: a wide character, or a word of others.
local function split_runs(text)
  local runs, joins = pandoc.List(), false
  for _, code in utf8.codes(text) do
    local is_word = code < 0x2000 and code ~= 32
    local last = runs[#runs]
    if last and (joins or NOT_FIRST[code] or is_word and last.is_word) then
      last.text, last.em, last.is_word = last.text .. utf8.char(code), last.em + em_of(code), is_word
    else
      runs:insert { text = utf8.char(code), em = em_of(code), is_word = is_word }
    end
    joins = NOT_LAST[code]
  end
  return runs
end

local NEAR = 4 -- runs by which a line may end before or after the others

-- Return the function that tells whether a name ends with a run, by the characters with which names end, and the words
-- that begin with one of these.
local function make_test(breaks)
  local ends, words = {}, {}
  for _, code in utf8.codes(breaks.ends) do ends[utf8.char(code)] = true end
  for _, word in ipairs(breaks.words) do words[word] = true end
  return function(runs, at)
    local last, following = pandoc.text.sub(runs[at].text, -1), pandoc.text.sub(runs[at + 1].text, 1, 1)
    return ends[last] and not words[last .. following]
  end
end

-- Return the last run of a line that begins with one: where about as much is left for each other line, but with the end
-- of a name near that. `wide` is what all runs from the first take, for so many lines (`count`) of the width `full`.
local function find_end(runs, first, wide, count, full, ends_name)
  local most, reach, em = math.min(full, wide / count + 1), {}, 0
  local at = first
  for number = first, #runs do
    em = em + runs[number].em
    reach[number] = em
    if em <= most then at = number end
  end
  for away = 0, NEAR do
    for _, near in ipairs { at - away, at + away } do
      local fits = near > first and near < #runs and reach[near] <= full and wide - reach[near] <= (count - 1) * (full - 1)
      if fits and ends_name(runs, near) then return near, reach[near] end
    end
  end
  return at, reach[at]
end

-- Break inlines without markup into lines, where they are wider than `full`, in em.
local function break_line(inlines, full, ends_name)
  local runs, wide = split_runs(pandoc.utils.stringify(inlines)), 0
  for _, run in ipairs(runs) do wide = wide + run.em end
  local lines, first, count = pandoc.List(), 1, math.ceil(wide / full)
  while first <= #runs do
    local last, em = find_end(runs, first, wide, math.max(1, count), full, ends_name)
    local words = ""
    for at = first, last do words = words .. runs[at].text end
    words = words:gsub("^ +", ""):gsub(" +$", "")
    if words ~= "" then lines:insert(pandoc.MetaInlines(pandoc.Inlines(words))) end
    first, wide, count = last + 1, wide - em, count - 1
  end
  return lines
end

-- Set the lines of the title in metadata, where one of them is wider than the text of a page. `full` is that in em.
return function(meta, variables)
  local look, ends_name = variables.look, make_test(variables.title_breaks)
  local page = look.page
  local full = (page.width - page.left - page.right) * 72 / 25.4 / look.title.size
  local given = meta.titlelines or meta.title and pandoc.List { meta.title } or pandoc.List()
  local lines = pandoc.List()
  for _, line in ipairs(given) do
    local broken = break_line(line, full, ends_name)
    lines:extend(#broken > 1 and broken or { line })
  end
  if #lines > #given then meta.titlelines = pandoc.MetaList(lines) end
  return meta
end
