"""Reports put into words: templates, prose and Markdown, without files or programs."""
