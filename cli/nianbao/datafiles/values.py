"""Single values as they are written in a data file."""

import tomli_w


def format_value(value: object) -> str:
    """Return a value as TOML on one line."""
    text = tomli_w.dumps({"value": value}).removeprefix("value = ").strip()
    return text.replace("\n    ", " ").replace("[ ", "[").replace(",\n]", "]").replace("\n", "")
