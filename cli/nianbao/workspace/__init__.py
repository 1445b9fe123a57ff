"""The only access to files and processes: data files, templates, settings, selections, limits and process pools."""
