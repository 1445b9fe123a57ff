"""The places of printed rows in the form: by whole labels, by order, and by the identities of the whole report."""
