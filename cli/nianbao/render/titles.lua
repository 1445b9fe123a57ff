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

-- Signs that end the name of a place or an office, and words that begin with one of these.
local ENDS, WORDS = {}, {}
for _, code in utf8.codes("省市区县旗州盟镇乡局厅委部院所站心办会处") do ENDS[utf8.char(code)] = true end
for word in ("省委 省级 市场 市政 市民 市容 市委 市级 市区 市县 区委 区域 区划 区县 县委 县域 县级 县区 旗县 州委 镇街 镇村 乡村 乡镇 局部 "
  .. "委员 委托 部门 部署 部分 院校 所有 所属 站点 心理 办公 办理 办事 办法 会议 会计 会同 处理 处罚 处置 处室"):gmatch("%S+") do WORDS[word] = true end
local NEAR = 4 -- runs by which a line may end before or after the others

-- Return whether a name ends with a run.
local function ends_name(runs, at)
  local last, following = pandoc.text.sub(runs[at].text, -1), pandoc.text.sub(runs[at + 1].text, 1, 1)
  return ENDS[last] and not WORDS[last .. following]
end

-- Return the last run of a line that begins with one: where about as much is left for each other line, but with the end
-- of a name near that. `wide` is what all runs from the first take, for so many lines (`count`) of the width `full`.
local function find_end(runs, first, wide, count, full)
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
local function break_line(inlines, full)
  local runs, wide = split_runs(pandoc.utils.stringify(inlines)), 0
  for _, run in ipairs(runs) do wide = wide + run.em end
  local lines, first, count = pandoc.List(), 1, math.ceil(wide / full)
  while first <= #runs do
    local last, em = find_end(runs, first, wide, math.max(1, count), full)
    local words = ""
    for at = first, last do words = words .. runs[at].text end
    words = words:gsub("^ +", ""):gsub(" +$", "")
    if words ~= "" then lines:insert(pandoc.MetaInlines(pandoc.Inlines(words))) end
    first, wide, count = last + 1, wide - em, count - 1
  end
  return lines
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
