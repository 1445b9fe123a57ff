-- Where a form's table may go on to the next page, for formats whose programs keep a row on one page with the next: between
-- bands and between groups of rows, and not before it fills five lines with its heading.

local function row_height(look) return look.table.pitch + 2 * look.table.pad + look.table.line end -- of one line, in pt

-- Return for each row of a band's heads or body, as `laid_out` gives them, whether it stays on one page with the next:
-- where a label goes over both and its rows, or the whole band, are not tall. `above` is the number of rows above them;
-- of the last rows of a table, `is_last`, the last one stays with none.
return function(laid, look, above, is_head, is_last)
  local row = row_height(look)
  local tall = (look.page.height - look.page.top - look.page.bottom) * 72 / 25.4 / 4
  local kept = {}
  for at, line in ipairs(laid) do
    local is_low = look.body.pitch + (above + at) * row < 5 * look.body.pitch
    kept[at] = kept[at] or is_head or is_low or #laid * row <= tall and at < #laid
    for _, item in ipairs(line) do
      if not item.above and item.cell.row_span * row <= tall then
        for below = at, at + item.cell.row_span - 2 do kept[below] = true end
      end
    end
  end
  if is_last then kept[#laid] = false end
  return kept
end
