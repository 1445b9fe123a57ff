-- A custom writer for pandoc: a document as a JSON list of its blocks, texts and grids in their order.
-- A text gives its plain words, its level as a heading (0: none), and Markdown where it has emphasis or is a
-- list. A grid gives its
-- cells as { text, top, bottom, left, right }, rows and columns counted from 0. The variable `dialect` says
-- which Markdown is written.

local out, dialect

local PLAIN = { Str = true, Space = true, SoftBreak = true, LineBreak = true, Span = true, Link = true, Image = true }
local SKIPPED = { Note = true, Image = true, RawInline = true }

-- Gather the words of inlines; a walk over the tree would take ten times as long. A break that the file only
-- has in its source is a vertical tab. The answer tells whether there is more to say than words.
local function gather(inlines, into)
  local marked = false
  for _, inline in ipairs(inlines) do
    local tag = inline.t
    if tag == "Str" then
      into[#into + 1] = inline.text
    elseif tag == "Space" then
      into[#into + 1] = " "
    elseif tag == "SoftBreak" then
      into[#into + 1] = "\v"
    elseif tag == "LineBreak" then
      into[#into + 1] = "\n"
    elseif not SKIPPED[tag] then
      if inline.content then
        marked = gather(inline.content, into) or marked
      elseif inline.text then
        into[#into + 1] = inline.text
      end
    end
    marked = marked or not PLAIN[tag]
  end
  return marked
end

local function plain(inlines)
  local into = {}
  local marked = gather(inlines, into)
  return table.concat(into), marked
end

-- Emphasis and lists as Markdown, without what only belongs to the page it came from.
local function markdown(block)
  local bare = pandoc.Pandoc({ block }):walk {
    Image = function() return {} end,
    Note = function() return {} end,
    Link = function(link) return link.content end,
    Span = function(span) return span.content end,
    Div = function(div) return div.content end,
    RawInline = function() return {} end,
    RawBlock = function() return {} end,
    Underline = function(under) return under.content end,
    LineBreak = function() return pandoc.SoftBreak() end,
  }
  return (pandoc.write(bare, dialect, { wrap_text = "none" }):gsub("%s+$", ""))
end

local function words(blocks)
  local lines = {}
  for _, block in ipairs(blocks) do
    if block.content and (block.t == "Para" or block.t == "Plain" or block.t == "Header") then
      lines[#lines + 1] = (plain(block.content))
    elseif block.t == "LineBlock" then
      for _, line in ipairs(block.content) do lines[#lines + 1] = (plain(line)) end
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
  for _, block in ipairs(blocks) do
    if block.t == "Table" then return true end
    if block.t == "BulletList" or block.t == "OrderedList" then
      for _, item in ipairs(block.content) do
        if nested(item) then return true end
      end
    elseif block.t == "Div" or block.t == "BlockQuote" or block.t == "Figure" then
      if nested(block.content) then return true end
    end
  end
  return false
end

-- The cells of each row. Pandoc pads short rows; where a reader marked the cells of the file, padding goes.
local function rows_of(tbl)
  local rows = pandoc.List()
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.head)
    rows:extend(body.body)
  end
  rows:extend(tbl.foot.rows)
  local function marked(cell) return cell.attr.classes:includes("cell") end
  local found = rows:map(function(row) return row.cells end)
  if found:find_if(function(cells) return cells:find_if(marked) ~= nil end) then
    found = found:map(function(cells) return cells:filter(marked) end)
  end
  return found
end

local emit

-- A table that only sets parts of a page side by side holds other tables, or long texts: its cells are
-- taken as parts of the page.
local function is_layout(rows)
  local cells, long = 0, 0
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row) do
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
      for _, cell in ipairs(row) do emit(cell.contents) end
    end
    return
  end
  local reach, cells = {}, {} -- reach: for each column, the first row that is free below a cell
  for at, row in ipairs(rows) do
    local top, column = at - 1, 0
    for _, cell in ipairs(row) do
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

local function text(block, level)
  local said, marked
  if level then
    said, marked = plain(block.content)
  else
    said, marked = words({ block }), true
  end
  if said:match("%S") then
    out[#out + 1] = { text = said, level = level or 0, markdown = marked and (level or 0) == 0 and markdown(block) or nil }
  end
end

function emit(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Table" then
      grid(block)
    elseif block.t == "Header" then
      text(block, block.level)
    elseif block.t == "Para" or block.t == "Plain" then
      text(block, 0)
    elseif block.t == "Div" or block.t == "Figure" then
      emit(block.content)
    elseif block.t == "BlockQuote" and nested(block.content) then
      emit(block.content)
    elseif (block.t == "OrderedList" or block.t == "BulletList") and nested({ block }) then
      for _, item in ipairs(block.content) do emit(item) end
    elseif block.t == "RawBlock" and block.format == "html" then
      emit(pandoc.read(block.text, "html", {}, {}).blocks) -- {}: no files, no network
    elseif block.t ~= "RawBlock" and block.t ~= "HorizontalRule" then
      text(block)
    end
  end
end

function Writer(doc, options)
  out = {}
  dialect = tostring(options.variables.dialect)
  emit(doc.blocks)
  local title = doc.meta.title and pandoc.utils.stringify(doc.meta.title) or ""
  return pandoc.json.encode({ title = title, blocks = out })
end
