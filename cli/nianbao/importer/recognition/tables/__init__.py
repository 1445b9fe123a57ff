"""The tables of a published report matched with the tables of the forms, cell by cell."""
