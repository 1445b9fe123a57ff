"""What goes back to units: sheets that say what is wrong, forms with the cells marked, and reminders."""
