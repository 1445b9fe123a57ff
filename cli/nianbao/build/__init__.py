"""Incremental builds of many reports: what changed, the processes or cluster that print it, and the record of it."""
