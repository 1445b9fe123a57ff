"""Rows and columns of which the data decides how many there are, and which of the cells apply."""
