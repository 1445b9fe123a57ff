-- What pandoc's EPUB writer does not do: the scope of the headers of a form's table, and the lines of a
-- signature as paragraphs.

local LONGEST = 12 -- word of a cell that is not split, in bytes

local function heads(rows)
  for _, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      item.cell.alignment = pandoc.AlignDefault
      item.cell.attributes.scope = item.cell.col_span > 1 and "colgroup" or "col"
    end
  end
end

-- Mark cells with words so long that they must be split, such as addresses: figures never are.
local function mark_words(cell)
  for word in pandoc.utils.stringify(cell.contents):gmatch("%S+") do
    if #word > LONGEST and word:find("%a") then
      cell.attr.classes:insert("words")
      return
    end
  end
end

local function body_of(rows, labels, is_form)
  for _, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      if is_form then item.cell.alignment = pandoc.AlignDefault end
      if item.above then
        -- It reaches down from a row above.
      elseif item.column > labels then
        mark_words(item.cell)
      elseif is_form then
        item.cell.attributes.scope = item.cell.row_span > 1 and "rowgroup" or "row"
      end
    end
  end
end

return {
  -- Pandoc would generate a new identifier each time; the same report is to keep the same one.
  Meta = function(meta)
    meta.identifier = "urn:sha1:" .. pandoc.utils.sha1(pandoc.utils.stringify(meta.title))
    return meta
  end,
  Div = function(div)
    if not div.classes:includes("signature") then return nil end
    div.content = div.content:map(function(line) return line.t == "Plain" and pandoc.Para(line.content) or line end)
    return div
  end,
  Table = function(tbl)
    local is_form = tbl.classes:includes("form")
    if is_form then heads(tbl.head.rows) end
    for _, body in ipairs(tbl.bodies) do
      if is_form then heads(body.head) end
      body_of(body.body, body.row_head_columns, is_form)
    end
    return tbl
  end,
}
