"""Published reports: what a file says, recognised by the forms."""
