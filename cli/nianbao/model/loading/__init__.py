"""TOML files of people who write no Python, read into types: strict, with the place of each fault, and with bases."""
