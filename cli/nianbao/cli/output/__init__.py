"""What commands print: findings, builds, imports, rollups and queries, for people and as JSON."""
