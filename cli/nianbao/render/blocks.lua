-- A custom writer for pandoc: a document as a JSON list of its blocks, texts and tables ("grids") in their order.
-- A text has its plain words, its level as a heading (0: none), and Markdown where it has emphasis or is a list.
-- A grid has its cells as { text, top, bottom, left, right }, rows and columns counted from 0. The variable `dialect`
-- says which Markdown is written. With the variable `marks` control characters say what a plain text does not: where a
-- reference to a note stands, and which text is a note; with `marks=page` also where a page has its title and contents.

local lists = dofile(pandoc.path.join { pandoc.path.directory(PANDOC_SCRIPT_FILE), "lists.lua" })
local out, dialect
local pictures -- before which block, counted from 0, each picture stands that is a paragraph by itself

local PLAIN = { Str = true, Space = true, SoftBreak = true, LineBreak = true, Span = true, Link = true, Image = true }
local SKIPPED = { Note = true, Image = true, RawInline = true } -- notes come behind the block
local LONG_CELL = 900 -- bytes; a cell with more is a part of the page

local REFERENCE, NOTE, CONTENTS, TITLE = "\2", "\3", "\4", "\5" -- known to `importer/carried_page.py`
local marks = "" -- which of these are written
local has_notes = false -- whether a note was met since this was reset
local note_number -- of the last note that has a reference in Markdown
local in_cell = false -- whether words are those of a cell of a published table

-- What stands around words in a cell that are no part of its figure: a raised 1 behind a figure refers to a note.
local AROUND = { Superscript = { "[", "]" }, Subscript = { "[", "]" }, Strikeout = { "~~", "~~" } }
local RAW = { ["<sup>"] = "[", ["</sup>"] = "]", ["<sub>"] = "[", ["</sub>"] = "]" } -- the same, of HTML in Markdown
for _, name in ipairs { "s", "del", "strike" } do RAW["<" .. name .. ">"], RAW["</" .. name .. ">"] = "~~", "~~" end
local BRACKETS = { ["("] = true, ["["] = true, ["（"] = true, ["〔"] = true, ["［"] = true } -- that a note may have itself
local PICTURE = "\u{FFFC}" -- of a cell that has nothing else: what it shows is not known

-- Return a text without what would be taken for a mark.
local function without_marks(text) return marks == "" and text or (text:gsub("[\2-\5]", "")) end

