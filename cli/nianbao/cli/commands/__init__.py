"""The commands, one file each: it reads the arguments, calls the library, prints the result, and exits with 0, 1 or 2.

Each imports what it needs when it runs, so that `report --help` and errors in command lines are printed at once.
"""
