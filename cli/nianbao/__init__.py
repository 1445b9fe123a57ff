"""Statutory reports from one file of facts: checked, then printed in every format at once."""

__version__ = "0.1.0"
