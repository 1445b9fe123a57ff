"""From bytes to facts: decoding, parsing, and the slips of the pen in a text that is not TOML."""
