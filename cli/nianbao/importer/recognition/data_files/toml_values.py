"""Values as they are written in a data file."""

import re
from decimal import Decimal
from typing import Any

import tomli_w

from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.datafiles.syntax_tree import CellNode, EntryNode, Keys
from nianbao.model.value_types import format_number

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def make_entry(address: str, raw: str, within: Keys = ()) -> EntryNode:
    """Make an entry with a value as it is written, by its address in the table `within`."""
    keys = (*within, *address.split("."))
    return EntryNode(make_cell(keys, raw))


def make_cell(keys: Keys, raw: str) -> CellNode:
    """Make a cell with a value as it is written."""
    return CellNode(keys, format_keys(keys), raw)


def format_keys(keys: Keys) -> Keys:
    """Format keys as they are written: those that are no bare ones in quotes."""
    return tuple(map(_format_key, keys))


def _format_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else format_value(key)


def format_value(value: object) -> str:
    """Format a value that is no table."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format_number(value)
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def format_inline(value: Any) -> str:  # noqa: ANN401  # any value of TOML
    """Format a value on one line, a table as an inline table."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_format_key(key)} = {format_inline(below)}' for key, below in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(format_inline, value))}]"
    return format_value(value)


def format_prose(text: str) -> str:
    """Return prose as a TOML string: between quotes without escapes, if it can be, else with escapes."""
    plain = ILLEGAL_CHARACTERS.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if "'''" not in plain and not plain.endswith("'") and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain):
        return f"'''\n{plain}\n'''"
    return tomli_w.dumps({"value": plain}, multiline_strings=True).removeprefix("value = ").strip()
