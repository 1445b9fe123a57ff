-- What a browser and a screen reader need of a form's table: room to scroll, and heads that say their reach.

local function scoped(rows)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      cell.alignment = pandoc.AlignDefault
      cell.attributes.scope = cell.col_span > 1 and "colgroup" or "col"
    end
  end
end

return {
  -- The title is the page's only first level.
  Header = function(header)
    header.level = header.level + 1
    return header
  end,
  Table = function(tbl)
    if not tbl.classes:includes("form") then return nil end
    scoped(tbl.head.rows)
    for _, body in ipairs(tbl.bodies) do
      scoped(body.head)
      for _, row in ipairs(body.body) do
        for _, cell in ipairs(row.cells) do cell.alignment = pandoc.AlignDefault end
      end
    end
    return tbl
  end,
  Div = function(div)
    if not div.classes:includes("form") then return nil end
    return pandoc.Div(div.content, pandoc.Attr("", { "scroll" }, {}))
  end,
}
