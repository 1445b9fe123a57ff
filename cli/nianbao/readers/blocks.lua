-- A custom writer for pandoc: a document as a JSON list of its blocks, texts and grids in their order.
-- A text gives its plain words, the same as Markdown, and its level as a heading (0: none). A grid gives its
-- cells as { text, top, bottom, left, right }, rows and columns counted from 0. The variable `dialect` says
-- which Markdown is written.

local stringify = pandoc.utils.stringify
local out, dialect

local function plain(inlines)
  return stringify(pandoc.Inlines(inlines):walk {
    LineBreak = function() return pandoc.Str("\n") end,
    SoftBreak = function() return pandoc.Str("\n") end,
    Note = function() return {} end,
    Image = function() return {} end,
    Math = function(math) return pandoc.Str(math.text) end,
  })
end

local function markdown(block)
  local bare = pandoc.Pandoc({ block }):walk {
    Image = function() return {} end,
    Link = function(link) return link.content end,
    Span = function(span) return span.content end,
    Div = function(div) return div.content end,
    RawInline = function() return {} end,
    RawBlock = function() return {} end,
    Underline = function(under) return under.content end,
    LineBreak = function() return pandoc.SoftBreak() end,
    Header = function(header)
      header.attr = pandoc.Attr()
      return header
    end,
  }
  local text = pandoc.write(bare, dialect, { wrap_text = "none" })
  return (text:gsub("%s+$", ""))
end

local function words(blocks)
  local lines = {}
  for _, block in ipairs(blocks) do
    if block.content and (block.t == "Para" or block.t == "Plain" or block.t == "Header") then
      lines[#lines + 1] = plain(block.content)
    elseif block.t == "LineBlock" then
      for _, line in ipairs(block.content) do lines[#lines + 1] = plain(line) end
    elseif block.t == "OrderedList" or block.t == "BulletList" then
      for at, item in ipairs(block.content) do
        local mark = block.t == "OrderedList" and (block.start + at - 1 .. ".") or ""
        lines[#lines + 1] = mark .. words(item)
      end
    elseif block.t == "CodeBlock" then
      lines[#lines + 1] = block.text
    elseif block.content then
      lines[#lines + 1] = words(block.content)
    end
  end
  return table.concat(lines, "\n")
end

local function nested(blocks)
  local found = false
  blocks:walk { Table = function() found = true end }
  return found
end

local function rows_of(tbl)
  local rows = pandoc.List()
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.head)
    rows:extend(body.body)
  end
  rows:extend(tbl.foot.rows)
  return rows
end

local emit

-- A table that only sets parts of a page side by side holds other tables, or long texts: its cells are
-- taken as parts of the page.
local function is_layout(rows)
  local cells, long = 0, 0
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      if nested(cell.contents) then return true end
      cells = cells + 1
      if #words(cell.contents) > 900 then long = long + 1 end
    end
  end
  return cells <= 1 or long > 0
end

local function grid(tbl)
  local rows = rows_of(tbl)
  if is_layout(rows) then
    for _, row in ipairs(rows) do
      for _, cell in ipairs(row.cells) do emit(cell.contents) end
    end
    return
  end
  local reach, cells = {}, {} -- reach: for each column, the first row that is free below a cell
  for at, row in ipairs(rows) do
    local top, column = at - 1, 0
    for _, cell in ipairs(row.cells) do
      while (reach[column] or 0) > top do column = column + 1 end
      local right = column + cell.col_span
      cells[#cells + 1] = { words(cell.contents), top, top + cell.row_span, column, right }
      for covered = column, right - 1 do reach[covered] = top + cell.row_span end
      column = right
    end
  end
  if tbl.caption and tbl.caption.long and #tbl.caption.long > 0 then emit(tbl.caption.long) end
  if #cells > 0 then out[#out + 1] = { grid = cells } end
end

local function text(said, level, block)
  if said:match("%S") then out[#out + 1] = { text = said, level = level, markdown = markdown(block) } end
end

function emit(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Table" then
      grid(block)
    elseif block.t == "Header" then
      text(plain(block.content), block.level, block)
    elseif block.t == "Para" or block.t == "Plain" then
      text(plain(block.content), 0, block)
    elseif block.t == "Div" or block.t == "Figure" then
      emit(block.content)
    elseif block.t == "BlockQuote" and nested(block.content) then
      emit(block.content)
    elseif (block.t == "OrderedList" or block.t == "BulletList") then
      local deep = false
      for _, item in ipairs(block.content) do deep = deep or nested(pandoc.Blocks(item)) end
      if deep then
        for _, item in ipairs(block.content) do emit(item) end
      else
        text(words({ block }), 0, block)
      end
    elseif block.t == "RawBlock" and block.format == "html" then
      emit(pandoc.read(block.text, "html", {}, {}).blocks) -- {}: no files, no network
    elseif block.t ~= "RawBlock" and block.t ~= "HorizontalRule" and block.t ~= "Null" then
      text(words({ block }), 0, block)
    end
  end
end

function Writer(doc, options)
  out = {}
  dialect = tostring(options.variables.dialect)
  emit(doc.blocks)
  local title = doc.meta.title and stringify(doc.meta.title) or ""
  local list = {}
  for at, one in ipairs(out) do list[at] = one end
  return pandoc.json.encode({ title = title, blocks = list })
end
