-- Where a form's table may go on to the next page, for formats whose programs keep a row on one page with the next: between
-- bands and between groups of rows, and not before it fills five lines with its heading, unless a quarter of a page would
-- then stay empty.

local function height_of(lines, look) return lines * look.table.pitch + 2 * look.table.pad + look.table.line end -- of a row, pt

-- Return how many lines the words of an item take at most; `widths` are those of the columns, in pt.
local function lines_of(item, widths, look)
  local wide, em = -2 * look.table.inset, 0
  for column = item.column, item.column + item.cell.col_span - 1 do wide = wide + widths[column] end
  for _, code in utf8.codes(item.cell.text or pandoc.utils.stringify(item.cell.contents)) do em = em + (code < 0x2000 and 0.5 or 1) end
  return math.max(1, math.ceil(em * look.table.size / wide))
end

-- Return the heights of rows, in pt. Below the heads, figures and short labels take one line.
local function heights_of(laid, widths, look, is_head)
  local heights, spans = {}, {}
  for at, line in ipairs(laid) do
    heights[at] = heights[at] or height_of(1, look)
    for _, item in ipairs(line) do
      local span = item.cell.row_span
      if is_head and (span == 1 or not item.above) then
        local height = height_of(lines_of(item, widths, look), look)
        if span == 1 then heights[at] = math.max(heights[at], height) else spans[#spans + 1] = { at, at + span - 1, height } end
      end
    end
  end
  for _, span in ipairs(spans) do -- the last row of a cell over several ones has the height that these lack
    local missing = span[3]
    for at = span[1], span[2] do missing = missing - heights[at] end
    heights[span[2]] = heights[span[2]] + math.max(0, missing)
  end
  return heights
end

local function sum(heights, first, last)
  local total = 0
  for at = first, last do total = total + heights[at] end
  return total
end

-- Return for each row of a band's heads or body, as `laid_out` gives them, whether it stays on one page with the next:
-- where a label goes over both and its rows, or the whole band, are not tall. `place` says how high the rows `above` are
-- and how wide its columns (`widths`), in pt, whether they are heads (`is_head`), how many rows follow in the next band
-- (`following`), and whether they are the last of a table (`is_last`); the last one of these stays with none. Also return
-- how high they are.
return function(laid, look, place)
  local quarter = (look.page.height - look.page.top - look.page.bottom) * 72 / 25.4 / 4
  local heights = heights_of(laid, place.widths, look, place.is_head)
  local total, kept = sum(heights, 1, #laid), {}
  for at, line in ipairs(laid) do
    kept[at] = kept[at] or place.is_head or total <= quarter and at < #laid
    for _, item in ipairs(line) do
      local last = math.min(at + item.cell.row_span - 1, #laid)
      if not item.above and sum(heights, at, last) <= quarter then
        for row = at, last - 1 do kept[row] = true end
      end
    end
  end
  -- The height of the table's beginning, with its heading, to a row; and to the last row that is kept with one.
  local function reach(last) return look.body.pitch + place.above + sum(heights, 1, last) end
  local function reach_of_group(at)
    while kept[at] do at = at + 1 end
    return at <= #laid and reach(at) or reach(#laid) + (place.following or 0) * height_of(1, look)
  end
  for at = 1, #laid do
    kept[at] = kept[at] or not place.is_last and reach(at) < 5 * look.body.pitch and reach_of_group(at + 1) <= quarter
  end
  if place.is_last then kept[#laid] = false end
  return kept, total
end
