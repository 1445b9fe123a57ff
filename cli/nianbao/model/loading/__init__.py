"""Load TOML files into typed values: strictly, with the place of each fault, and with files based on others."""
