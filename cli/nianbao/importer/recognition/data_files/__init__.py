"""A recognized report as the text of a data file."""
