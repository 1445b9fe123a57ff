"""The figures that texts state: how they are read, and judged among themselves."""
