-- Tables in plain text. Pandoc makes them as wide as their relative widths ask, and breaks lines at blanks only, of
-- which Chinese has none. Here each column is as wide as its words, and where the table is wider than a screen, columns
-- are narrowed and words broken between wide signs.

local WIDTH = 96 -- of a table if it can be, in columns of a screen: a wide sign takes two
local LEAST = 4 -- of a column of the table: two wide signs
local BETWEEN = 3 -- columns of the table: a line with a blank on either side

local size = pandoc.layout.real_length

local function signs(text)
  local at = utf8.codes(text)
  return coroutine.wrap(function()
    for _, code in at, text, 0 do coroutine.yield(utf8.char(code)) end
  end)
end

-- How wide the longest run of signs is that stays on one line.
local function longest(text)
  local most, run = 0, 0
  for sign in signs(text) do
    run = (sign == " " or sign == "\n" or size(sign) > 1) and 0 or run + 1
    most = math.max(most, run)
  end
  return most
end

-- Break the lines of a text at blanks and between wide signs; a run of others stays whole.
local function wrapped(text, width)
  local out = pandoc.List()
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local full, word = "", ""
    local function take()
      if full ~= "" and size(full .. word) > width then
        out:insert((full:gsub(" +$", "")))
        full, word = "", word:gsub("^ +", "")
      end
      full, word = full .. word, ""
    end
    local before = 0
    for sign in signs(line) do
      local own = size(sign)
      if word ~= "" and own > 0 and (sign == " " or own > 1 or before > 1) then take() end
      word, before = word .. sign, own > 0 and own or before
    end
    take()
    out:insert(full)
  end
  return out
end

