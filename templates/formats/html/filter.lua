-- What a browser and a screen reader need of a form's table: a region that scrolls, also by keyboard, and for every
-- cell the list of its headers, which merged headers do not give by themselves. Each figure and each section has its
-- address in the data file as its ID; these have a dot, which no other ID has.

local function mark(cell, id, scope)
  cell.attr.identifier = id
  cell.attributes.scope = scope
end

-- Give each column header an ID; return, for every column, the IDs of its headers from top to bottom.
local function heads_of(rows, name, columns)
  local above = {}
  for at, line in ipairs(laid_out(rows)) do
    for _, item in ipairs(line) do
      if not item.above then
        local cell, id = item.cell, ("%s-%d-%d"):format(name, at, item.column)
        cell.alignment = pandoc.AlignDefault
        if is_banner(line, columns) then cell.attr.classes = { "band" } end
        mark(cell, id, cell.col_span > 1 and "colgroup" or "col")
        for column = item.column, item.column + cell.col_span - 1 do
          above[column] = above[column] or pandoc.List()
          above[column]:insert(id)
        end
      end
    end
  end
  return above
end

-- Return a function that says in which size, for print, a figure fits its columns.
local function make_sizes(tbl)
  local look = PRESS.variables.look
  local page = look.page
  local mm = tbl.classes:includes("landscape") and page.height - page.top - page.bottom or page.width - page.left - page.right
  local widths = tbl.colspecs:map(function(spec) return spec[2] * mm * 72 / 25.4 end)
  return function(text, item)
    local wide = 0
    for column = item.column, item.column + item.cell.col_span - 1 do wide = wide + widths[column] end
    local size = size_of_figure(text, wide, look)
    return size and ("--size: %gpt"):format(size)
  end
end

