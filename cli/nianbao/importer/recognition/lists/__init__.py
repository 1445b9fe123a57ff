"""Lists in published reports: tables whose heads are the columns of a list, read row by row into its entries."""