-- Every cell of a table with its text, how wide that is, and its place: its first row and column, and those after its
-- last. Returns the number of rows and the row after the head as well.
local function find_cells(tbl, lay_out_rows)
  local found, heads, top = pandoc.List(), {}, 1
  local function add(rows, head)
    for at, row in ipairs(lay_out_rows(rows)) do
      for _, place in ipairs(row) do
        local cell = place.cell
        if not place.above then
          local text = pandoc.write(pandoc.Pandoc(cell.contents), "plain", { wrap_text = "none" }):gsub("\n+$", "")
          local widest = 0
          for line in text:gmatch("[^\n]+") do widest = math.max(widest, size(line)) end
          found:insert {
            text = text, size = widest, longest = longest(text),
            top = top + at - 1, bottom = top + math.min(at - 1 + cell.row_span, #rows),
            left = place.column, right = place.column + cell.col_span,
          }
        end
      end
    end
    top = top + #rows
    if head and #rows > 0 then heads[top] = true end
  end
  add(tbl.head.rows, true)
  for _, body in ipairs(tbl.bodies) do
    add(body.head)
    add(body.body)
  end
  add(tbl.foot.rows)
  return found, top - 1, heads
end

-- The room between two lines of a frame, those between them included.
local function room(sizes, first, after, between)
  local sum = between * (after - first - 1)
  for at = first, after - 1 do sum = sum + sizes[at] end
  return sum
end

-- Widen columns until every cell has the room that its key `wanted` says it needs, those of one column first; more than
-- a whole line serves nobody.
local function widened(count, cells, wanted)
  local widths = {}
  for at = 1, count do widths[at] = LEAST end
  for span = 1, count do
    for _, cell in ipairs(cells) do
      if cell.right - cell.left == span then
        local missing = math.min(cell[wanted], WIDTH) - room(widths, cell.left, cell.right, BETWEEN)
        for at = cell.left, cell.right - 1 do widths[at] = widths[at] + math.max(0, math.ceil(missing / span)) end
      end
    end
  end
  return widths
end

-- How many lines more some cells take, about, where a column is narrower by a wide sign.
local function price(cells, widths)
  local count = 0
  for _, cell in ipairs(cells) do
    local width = room(widths, cell.left, cell.right, BETWEEN)
    count = count + math.ceil(cell.size / math.max(1, width - 2)) - math.ceil(cell.size / width)
  end
  return count
end

-- Narrow columns until the table has its width, but none below what it cannot do without: one after the other by a
-- wide sign, always the one that costs the fewest lines, of several the widest.
local function narrowed(widths, least, cells)
  local over, prices = {}, {}
  for at in ipairs(widths) do over[at] = pandoc.List() end
  for _, cell in ipairs(cells) do
    for at = cell.left, cell.right - 1 do over[at]:insert(cell) end
  end
  local total = room(widths, 1, #widths + 1, BETWEEN) + 4
  while total > WIDTH do
    local best
    for at, width in ipairs(widths) do
      if width - 2 >= least[at] then
        prices[at] = prices[at] or price(over[at], widths)
        local more = best and prices[at] - prices[best] or -1
        if more < 0 or (more == 0 and width > widths[best]) then best = at end
      end
    end
    if not best then break end
    widths[best], total = widths[best] - 2, total - 2
    for _, cell in ipairs(over[best]) do
      for at = cell.left, cell.right - 1 do prices[at] = nil end
    end
  end
  return widths
end

-- Where the lines of a frame stand: one before each size, and one after the last.
local function positions(sizes, between)
  local at = { 1 }
  for number, own in ipairs(sizes) do at[number + 1] = at[number] + own + between end
  return at
end

-- How many lines each row takes; what a cell over several rows needs more, the last of them has.
local function heights(cells, count)
  local found = {}
  for at = 1, count do found[at] = 1 end
  for span = 1, count do
    for _, cell in ipairs(cells) do
      if cell.bottom - cell.top == span then
        local missing = #cell.lines - room(found, cell.top, cell.bottom, 1)
        found[cell.bottom - 1] = found[cell.bottom - 1] + math.max(0, missing)
      end
    end
  end
  return found
end

local function framed(canvas, cell, across, down, heads)
  local left, right, top, bottom = across[cell.left], across[cell.right], down[cell.top], down[cell.bottom]
  for _, edge in ipairs { cell.top, cell.bottom } do
    local row = canvas[down[edge]]
    for column = left, right do
      if row[column] ~= "+" then row[column] = heads[edge] and "=" or "-" end
    end
    row[left], row[right] = "+", "+"
  end
  for row = top + 1, bottom - 1 do
    for _, column in ipairs { left, right } do
      if canvas[row][column] == " " then canvas[row][column] = "|" end
    end
  end
  for at, line in ipairs(cell.lines) do
    local row, column = canvas[top + at], left + 2
    for sign in signs(line) do
      if size(sign) == 0 then -- an accent, which belongs to the sign before it
        row[column - 1] = row[column - 1] .. sign
      else
        row[column] = sign
        for behind = column + 1, column + size(sign) - 1 do row[behind] = "" end
        column = column + size(sign)
      end
    end
  end
end

local function drawn(cells, widths, rows, heads)
  for _, cell in ipairs(cells) do cell.lines = wrapped(cell.text, room(widths, cell.left, cell.right, BETWEEN)) end
  local across, down = positions(widths, BETWEEN), positions(heights(cells, rows), 1)
  local canvas = {}
  for row = 1, down[#down] do
    canvas[row] = {}
    for column = 1, across[#across] do canvas[row][column] = " " end
  end
  for _, cell in ipairs(cells) do framed(canvas, cell, across, down, heads) end
  for row, line in ipairs(canvas) do canvas[row] = table.concat(line) end
  return table.concat(canvas, "\n")
end

-- Give the filter; `lay_out_rows` is that of renderer.lua.
return function(lay_out_rows)
  return { Table = function(tbl)
    local cells, rows, heads = find_cells(tbl, lay_out_rows)
    if #cells == 0 then return nil end
    local count = #tbl.colspecs
    local widths = narrowed(widened(count, cells, "size"), widened(count, cells, "longest"), cells)
    local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
    local text = pandoc.RawBlock("plain", drawn(cells, widths, rows, heads))
    return #caption == 0 and text or { pandoc.Para(caption), text }
  end }
end
