"""Two reports compared: figures side by side, prose with its changes, and what is repeated."""
