"""What does not come with the program: templates, where they are and who trusts them, and what git has of a file."""
