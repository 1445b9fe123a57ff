"""Reports as data for other programs: rows, tables in DuckDB, spreadsheets, and Excel forms to be filled in."""
