"""Answers to findings: acceptances, and fixes of what is certain, written into data files."""
