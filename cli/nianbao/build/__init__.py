"""Incremental builds of many reports: what changed, the processes or cluster that build it, and the build cache."""
