"""The official files in which a report is published: what each of their columns holds, to write and to read them."""
