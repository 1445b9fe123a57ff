"""Headings of tables, and the grid of cells that a table is printed as."""
