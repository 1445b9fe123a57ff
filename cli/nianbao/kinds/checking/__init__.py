"""The stages of the check of a kind: each yields the mistakes that it finds."""
