"""Reports shown in a browser while their files are edited: with the findings, and each figure with its line."""
