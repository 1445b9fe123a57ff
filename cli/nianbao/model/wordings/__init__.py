"""How texts word what a form asks for: patterns, and what a sentence is about."""
