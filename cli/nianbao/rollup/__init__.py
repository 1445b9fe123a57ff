"""Reports of subordinate offices added up into the report of the office above."""