-- Give each row label an ID too, and each figure the list of the headers above it and the labels beside it.
local function body_of(rows, labels, above, name, tbl)
  local addresses, columns, size_of = PRESS.addresses[tbl.identifier], {}, make_sizes(tbl)
  for column, ids in pairs(above) do columns[column] = table.concat(ids, " ") end
  for at, line in ipairs(laid_out(rows)) do
    local beside = {}
    for _, item in ipairs(line) do
      local cell = item.cell
      if item.column <= labels then
        if not item.above then
          cell.alignment = pandoc.AlignDefault
          mark(cell, ("%s-%d-%d"):format(name, at, item.column), cell.row_span > 1 and "rowgroup" or "row")
        end
        beside[#beside + 1] = cell.attr.identifier
      else
        local heads = { columns[item.column] }
        table.move(beside, 1, #beside, #heads + 1, heads)
        local text = pandoc.utils.stringify(cell.contents)
        local mark = text:match("^FIGURE(%d+)E$") -- of a table whose figures fit
        local address = mark and addresses[tonumber(mark)] or cell.attr.identifier
        local attributes = { { "headers", table.concat(heads, " ") } }
        local size = not mark and size_of(text, item)
        if size then attributes[2] = { "style", size } end
        cell.alignment, cell.attr = pandoc.AlignDefault, pandoc.Attr(address, cell.attr.classes, attributes)
      end
    end
  end
end

local function form(tbl)
  local name, above = tbl.identifier, heads_of(tbl.head.rows, tbl.identifier .. "-h", #tbl.colspecs)
  for _, spec in ipairs(tbl.colspecs) do spec[1] = pandoc.AlignDefault end -- the style sheet centres figures
  for at, body in ipairs(tbl.bodies) do
    local band = ("%s-%d"):format(name, at)
    local own = #body.head > 0 and heads_of(body.head, band .. "-h", #tbl.colspecs) or above
    body_of(body.body, body.row_head_columns, own, band, tbl)
  end
  return tbl
end

-- Put a table with so many columns of labels and of figures in a region that scrolls. On a phone a table with more columns
-- than its screen holds is wide: the page says that it scrolls.
local PHONE_COLUMNS = 3 -- of figures, beside the labels
local function scroll(blocks, name, labels, figures)
  local classes = { "scroll", figures > PHONE_COLUMNS and "wide" or nil }
  local style = ("--labels: %d; --figures: %d"):format(labels, figures)
  return pandoc.Div(blocks, pandoc.Attr("", classes, { { "role", "region" }, { "tabindex", "0" }, { "aria-label", name }, { "style", style } }))
end

-- A table that is no form's scrolls too; what its columns hold is the name of the region.
local function scrolling(tbl)
  local names = pandoc.List()
  for _, row in ipairs(tbl.head.rows) do
    for _, cell in ipairs(row.cells) do
      cell.attributes.scope = "col"
      names:insert(pandoc.utils.stringify(cell.contents))
    end
  end
  return scroll({ tbl }, table.concat(names, " / "), 0, 2 * #tbl.colspecs)
end

-- Return a function that gives the heading of each section the section's address. Where the contents refer to the
-- heading, it keeps its own ID.
local function make_section_names()
  local left = pandoc.List(PRESS.headings) -- a page may leave some out, or put words before one
  return function(header)
    local words = pandoc.utils.stringify(header)
    local _, at = left:find_if(function(section) return section[2] == words end)
    if not at then _, at = left:find_if(function(section) return words:sub(-#section[2]) == section[2] end) end
    if not at then return nil end
    local address = left:remove(at)[1]
    if header.identifier == "" then
      header.identifier = address
    else
      header.content:insert(1, pandoc.Span({}, pandoc.Attr(address)))
    end
    return header
  end
end

-- Return a function that numbers the regions of tables that have the name of one before: a screen reader lists regions
-- by their names.
local function make_region_names()
  local counts = {}
  return function(div)
    if div.attributes.role ~= "region" then return nil end
    local name = div.attributes["aria-label"]
    counts[name] = (counts[name] or 0) + 1
    if counts[name] == 1 then return nil end
    div.attributes["aria-label"] = ("%s (%d)"):format(name, counts[name])
    return div
  end
end

-- Names of attachments stand below each other, behind their numbers: the first row of the grid has the label.
local function attachments(div)
  local blocks = pandoc.List()
  for _, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    local function part(inlines) return pandoc.Span(inlines or {}) end
    blocks:insert(pandoc.Para { part(parts.label), pandoc.Space(), part(parts.number), pandoc.Space(), part(parts.rest) })
  end
  div.content = blocks
  return div
end

-- The words behind a label are one part of the line, the others are spans already.
local function colophon(div)
  for _, paragraph in ipairs(div.content) do
    local parts = split_spans(paragraph.content)
    if parts.label then paragraph.content = { pandoc.Span(parts.label), pandoc.Span(parts.rest) } end
  end
  return div
end

return {
  Pandoc = function(doc)
    doc = doc:walk { Header = make_section_names(), Div = make_region_names() }
    return raise_redhead(doc) or doc
  end,
  -- The title is the only heading of the first level.
  Header = function(header)
    header.level = header.level + 1
    return header
  end,
  -- Changed words of a comparison, for those who do not see how they are marked.
  Span = function(span)
    for _, change in ipairs { "deletion", "insertion" } do
      if span.classes:includes(change) then span.attributes.role = change end
    end
    return span
  end,
  Table = function(tbl) return tbl.classes:includes("form") and form(tbl) or scrolling(tbl) end,
  Div = function(div)
    if div.classes:includes("attachments") then return attachments(div) end
    if div.classes:includes("colophon") then return colophon(div) end
    if div.classes:includes("revisions") then
      local region = scrolling(lay_side_by_side(div))
      region.classes, region.attributes["aria-label"] = { "scroll", "revisions" }, div.attributes.label
      return region
    end
    if div.classes:includes("values") then -- a table of a comparison, in its region by now
      local tbl = div.content[1].content[1]
      for _, body in ipairs(tbl.bodies) do
        body.row_head_columns = 1
        for _, row in ipairs(body.body) do row.cells[1].attributes.scope = "row" end
      end
      return scroll({ tbl }, div.attributes.label, 1, #tbl.colspecs - 1)
    end
    if div.classes:includes("signature") or div.classes:includes("addressee") then
      div.content = div.content:map(function(line) return line.t == "Plain" and pandoc.Para(line.content) or line end)
      return div
    end
    if not div.classes:includes("form") then return nil end
    local tbl = div.content[1]
    local labels, caption = tbl.bodies[1].row_head_columns, pandoc.utils.stringify(tbl.caption.long)
    return scroll(div.content, caption, labels, #tbl.colspecs - labels)
  end,
}
