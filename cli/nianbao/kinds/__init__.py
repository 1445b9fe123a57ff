"""Tools for authors of kinds of documents: to make, check and describe a kind, and to hand it on."""
