-- The press: one reading of the page, every format from the same tree.
-- A custom writer for pandoc; its variable `press` names a JSON file, the job: a folder to work in, the
-- formats, and the variables of their templates. Each format is written to the folder as `page.<suffix>`;
-- the writer's own text is a JSON list of what was left out.

local left_out = {}

-- A table of the form: its division says how many columns hold labels, which rows are heads, and how wide
-- the columns are. Pandoc's Markdown has no words for these, its tree has.
local function statutory(div)
  if not div.classes:includes("form") then return nil end
  local widths, total = {}, 0
  for width in div.attributes.widths:gmatch("%S+") do
    widths[#widths + 1] = tonumber(width)
    total = total + tonumber(width)
  end
  local labels = tonumber(div.attributes.labels)
  local made = div:walk {
    Table = function(tbl)
      for at, spec in ipairs(tbl.colspecs) do
        tbl.colspecs[at] = { at <= labels and pandoc.AlignDefault or pandoc.AlignCenter, widths[at] / total }
      end
      local rows = pandoc.List(tbl.head.rows)
      for _, body in ipairs(tbl.bodies) do
        rows:extend(body.head)
        rows:extend(body.body)
      end
      local bands, bodies, at = pandoc.List(), pandoc.List(), 0
      for head, body in div.attributes.bands:gmatch("(%d+)%+(%d+)") do
        bands:insert { tonumber(head), tonumber(body) }
      end
      local take = function(count)
        local taken = pandoc.List()
        for row = at + 1, at + count do taken:insert(rows[row]) end
        at = at + count
        return taken
      end
      for _, band in ipairs(bands) do
        local head = take(band[1])
        if #bands == 1 then tbl.head.rows, head = head, {} end
        bodies:insert {
          attr = pandoc.Attr(), head = head, body = take(band[2]), row_head_columns = labels,
        }
      end
      if #bands > 1 then tbl.head.rows = {} end
      tbl.bodies = bodies
      tbl.identifier = div.identifier
      tbl.classes:insert("form")
      return tbl
    end,
  }
  made.attr = pandoc.Attr("", { "form" }) -- what it said is in the table now
  return made
end

-- For the filters of the formats: the rows of a table as rows of { cell, column }, the columns counted
-- past cells that reach down from above; those stand in it as { cell, column, above = true }.
function laid_out(rows)
  local above, out = {}, {}
  for at, row in ipairs(rows) do
    local column, line = 1, {}
    local function pass()
      local cell = (above[at] or {})[column]
      while cell do
        line[#line + 1] = { cell = cell, column = column, above = true }
        column = column + cell.col_span
        cell = (above[at] or {})[column]
      end
    end
    for _, cell in ipairs(row.cells) do
      pass()
      line[#line + 1] = { cell = cell, column = column, above = false }
      for down = at + 1, at + cell.row_span - 1 do
        above[down] = above[down] or {}
        above[down][column] = cell
      end
      column = column + cell.col_span
    end
    pass()
    out[at] = line
  end
  return out
end

-- What prose may say and no sound document holds: empty headings and skipped levels (PDF/UA, ISO 14289-1, 7.4),
-- links without words or to a place that is not there.
local function sound(doc)
  local before, places = 0, {}
  local function place(item) places["#" .. item.identifier] = true end
  doc:walk { Header = place, Div = place, Span = place, Table = place }
  return doc:walk {
    Header = function(header)
      if pandoc.utils.stringify(header) == "" then return {} end
      header.level = math.min(header.level, before + 1)
      before = header.level
      return header
    end,
    Link = function(link)
      if link.target:sub(1, 1) == "#" and not places[link.target] then return link.content end
      if pandoc.utils.stringify(link) == "" then link.content = { pandoc.Str(link.target) } end
      return link
    end,
  }
end

-- Nothing is fetched and nothing is hidden: a picture in the prose is left out, and said.
local common = {
  Div = statutory,
  Image = function(image)
    left_out[image.src] = true
    return image.caption
  end,
}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

-- A Word file's looks are the parts of its reference package, each a template over the same variables.
local function reference(folder, variables, work)
  local entries = {}
  local function add(path, name)
    for _, item in ipairs(pandoc.system.list_directory(path)) do
      local full, inner = pandoc.path.join { path, item }, name == "" and item or name .. "/" .. item
      local listed = pcall(pandoc.system.list_directory, full)
      if listed then
        add(full, inner)
      else
        local part = pandoc.template.apply(pandoc.template.compile(read(full)), variables)
        entries[#entries + 1] = pandoc.zip.Entry(inner, pandoc.layout.render(part), 0)
      end
    end
  end
  add(folder, "")
  local path = pandoc.path.join { work, "reference.docx" }
  write(path, pandoc.zip.Archive(entries):bytestring())
  return path
end

local function press(doc, format, job)
  local options = pandoc.WriterOptions { variables = job.variables, columns = 10000, wrap_text = "none" }
  for key, value in pairs(format.options or {}) do options[key] = value end
  options.template = format.template
    and pandoc.template.compile(read(pandoc.path.join { format.folder, format.template }))
    or pandoc.template.default(format.writer)
  if format.reference then
    options.reference_doc = reference(pandoc.path.join { format.folder, format.reference }, job.variables, job.work)
  end
  local tree = doc
  if format.filter then
    tree = doc:walk(dofile(pandoc.path.join { format.folder, format.filter }))
  end
  -- Written beside and renamed, so that a file that is there is whole: who waits for one can go on at once.
  local path = pandoc.path.join { job.work, "page." .. format.suffix }
  local content = pandoc.write(tree, format.writer, options)
  if format.finish then
    content = dofile(pandoc.path.join { format.folder, format.finish })(content, job.variables)
  end
  write(path .. ".part", content)
  assert(os.rename(path .. ".part", path))
end

function Writer(doc, opts)
  local job = pandoc.json.decode(read(tostring(opts.variables.press)), false)
  PRESS = job -- for the filters of the formats
  doc = sound(doc:walk(common))
  pandoc.system.with_environment({ SOURCE_DATE_EPOCH = job.epoch }, function()
    for _, format in ipairs(job.formats) do
      press(doc, format, job)
    end
  end)
  local sources = {}
  for source in pairs(left_out) do sources[#sources + 1] = source end
  table.sort(sources)
  return #sources == 0 and "[]" or pandoc.json.encode(sources)
end
