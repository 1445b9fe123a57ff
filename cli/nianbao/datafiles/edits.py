"""Edits of single values in the text of a data file; all else stays as it is, to the last blank."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import toml_rs
from msgspec import Struct

from nianbao.datafiles.values import format_value

_NEWLINE = re.compile(r"\r?\n")


class Span(Struct, frozen=True):
    """A part of a text, in characters; the text as a whole has been parsed."""

    start: int
    end: int


def find_spans(text: str, addresses: Sequence[str]) -> dict[str, Span]:
    """Find where the values at addresses of a data file are written; those that are not there are left out."""
    nodes = toml_rs.load_with_metadata(text).meta["nodes"]
    starts = _list_line_starts(text)
    found: dict[str, Span] = {}
    for address in addresses:
        node = _follow(nodes, address.split("."))
        if node is not None and isinstance(node.get("value_raw"), str):
            start = _find_offset(text, starts, _get_first(node["value_line"]), _get_first(node["value_col"]))
            if text.startswith(node["value_raw"], start):  # ends of values on several lines are not told
                found[address] = Span(start, start + len(node["value_raw"]))
    return found


def replace_values(text: str, values: Mapping[str, str]) -> str:
    """Replace the values at addresses by others, written as TOML; raises KeyError where there is none."""
    spans = find_spans(text, list(values))
    return replace_spans(text, {spans[address]: raw for address, raw in values.items()})


def replace_spans(text: str, parts: Mapping[Span, str]) -> str:
    """Replace parts of a text, which do not overlap."""
    for span in sorted(parts, key=lambda span: span.start, reverse=True):
        text = f"{text[: span.start]}{parts[span]}{text[span.end :]}"
    return text


def append_table(text: str, name: str, values: Mapping[str, object]) -> str:
    """Append a table of an array, `[[name]]`, at the end of a data file; its lines end as the first one does.

    Raises ValueError where the result would not be the same file with one table more.
    """
    newline = find_newline(text)
    width = max(map(len, values))
    lines = [f"[[{name}]]", *(f"{key:{width}} = {format_value(value)}" for key, value in values.items())]
    body = text.rstrip("\r\n")
    end = _NEWLINE.match(text, len(body))  # of the last line, which may be another one
    before_it = f"{body}{end[0] if end else newline}{newline}" if body else ""
    appended = before_it + "".join(f"{line}{newline}" for line in lines)
    wanted = load_values(text)
    before = wanted.setdefault(name, [])
    if not isinstance(before, list) or load_values(appended) != wanted | {name: [*before, dict(values)]}:
        raise ValueError(name)
    return appended


def find_newline(text: str) -> str:
    """Return what ends the lines of a text."""
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def load_values(text: str) -> dict[str, Any]:
    """Load the values of a data file, its decimals with all their digits; raises ValueError where it is not TOML."""
    return toml_rs.loads(text, parse_float=Decimal)


def _follow(nodes: Any, keys: Sequence[str]) -> dict[str, Any] | None:  # noqa: ANN401  # a tree of the parser
    """Follow an address in the tree of the parser; None where it leads nowhere."""
    for key in keys:
        below = nodes.get("value") if _is_value(nodes) else nodes
        if isinstance(below, list) and key.isdecimal() and int(key) < len(below):
            nodes = below[int(key)]
        elif isinstance(below, dict) and key in below:
            nodes = below[key]
        else:
            return None
    return nodes if isinstance(nodes, dict) else None


def _is_value(node: object) -> bool:
    """Tell a value of the parser's tree from a table of nodes, whose keys may have any name."""
    return isinstance(node, dict) and (
        isinstance(node.get("value_line"), int | list | tuple) or isinstance(node.get("key_line"), int)
    )


def _get_first(number: Any) -> int:  # noqa: ANN401  # one number of the parser or two
    return int(number[0] if isinstance(number, list | tuple) else number)


def _list_line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _find_offset(text: str, starts: Sequence[int], line: int, column: int) -> int:
    """Return the offset in characters of a place of the parser, which counts columns in bytes from 1."""
    raw = text[starts[line - 1] : starts[line]].encode()
    return starts[line - 1] + len(raw[: column - 1].decode(errors="ignore"))


_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[ \t]*\r?\n\s*|.)")


def map_characters(raw: str) -> tuple[str, list[int]]:
    """Return a string of TOML as a value, and where each of its characters is written: an offset in `raw`."""
    quotes = next(marks for marks in ('"""', "'''", '"', "'") if raw.startswith(marks))
    at, end = len(quotes), len(raw) - len(quotes)
    if len(quotes) > 1:
        at += next((len(newline) for newline in ("\r\n", "\n") if raw.startswith(newline, at)), 0)
    characters: list[str] = []
    offsets: list[int] = []
    while at < end:
        part = raw[at]
        if part == "\\" and quotes[0] == '"' and (escape := _ESCAPE.match(raw, at)):
            part = escape[0]
        elif raw.startswith("\r\n", at):
            part = "\r\n"
        value = _unescape(part)
        characters.append(value)
        offsets += [at] * len(value)
        at += len(part)
    return "".join(characters), offsets


def _unescape(part: str) -> str:
    if part.startswith("\\") and len(part) > 1:
        return "" if part[1:].isspace() else str(load_values(f'x = "{part}"')["x"])
    return "\n" if part == "\r\n" else part
