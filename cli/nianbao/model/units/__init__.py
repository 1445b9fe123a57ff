"""What is known of the units of an office: the states of their reports, and the record of how they were added up."""
