"""The names of data files: which are read, and what others should be called."""
