-- What pandoc's EPUB writer does not do: the scope of the headers of a form's table, and the lines of a
-- signature as paragraphs.

local function heads(rows)
  for _, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      item.cell.alignment = pandoc.AlignDefault
      item.cell.attributes.scope = item.cell.col_span > 1 and "colgroup" or "col"
    end
  end
end

local function body_of(rows, labels)
  for _, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      item.cell.alignment = pandoc.AlignDefault
      if item.column <= labels then item.cell.attributes.scope = item.cell.row_span > 1 and "rowgroup" or "row" end
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
    if not tbl.classes:includes("form") then return nil end
    heads(tbl.head.rows)
    for _, body in ipairs(tbl.bodies) do
      heads(body.head)
      body_of(body.body, body.row_head_columns)
    end
    return tbl
  end,
}
