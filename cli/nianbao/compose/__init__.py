"""From a report to its text: templates, prose and Markdown, without access to files or programs."""
