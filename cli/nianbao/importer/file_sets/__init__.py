"""Reports that were published as a set of files: read by `files.toml` of their kind, with every departure declared."""
