"""What the types of values need: durations, and why a value is not of a type."""
