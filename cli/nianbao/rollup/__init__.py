"""Reports of units added up into the report of their parent office, and sums traced back to the units."""
