"""The only code that uses pandoc and Typst: pages become files of every format."""
