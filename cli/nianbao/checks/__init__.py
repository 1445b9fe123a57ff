"""Reports checked: the rules, what they are given, which findings count, and many reports at once."""
