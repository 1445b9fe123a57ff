"""The output of commands about offices above others: states of units, rollups, traces."""
