-- Write the reference document of a format, from which its writer takes the styles: a package whose parts are the
-- files of a folder, each a template over the variables.
local function write_reference(folder, variables, path)
  local entries = {}
  local function add(path, name)
    for _, item in ipairs(pandoc.system.list_directory(path)) do
      local full, inner = pandoc.path.join { path, item }, name == "" and item or name .. "/" .. item
      local is_folder = pcall(pandoc.system.list_directory, full)
      if is_folder then
        add(full, inner)
      else
        local part = pandoc.template.apply(pandoc.template.compile(pandoc.system.read_file(full)), variables)
        entries[#entries + 1] = pandoc.zip.Entry(inner, pandoc.layout.render(part), 0)
      end
    end
  end
  add(folder, "")
  pandoc.system.write_file(path, pandoc.zip.Archive(entries):bytestring())
  return path
end

return write_reference
