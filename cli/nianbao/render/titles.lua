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

-- Break inlines without markup into lines, where they are wider than `full`, in em.
local function break_line(inlines, full)
  local text, wide = pandoc.utils.stringify(inlines), 0
  local runs = split_runs(text)
  for _, run in ipairs(runs) do wide = wide + run.em end
  local most = math.min(full, wide / math.ceil(wide / full) + 1)
  local lines, line, em = pandoc.List(), "", 0
  for _, run in ipairs(runs) do
    if line ~= "" and em + run.em > most then
      lines:insert((line:gsub(" +$", "")))
      line, em = "", 0
    end
    if line ~= "" or run.text ~= " " then line, em = line .. run.text, em + run.em end
  end
  lines:insert(line)
  return lines:map(function(words) return pandoc.MetaInlines(pandoc.Inlines(words)) end)
end

-- Set the lines of the title in metadata, where one of them is wider than the text of a page. `full` is that in em.
return function(meta, look)
  local page = look.page
  local full = (page.width - page.left - page.right) * 72 / 25.4 / look.title.size
  local given = meta.titlelines or meta.title and pandoc.List { meta.title } or pandoc.List()
  local lines = pandoc.List()
  for _, line in ipairs(given) do
    local broken = break_line(line, full)
    lines:extend(#broken > 1 and broken or { line })
  end
  if #lines > #given then meta.titlelines = pandoc.MetaList(lines) end
  return meta
end
