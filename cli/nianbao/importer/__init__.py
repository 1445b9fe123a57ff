"""Published reports read back into data files: readers by format, recognition by the forms, and the pipeline."""