-- Append the words of inlines to a list; a walk over the tree would take ten times as long. A break that the file has
-- only in its source is a vertical tab. Returns whether the inlines have markup besides their words.
local function gather(inlines, parts)
  local has_markup = false
  for _, inline in ipairs(inlines) do
    local tag = inline.t
    if tag == "Str" then
      parts[#parts + 1] = without_marks(inline.text)
    elseif tag == "Space" then
      parts[#parts + 1] = " "
    elseif tag == "SoftBreak" then
      parts[#parts + 1] = "\v"
    elseif tag == "LineBreak" then
      parts[#parts + 1] = "\n"
    elseif tag == "Note" then
      has_notes = true
      if marks ~= "" then parts[#parts + 1] = REFERENCE end
    elseif in_cell and tag == "RawInline" then
      parts[#parts + 1] = RAW[inline.text] or ""
    elseif not SKIPPED[tag] then
      if inline.content then
        local around, before = in_cell and AROUND[tag], #parts
        has_markup = gather(inline.content, parts) or has_markup
        if around and not (tag == "Superscript" and BRACKETS[utf8.char(utf8.codepoint(parts[before + 1] or " "))]) then
          table.insert(parts, before + 1, around[1])
          parts[#parts + 1] = around[2]
        end
      elseif inline.text then
        parts[#parts + 1] = without_marks(inline.text)
      end
    end
    has_markup = has_markup or not PLAIN[tag]
  end
  return has_markup
end

local function plain_text(inlines)
  local parts = {}
  local has_markup = gather(inlines, parts)
  return table.concat(parts), has_markup
end

-- Write emphasis and lists as Markdown, without what belongs only to the page they came from.
local function to_markdown(block)
  local bare = pandoc.Pandoc({ block }):walk {
    Image = function() return {} end,
    Note = function()
      note_number = note_number + 1
      return pandoc.RawInline("markdown", ("[^%d]"):format(note_number))
    end,
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

local function block_text(blocks)
  local lines = {}
  for _, block in ipairs(blocks) do
    if block.content and (block.t == "Para" or block.t == "Plain" or block.t == "Header") then
      lines[#lines + 1] = (plain_text(block.content))
    elseif block.t == "LineBlock" then
      for _, line in ipairs(block.content) do lines[#lines + 1] = (plain_text(line)) end
    elseif block.t == "OrderedList" or block.t == "BulletList" then
      for at, item in ipairs(block.content) do
        local number = block.t == "OrderedList" and lists.number_of(block, at) or ""
        if in_cell and number ~= "" then number = number .. " " end -- 2. and 0 are no figure
        lines[#lines + 1] = number .. block_text(item)
      end
    elseif block.t == "DefinitionList" then
      for _, entry in ipairs(block.content) do
        lines[#lines + 1] = (plain_text(entry[1]))
        for _, definition in ipairs(entry[2]) do lines[#lines + 1] = block_text(definition) end
      end
    elseif block.t == "CodeBlock" then
      lines[#lines + 1] = without_marks(block.text)
    elseif block.content then
      lines[#lines + 1] = block_text(block.content)
    end
  end
  return table.concat(lines, "\n")
end

local function has_table(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Table" then return true end
    if block.t == "BulletList" or block.t == "OrderedList" then
      for _, item in ipairs(block.content) do
        if has_table(item) then return true end
      end
    elseif block.t == "Div" or block.t == "BlockQuote" or block.t == "Figure" then
      if has_table(block.content) then return true end
    end
  end
  return false
end

-- List the cells of each row. Pandoc pads short rows; where a reader marked the cells of the file (class `cell`), the
-- others are padding and left out.
local function list_cells(tbl)
  local rows = pandoc.List()
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.head)
    rows:extend(body.body)
  end
  rows:extend(tbl.foot.rows)
  local function is_marked(cell) return cell.attr.classes:includes("cell") end
  local cells_by_row = rows:map(function(row) return row.cells end)
  if cells_by_row:find_if(function(cells) return cells:find_if(is_marked) ~= nil end) then
    cells_by_row = cells_by_row:map(function(cells) return cells:filter(is_marked) end)
  end
  return cells_by_row
end

-- The words of a cell.
local function cell_text(cell)
  in_cell = marks == ""
  local text = block_text(cell.contents)
  if in_cell and not text:match("%S") then
    cell.contents:walk { Image = function() text = PICTURE end }
  end
  in_cell = false
  return text
end

local emit

-- A table that only sets parts of a page side by side holds other tables, or long texts: its cells are
-- taken as parts of the page.
local function is_layout(rows)
  local cells, long = 0, 0
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row) do
      if has_table(cell.contents) then return true end
      cells = cells + 1
      if #block_text(cell.contents) > LONG_CELL then long = long + 1 end
    end
  end
  return cells <= 1 or long > 0
end

-- Append the notes of a block as texts of their own. In Markdown they are notes again where the block has references to
-- them, whose numbers follow the number `before`.
local function add_notes(block, before)
  local number = before
  pandoc.Pandoc({ block }):walk {
    Note = function(note)
      local text, markdown = block_text(note.content), nil
      if before then
        number = number + 1
        markdown = ("[^%d]: %s"):format(number, to_markdown(pandoc.Para(pandoc.utils.blocks_to_inlines(note.content))))
      end
      out[#out + 1] = { text = (marks ~= "" and NOTE or "") .. text, level = 0, markdown = markdown }
    end,
  }
end

local function add_table(tbl)
  has_notes = false
  local rows = list_cells(tbl)
  if is_layout(rows) then
    for _, row in ipairs(rows) do
      for _, cell in ipairs(row) do emit(cell.contents) end
    end
    return
  end
  local free, cells = {}, {} -- free: for each column, the first row that no cell from above covers
  for at, row in ipairs(rows) do
    local top, column = at - 1, 0
    for _, cell in ipairs(row) do
      while (free[column] or 0) > top do column = column + 1 end
      local right = column + cell.col_span
      cells[#cells + 1] = { cell_text(cell), top, top + cell.row_span, column, right }
      for covered = column, right - 1 do free[covered] = top + cell.row_span end
      column = right
    end
  end
  local has_own_notes = has_notes
  if tbl.caption and tbl.caption.long and #tbl.caption.long > 0 then emit(tbl.caption.long) end
  if #cells > 0 then out[#out + 1] = { grid = cells } end
  tbl.caption = { long = {} }
  if has_own_notes then add_notes(tbl) end
end

local function add_text(block, level)
  local text, has_markup
  has_notes = false
  local before = note_number
  if level then
    text, has_markup = plain_text(block.content)
  else
    text, has_markup = block_text({ block }), true
  end
  if text:match("%S") then
    local markdown = has_markup and (level or 0) == 0 and to_markdown(block) or nil
    out[#out + 1] = { text = text, level = level or 0, markdown = markdown }
  elseif marks == "" then
    pandoc.Pandoc({ block }):walk { Image = function() pictures:insert(#out) end }
  end
  if has_notes then add_notes(block, note_number > before and before) end
end

function emit(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Table" then
      add_table(block)
    elseif block.t == "Header" then
      add_text(block, block.level)
    elseif block.t == "Para" or block.t == "Plain" then
      add_text(block, 0)
    elseif marks == "page" and block.t == "Div" and block.classes:includes("contents") then
      out[#out + 1] = { text = CONTENTS, level = 0 }
    elseif block.t == "Div" or block.t == "Figure" then
      emit(block.content)
    elseif block.t == "BlockQuote" and has_table(block.content) then
      emit(block.content)
    elseif (block.t == "OrderedList" or block.t == "BulletList") and has_table({ block }) then
      for _, item in ipairs(block.content) do emit(item) end
    elseif block.t == "RawBlock" and block.format == "html" then
      emit(pandoc.read(block.text, "html", {}, {}).blocks) -- {}: no files, no network
    elseif block.t ~= "RawBlock" and block.t ~= "HorizontalRule" then
      add_text(block)
    end
  end
end

-- The texts of a metadata field: of each entry of a list, or of the field itself.
local function list_lines(value)
  local lines = pandoc.List()
  if value and value ~= true then
    local entries = pandoc.utils.type(value) == "List" and value or { value }
    for _, entry in ipairs(entries) do lines:insert(pandoc.utils.stringify(entry)) end
  end
  return lines
end

-- Emit a page as formats print it: a red head stands above the title.
local function emit_page(blocks)
  local head, at = blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("redhead") end)
  if head then
    blocks:remove(at)
    emit(head.content)
  end
  out[#out + 1] = { text = TITLE, level = 0 }
  emit(blocks)
end

function Writer(doc, options)
  out, note_number, pictures = {}, 0, pandoc.List()
  dialect, marks = tostring(options.variables.dialect), tostring(options.variables.marks or "")
  if marks == "page" then emit_page(doc.blocks) else emit(doc.blocks) end
  local title = doc.meta.title and pandoc.utils.stringify(doc.meta.title) or ""
  return pandoc.json.encode({
    about = { title = title, cover = list_lines(doc.meta.cover), author = list_lines(doc.meta.author) },
    blocks = out,
    pictures = pictures,
  })
end
