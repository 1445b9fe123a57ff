"""A city with two districts: what the attacks on files are made on."""

FACTS = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
[review_litigation]
"""
OFFICES = """[city]
name = "某市"
[dist-1]
name = "一区"
parent = "city"
[dist-2]
name = "二区"
parent = "city"
"""


def begin(folder):
    """Write a report of the folder's own and of each district, and the register."""
    for office in ("", "dist-1", "dist-2"):
        path = folder / "data" / office / "2024.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FACTS, encoding="utf-8")
    (folder / "data/offices.toml").write_text(OFFICES, encoding="utf-8")
    return folder
