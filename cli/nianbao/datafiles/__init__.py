"""Data files as text: the syntax tree, the formatter, updates of figures, new files, and the JSON Schema."""
