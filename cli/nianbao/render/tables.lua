-- Tables in plain text. Pandoc gives columns their relative widths, and breaks lines only at blanks, which Chinese text
-- does not have. Here each column is as wide as its text; if the table is then wider than WIDTH, columns are narrowed,
-- and lines are broken between wide characters too.

local WIDTH = 96 -- the most that a table has where possible, in columns of a screen; a wide character takes two
local MIN_WIDTH = 4 -- of a column of the table: two wide characters
local GAP = 3 -- between two columns of the table: a line with a blank on either side

local measure_width = pandoc.layout.real_length

local function iterate_characters(text)
  local at = utf8.codes(text)
  return coroutine.wrap(function()
    for _, code in at, text, 0 do coroutine.yield(utf8.char(code)) end
  end)
end

-- Return the width of the longest run of characters that is not broken.
local function measure_longest_run(text)
  local most, run = 0, 0
  for character in iterate_characters(text) do
    run = (character == " " or character == "\n" or measure_width(character) > 1) and 0 or run + 1
    most = math.max(most, run)
  end
  return most
end

-- Break the lines of a text at blanks and between wide characters; a run of others stays whole.
local function wrap_lines(text, width)
  local out = pandoc.List()
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local full, word = "", ""
    local function take_word()
      if full ~= "" and measure_width(full .. word) > width then
        out:insert((full:gsub(" +$", "")))
        full, word = "", word:gsub("^ +", "")
      end
      full, word = full .. word, ""
    end
    local before = 0
    for character in iterate_characters(line) do
      local own = measure_width(character)
      if word ~= "" and own > 0 and (character == " " or own > 1 or before > 1) then take_word() end
      word, before = word .. character, own > 0 and own or before
    end
    take_word()
    out:insert(full)
  end
  return out
end

-- Return the cells of a table, each with its text, the width of that, and its place: its first row and column (`top`,
-- `left`) and those after its last (`bottom`, `right`); the number of rows; and the set of rows that follow a head.
local function find_cells(tbl, lay_out_rows)
  local found, heads, top = pandoc.List(), {}, 1
  local function add(rows, head)
    for at, row in ipairs(lay_out_rows(rows)) do
      for _, place in ipairs(row) do
        local cell = place.cell
        if not place.above then
          local text = pandoc.write(pandoc.Pandoc(cell.contents), "plain", { wrap_text = "none" }):gsub("\n+$", "")
          local widest = 0
          for line in text:gmatch("[^\n]+") do widest = math.max(widest, measure_width(line)) end
          found:insert {
            text = text, size = widest, longest = measure_longest_run(text),
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

-- Return the sum of some widths or heights and of the gaps between them.
local function measure_room(sizes, first, after, gap)
  local sum = gap * (after - first - 1)
  for at = first, after - 1 do sum = sum + sizes[at] end
  return sum
end

-- Return widths of columns with which every cell has the width in its field `wanted`, but at most WIDTH. Cells of one
-- column are fitted first.
local function widen_columns(count, cells, wanted)
  local widths = {}
  for at = 1, count do widths[at] = MIN_WIDTH end
  for span = 1, count do
    for _, cell in ipairs(cells) do
      if cell.right - cell.left == span then
        local missing = math.min(cell[wanted], WIDTH) - measure_room(widths, cell.left, cell.right, GAP)
        for at = cell.left, cell.right - 1 do widths[at] = widths[at] + math.max(0, math.ceil(missing / span)) end
      end
    end
  end
  return widths
end

-- Estimate how many lines some cells take in addition where a column is narrower by a wide character.
local function count_added_lines(cells, widths)
  local count = 0
  for _, cell in ipairs(cells) do
    local width = measure_room(widths, cell.left, cell.right, GAP)
    count = count + math.ceil(cell.size / math.max(1, width - 2)) - math.ceil(cell.size / width)
  end
  return count
end

-- Narrow columns until the table is no wider than WIDTH, none below its width in `least`: by one wide character at a
-- time, the column that adds the fewest lines, among several the widest.
local function narrow_columns(widths, least, cells)
  local over, costs = {}, {}
  for at in ipairs(widths) do over[at] = pandoc.List() end
  for _, cell in ipairs(cells) do
    for at = cell.left, cell.right - 1 do over[at]:insert(cell) end
  end
  local total = measure_room(widths, 1, #widths + 1, GAP) + 4
  while total > WIDTH do
    local best
    for at, width in ipairs(widths) do
      if width - 2 >= least[at] then
        costs[at] = costs[at] or count_added_lines(over[at], widths)
        local more = best and costs[at] - costs[best] or -1
        if more < 0 or (more == 0 and width > widths[best]) then best = at end
      end
    end
    if not best then break end
    widths[best], total = widths[best] - 2, total - 2
    for _, cell in ipairs(over[best]) do
      for at = cell.left, cell.right - 1 do costs[at] = nil end
    end
  end
  return widths
end

-- Return the positions of the lines of a frame: one before each width or height, and one after the last.
local function find_positions(sizes, gap)
  local at = { 1 }
  for number, own in ipairs(sizes) do at[number + 1] = at[number] + own + gap end
  return at
end

-- Return how many lines each row takes; the last row of a cell of several rows has the lines that the others lack.
local function measure_heights(cells, count)
  local found = {}
  for at = 1, count do found[at] = 1 end
  for span = 1, count do
    for _, cell in ipairs(cells) do
      if cell.bottom - cell.top == span then
        local missing = #cell.lines - measure_room(found, cell.top, cell.bottom, 1)
        found[cell.bottom - 1] = found[cell.bottom - 1] + math.max(0, missing)
      end
    end
  end
  return found
end

-- Draw the frame and the text of a cell.
local function draw_cell(canvas, cell, across, down, heads)
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
    for character in iterate_characters(line) do
      if measure_width(character) == 0 then -- a combining accent, which belongs to the character before it
        row[column - 1] = row[column - 1] .. character
      else
        row[column] = character
        for behind = column + 1, column + measure_width(character) - 1 do row[behind] = "" end
        column = column + measure_width(character)
      end
    end
  end
end

local function draw_table(cells, widths, rows, heads)
  for _, cell in ipairs(cells) do
    cell.lines = wrap_lines(cell.text, measure_room(widths, cell.left, cell.right, GAP))
  end
  local across, down = find_positions(widths, GAP), find_positions(measure_heights(cells, rows), 1)
  local canvas = {}
  for row = 1, down[#down] do
    canvas[row] = {}
    for column = 1, across[#across] do canvas[row][column] = " " end
  end
  for _, cell in ipairs(cells) do draw_cell(canvas, cell, across, down, heads) end
  for row, line in ipairs(canvas) do canvas[row] = table.concat(line) end
  return table.concat(canvas, "\n")
end

-- Return the filter; `lay_out_rows` is that of renderer.lua.
return function(lay_out_rows)
  return { Table = function(tbl)
    local cells, rows, heads = find_cells(tbl, lay_out_rows)
    if #cells == 0 then return nil end
    local count = #tbl.colspecs
    local widths = narrow_columns(widen_columns(count, cells, "size"), widen_columns(count, cells, "longest"), cells)
    local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
    local text = pandoc.RawBlock("plain", draw_table(cells, widths, rows, heads))
    return #caption == 0 and text or { pandoc.Para(caption), text }
  end }
end
