-- The layout of a page: cover, contents, parts in landscape, and paragraphs side by side.

-- What the page template of a kind may ask for with divisions, each of one class: contents, landscape, pagebreak. Formats
-- that make contents themselves replace the list of links that the division gets here. A page with any of these, or with
-- a cover, has the variable `layout`.
local LAYOUT = { contents = true, landscape = true, pagebreak = true }
-- Join what stands in landscape side by side, and mark the last if the page ends with it: there is no page between these,
-- nor behind that.
local function join_landscape(blocks)
  local out, above = pandoc.List(), nil
  for _, block in ipairs(blocks) do
    local is_landscape = block.t == "Div" and block.classes:includes("landscape")
    if is_landscape and above then
      above.content:extend(block.content)
    else
      out:insert(block)
      above = is_landscape and out[#out] or nil
    end
  end
  if above then above.classes:insert("last") end
  return out
end

-- Add a cover and contents where the look asks for them and the page has none: on the cover stands what the signature says,
-- or else the author; the text begins on a page behind the contents.
local function add_front(doc, look)
  if look.cover and not doc.meta.cover then
    local signature = doc.blocks:find_if(function(block) return block.t == "Div" and block.classes:includes("signature") end)
    local author = doc.meta.author and pandoc.List { pandoc.Plain(pandoc.utils.stringify(doc.meta.author)) }
    local lines = signature and signature.content or author or pandoc.List()
    doc.meta.cover = #lines > 0 and pandoc.MetaList(lines:map(function(line) return pandoc.MetaInlines(line.content) end)) or nil
  end
  local function is_contents(block) return block.t == "Div" and block.classes:includes("contents") end
  if look.contents and not doc.blocks:find_if(is_contents) then
    doc.blocks:insert(1, pandoc.Div({}, pandoc.Attr("", { "contents" })))
    doc.blocks:insert(2, pandoc.Div({}, pandoc.Attr("", { "pagebreak" })))
  end
end

-- Lay out a page, and set the variables that the templates of formats need for it; a letter has no cover of its own.
local function prepare_layout(doc, variables, is_letter)
  if is_letter then variables.letter = "true" else add_front(doc, variables.look) end
  local found = { cover = doc.meta.cover }
  if doc.meta.cover ~= true then doc.meta.coverlines = doc.meta.cover end -- `cover: true` asks for the title alone
  doc:walk {
    Div = function(div)
      local class = div.classes[1]
      if LAYOUT[class] then found[class] = true end
    end,
  }
  if next(found) then variables.layout = "true" end
  if found.landscape then doc.blocks = join_landscape(doc.blocks) end
  if not found.contents then return doc end
  local number = 0
  doc = doc:walk {
    Header = function(header)
      number = number + 1
      if header.identifier == "" then header.identifier = "heading-" .. number end
      return header
    end,
  }
  local blocks = pandoc.List() -- contents leave out what stands behind the first heading of a division
  for _, block in ipairs(doc.blocks) do
    local is_landscape = block.t == "Div" and block.classes:includes("landscape")
    blocks:extend(is_landscape and block.content or { block })
  end
  local list = pandoc.structure.table_of_contents(pandoc.Pandoc(blocks), { toc_depth = 2 })
  return doc:walk {
    Div = function(div)
      if not div.classes:includes("contents") then return nil end
      div.content = { pandoc.Para { pandoc.Strong(variables.words.contents) }, list }
      return div
    end,
  }
end

-- Return the entries of contents in their order: the level from 1, the id of the heading, and its text.
local function list_entries(div)
  local entries = pandoc.List()
  local function add(list, level)
    for _, item in ipairs(list.content) do
      for _, block in ipairs(item) do
        if block.t == "BulletList" then
          add(block, level + 1)
        else
          entries:insert { level = level, id = block.content[1].target:sub(2), text = pandoc.utils.stringify(block) }
        end
      end
    end
  end
  add(div.content[2], 1)
  return entries
end

-- Return the paragraphs of a comparison side by side: as a table without insertions at the left, and without deletions
-- at the right. Filters of formats know it as `lay_side_by_side`.
local function lay_side_by_side(div)
  local function cell_without(class, block)
    local kept = block:walk { Span = function(span) if span.classes:includes(class) then return {} end end }
    return #kept.content > 0 and { kept } or {}
  end
  local rows = div.content:map(function(block)
    return { cell_without("insertion", block), cell_without("deletion", block) }
  end)
  local heads = { { pandoc.Plain(div.attributes.before) }, { pandoc.Plain(div.attributes.after) } }
  local left = pandoc.AlignLeft
  return pandoc.utils.from_simple_table(pandoc.SimpleTable({}, { left, left }, { 0.5, 0.5 }, heads, rows))
end

return { prepare = prepare_layout, list_entries = list_entries, lay_side_by_side = lay_side_by_side }
