"""Pictures drawn in the ways of the formats: SVG, and the charts of Word files."""
