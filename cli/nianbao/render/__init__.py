"""The only access to pandoc and Typst: pages become files of every format."""
