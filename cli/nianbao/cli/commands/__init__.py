"""The commands, one file each: parses its words, calls once, says the result, and exits with 0, 1 or 2.

Each imports what it needs when it runs: `report --help` and a typing mistake should answer at once.
"""
