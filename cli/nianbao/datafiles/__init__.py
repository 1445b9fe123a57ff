"""Data files as text: their syntax tree, the formatter, changes to figures, new files, and the JSON Schema."""
