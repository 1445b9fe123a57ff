"""OFD (GB/T 33190-2016), the document format of Chinese offices: made from the pages of a PDF."""
