"""Templates that do not come with the program: where they are, what they were when read, and who trusts them."""
