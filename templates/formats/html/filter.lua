-- What a browser and a screen reader need of a form's table: a region that scrolls, also by keyboard, and for every
-- cell the list of its headers, which merged headers do not give by themselves. Each figure and each section has its
-- address in the data file as its ID; these have a dot, which no other ID has.

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }
local function text_of(text) return (text:gsub("[&<>]", ENTITIES)) end
local function quoted(text) return '"' .. text:gsub("[&<>\"']", ENTITIES) .. '"' end

local function cell_of(name, cell, attributes)
  local spans = (cell.col_span > 1 and (' colspan="%d"'):format(cell.col_span) or "")
    .. (cell.row_span > 1 and (' rowspan="%d"'):format(cell.row_span) or "")
  return "<" .. name .. spans .. attributes .. ">" .. text_of(cell.text) .. "</" .. name .. ">"
end

-- Write rows: `write` returns the cells of a row, which is given to it with its number.
local function rows_of(rows, write)
  local out = {}
  for at, line in ipairs(laid_out(rows)) do out[at] = "<tr>\n" .. table.concat(write(line, at), "\n") .. "\n</tr>" end
  return table.concat(out, "\n")
end

-- Write rows of headers, each with an ID; return with them, for every column, the IDs of its headers from top to bottom.
local function heads_of(rows, name, columns)
  local above = {}
  local function write(line, at)
    local cells, class = {}, is_banner(line, columns) and ' class="band"' or ""
    for _, item in ipairs(line) do
      if not item.above then
        local cell, id = item.cell, ("%s-%d-%d"):format(name, at, item.column)
        cells[#cells + 1] = cell_of("th", cell, (' id=%s%s scope="%s"'):format(quoted(id), class, cell.col_span > 1 and "colgroup" or "col"))
        for column = item.column, item.column + cell.col_span - 1 do
          above[column] = above[column] and above[column] .. " " .. id or id
        end
      end
    end
    return cells
  end
  return rows_of(rows, write), above
end

-- Return a function that says in which size, for print, a figure fits its columns.
local function make_sizes(tbl)
  local look = PRESS.variables.look
  local page = look.page
  local mm = tbl.classes:includes("landscape") and page.height - page.top - page.bottom or page.width - page.left - page.right
  local widths = tbl.colspecs:map(function(spec) return spec[2] * mm * 72 / 25.4 end)
  return function(item)
    local wide = 0
    for column = item.column, item.column + item.cell.col_span - 1 do wide = wide + widths[column] end
    local size = size_of_figure(item.cell.text, wide, look)
    return size and (' style="--size: %gpt"'):format(size) or ""
  end
end

-- Write rows of figures: each row label has an ID too, and each figure the list of the headers above it and the labels
-- beside it.
local function body_of(rows, labels, above, name, tbl)
  local addresses, size_of, ids = PRESS.addresses[tbl.identifier], make_sizes(tbl), {} -- ids of labels that reach down
  return rows_of(rows, function(line, at)
    local cells, beside = {}, {}
    for _, item in ipairs(line) do
      local cell = item.cell
      if item.column <= labels then
        ids[cell] = ids[cell] or ("%s-%d-%d"):format(name, at, item.column)
        beside[#beside + 1] = ids[cell]
        if not item.above then
          local scope = cell.row_span > 1 and "rowgroup" or "row"
          cells[#cells + 1] = cell_of("th", cell, (' id=%s scope="%s"'):format(quoted(ids[cell]), scope))
        end
      elseif not item.above then
        local heads = table.concat({ above[item.column] or "", table.unpack(beside) }, " ")
        local number = cell.text:match("^FIGURE(%d+)E$") -- of a table whose figures fit
        local address = number and " id=" .. quoted(addresses[tonumber(number)]) or ""
        local size = number and "" or size_of(item)
        cells[#cells + 1] = cell_of("td", cell, ('%s headers=%s%s'):format(address, quoted(heads), size))
      end
    end
    return cells
  end)
end

-- A table with so many columns of labels and of figures stands in a region that scrolls: its classes, and its attributes.
-- On a phone a table with more columns than its screen holds is wide: the page says that it scrolls.
local PHONE_COLUMNS = 3 -- of figures, beside the labels
local function region_of(name, labels, figures)
  local style = ("--labels: %d; --figures: %d"):format(labels, figures)
  return { "scroll", figures > PHONE_COLUMNS and "wide" or nil },
    { { "role", "region" }, { "tabindex", "0" }, { "aria-label", name }, { "style", style } }
end

local function form(tbl)
  local columns, total = {}, 0
  for at, spec in ipairs(tbl.colspecs) do
    total = total + spec[2]
    columns[at] = ('<col style="width: %d%%" />'):format(spec[2] * 100 // 1)
  end
  local labels, out = tbl.bodies[1].row_head_columns, {}
  local classes, attributes = region_of(tbl.caption.text, labels, #columns - labels)
  for at, pair in ipairs(attributes) do attributes[at] = pair[1] .. "=" .. quoted(pair[2]) end
  out[1] = ('<div class="%s" %s>'):format(table.concat(classes, " "), table.concat(attributes, " "))
  out[2] = ('<table id=%s class="%s"%s>'):format(
    quoted(tbl.identifier), table.concat(tbl.classes, " "), total < 1 and ' style="width:100%;"' or "") -- as pandoc rounds
  out[3] = ("<caption>%s</caption>\n<colgroup>\n%s\n</colgroup>"):format(text_of(tbl.caption.text), table.concat(columns, "\n"))
  local head, above = heads_of(tbl.head.rows, tbl.identifier .. "-h", #columns)
  if head ~= "" then out[#out + 1] = "<thead>\n" .. head .. "\n</thead>" end
  for at, body in ipairs(tbl.bodies) do
    local band = ("%s-%d"):format(tbl.identifier, at)
    local own, own_above = heads_of(body.head, band .. "-h", #columns)
    local rows = body_of(body.body, body.row_head_columns, own ~= "" and own_above or above, band, tbl)
    out[#out + 1] = "<tbody>\n" .. (own ~= "" and own .. "\n\n" or "") .. rows .. "\n</tbody>"
  end
  out[#out + 1] = "</table>\n</div>"
  return table.concat(out, "\n")
end

local function scroll(blocks, name, labels, figures) return pandoc.Div(blocks, pandoc.Attr("", region_of(name, labels, figures))) end

-- A table that is no form's scrolls too; what its columns hold is the name of the region.
local function scrolling(tbl)
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      for column, cell in ipairs(row.cells) do
        local size = size_in_column(pandoc.utils.stringify(cell.contents), tbl, column, PRESS.variables.look)
        cell.attributes.style = size and ("--size: %gpt"):format(size)
      end
    end
  end
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

-- Mark the lines of a part of the title that is wider than the text in print; a screen breaks them where it has to.
local function mark_lines(inlines)
  local lines = break_title({ titlelines = pandoc.List { inlines } }, PRESS.variables).titlelines
  if #lines == 1 then return inlines end
  return pandoc.MetaInlines(pandoc.List(lines):map(function(line) return pandoc.Span(line, { class = "line" }) end))
end

-- Put the signature and the paragraph before it into one division, of which a printed page keeps the last lines together.
local function close(blocks)
  local signature, at = blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("signature") end)
  local paragraph = at and blocks[at - 1]
  if not paragraph or paragraph.t ~= "Para" then return blocks end
  local out = blocks:clone()
  out:remove(at)
  out[at - 1] = pandoc.Div({ paragraph, signature }, { class = "closing" })
  return out
end

return {
  Meta = function(meta)
    if not PRESS.variables.asian then return meta end
    local lines = meta.titlelines and pandoc.List(meta.titlelines):map(mark_lines)
    if lines then meta.titlelines = pandoc.MetaList(lines) elseif meta.title then meta.title = mark_lines(meta.title) end
    return meta
  end,
  Pandoc = function(doc)
    doc = doc:walk { Header = make_section_names(), Div = make_region_names() }
    doc.blocks = close(doc.blocks)
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
  FormTable = form,
  Table = scrolling,
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
  end,
}
