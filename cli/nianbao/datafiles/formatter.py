"""A data file laid out: in the order of its form, one row one line, figures under each other."""

from collections.abc import Iterator
from unicodedata import east_asian_width

import toml_rs

from nianbao.datafiles.key_order import Order, arrange
from nianbao.datafiles.syntax_tree import BLANK, Document, Entry, Keys, Section, read, tidy
from nianbao.model.form import Form


def lay_out(text: str, form: Form) -> str:
    """Lay out a text that is TOML; its values and its comments stay what they are, to the last digit.

    Raises ValueError for a text that cannot be laid out without a loss.
    """
    document = read(text)
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    laid = write(arrange(document, Order.of(form)), form, newline)
    if _values(laid) != _values(text) or read(laid).comments() != document.comments():
        raise ValueError(text)
    return laid


def write(document: Document, form: Form, newline: str = "\n") -> str:
    """Write a document whose entries stand in their order."""
    return "".join(f"{line}{newline}" for line in _lines(document, Order.of(form)))


def _lines(document: Document, order: Order) -> list[str]:
    lines = list(document.preamble)
    for section in document.sections:
        if section.keys:
            shown = ".".join(section.shown)
            header = f"[[{shown}]]" if section.many else f"[{shown}]"
            lines += tidy([BLANK, *section.above])
            lines.append(_with(header, section.beside))
        lines += _body(section, order)
    made = [*lines, *document.epilogue]
    start = 1 if made[:1] == [BLANK] else 0
    kept = list(tidy(made[start:]))
    return kept[:-1] if kept[-1:] == [BLANK] else kept


def _body(section: Section, order: Order) -> Iterator[str]:
    depth = len(section.keys)
    keys = [".".join(entry.cell.shown[depth:]) for entry in section.entries]
    wide = max(map(_width, keys), default=0)
    widths: dict[tuple[Keys, ...], list[int]] = {}
    for entry in section.entries:
        if entry.cells and entry.cell.keys in order.rows:
            cells = [_width(cell.raw) for cell in entry.cells]
            widths[_columns(entry)] = [*map(max, cells, widths.get(_columns(entry), cells))]
    for at, (key, entry) in enumerate(zip(keys, section.entries, strict=True)):
        above = entry.above[1:] if not at and entry.above[:1] == (BLANK,) else entry.above
        yield from above
        if entry.cell.raw:
            value = _inline(entry, widths.get(_columns(entry), [])) if _is_row(entry, order) else entry.cell.raw
            yield _with(f"{key}{' ' * (wide - _width(key))} = {value}", entry.beside)
    yield from section.tail


def _is_row(entry: Entry, order: Order) -> bool:
    return bool(entry.cells) and entry.cell.keys in order.rows


def _columns(entry: Entry) -> tuple[Keys, ...]:
    return tuple(cell.keys[len(entry.cell.keys) :] for cell in entry.cells or ())


def _inline(entry: Entry, widths: list[int]) -> str:
    size = len(entry.cell.keys)
    cells = zip(entry.cells or (), widths, strict=True)
    said = [f"{'.'.join(cell.shown[size:])} = {' ' * (wide - _width(cell.raw))}{cell.raw}" for cell, wide in cells]
    return f"{{ {', '.join(said)} }}"


def _with(line: str, beside: str) -> str:
    return f"{line}  {beside}" if beside else line


def _width(text: str) -> int:
    """Count the cells that a text takes on a screen; a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _values(text: str) -> object:
    return toml_rs.loads(text, parse_float=str)  # 0.10 and 0.1 are not the same here
