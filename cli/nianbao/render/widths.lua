-- Wider columns for figures that those of the form do not hold, at the cost of the columns of labels.

local DIGIT, SEPARATOR = 0.65, 0.35 -- em: no usual font has wider digits, nor with them wider commas and points
local LEAST_LABEL = 6 -- em that a column of labels keeps

-- Return the width that a figure takes, in em; 0 for words, which go on in a next line.
local function width_of(text)
  if not text:find("^[%d+-]") or text:find("%s") then return 0 end
  local em = 0
  for _, code in utf8.codes(text) do
    local is_separator = code == 0x2C or code == 0x2E -- , and .
    em = em + (is_separator and SEPARATOR or code < 0x2000 and DIGIT or 1)
  end
  return em
end

-- Return the width of the text of a form's table in em of its type, and that which insets take of a cell.
local function measure_table(tbl, look)
  local page, size = look.page, look.table.size
  local is_landscape = tbl.classes:includes("landscape")
  local mm = is_landscape and page.height - page.top - page.bottom or page.width - page.left - page.right
  return mm * 72 / 25.4 / size, 2 * look.table.inset / size
end

local own = {}

-- Return for each figure of a form's table, by the number of its mark, the columns in which it stands (`first`, `last`)
-- and the width that they have for it, in em (`held`).
function own.find_rooms(tbl, look, mark, lay_out_rows)
  local rooms, full, inset = {}, measure_table(tbl, look)
  local columns = tbl.colspecs
  for _, body in ipairs(tbl.bodies) do
    for _, line in ipairs(lay_out_rows(body.body)) do
      for _, item in ipairs(line) do
        local number = tonumber(item.cell.text:match("^" .. mark .. "$"))
        if number then
          local last, held = item.column + item.cell.col_span - 1, -inset
          for at = item.column, last do held = held + columns[at][2] * full end
          rooms[number] = { first = item.column, last = last, held = held }
        end
      end
    end
  end
  return rooms
end

-- Return whether one of the figures of a table is too wide for its columns.
function own.exceeds(rooms, figures)
  for number, room in pairs(rooms) do
    if width_of(figures[number]) > room.held then return true end
  end
  return false
end

-- Return a table that gives figures the room that they need: columns of labels give what they can, then those of figures
-- what they do not need. What is still missing the columns of figures share, and formats set the figures smaller.
function own.widen(tbl, look, rooms, figures)
  local full, inset = measure_table(tbl, look)
  local widths, needs, spare, missing, total = {}, {}, {}, 0, 0
  for at, spec in ipairs(tbl.colspecs) do widths[at], needs[at] = spec[2] * full, 0 end
  for number, room in pairs(rooms) do
    local factor = (width_of(figures[number]) + inset) / (room.held + inset)
    for at = room.first, room.last do needs[at] = math.max(needs[at], widths[at] * factor) end
  end
  for at, width in ipairs(widths) do missing = missing + math.max(0, needs[at] - width) end
  local labels = tbl.bodies[1].row_head_columns
  local function take(find_spare)
    local sum = 0
    for at, width in ipairs(widths) do
      spare[at] = math.max(0, find_spare(at, width))
      sum = sum + spare[at]
    end
    local part = sum > 0 and math.min(1, missing / sum) or 0
    for at, width in ipairs(widths) do widths[at] = width - spare[at] * part end
    missing = missing - sum * part
  end
  take(function(at, width) return at <= labels and width - LEAST_LABEL - inset or 0 end)
  take(function(at, width) return at > labels and width - needs[at] or 0 end)
  local left = full
  for at, width in ipairs(widths) do
    widths[at] = math.max(width, needs[at])
    if at > labels then total = total + widths[at] else left = left - widths[at] end
  end
  local colspecs = pandoc.List()
  for at, spec in ipairs(tbl.colspecs) do
    local width = at > labels and widths[at] * left / total or widths[at]
    colspecs[at] = { spec[1], width / full }
  end
  return setmetatable({ colspecs = colspecs }, { __index = tbl })
end

-- Return the type size in which a figure fits a cell so wide (pt), for programs that cannot measure it; nil where it
-- fits in the size of tables.
function own.size_of_figure(text, wide, look)
  local room, em = wide - 2 * look.table.inset, width_of(text)
  if em * look.table.size <= room + 0.1 then return nil end -- widths are rounded
  return math.max(1, math.floor(2 * room / em) / 2)
end

-- Return the same for a figure in a column of a table in prose; without widths of their own columns are equally wide. Some
-- programs draw the lines of a cell within it.
function own.size_in_column(text, tbl, column, look)
  local page, part = look.page, tbl.colspecs[column] and tbl.colspecs[column][2]
  local wide = (page.width - page.left - page.right) * 72 / 25.4
  return own.size_of_figure(text, wide * (part and part > 0 and part or 1 / #tbl.colspecs) - 2 * look.table.line, look)
end

return own
