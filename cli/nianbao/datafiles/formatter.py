"""A data file laid out: in the order of its form, one row one line, figures under each other."""

from collections.abc import Iterator
from unicodedata import east_asian_width

import toml_rs

from nianbao.datafiles.key_order import KeyOrder, sort_tree
from nianbao.datafiles.syntax_tree import BLANK, EntryNode, Keys, SectionNode, SyntaxTree, merge_blank_lines, parse_tree
from nianbao.model.form import Form


def format_text(text: str, form: Form) -> str:
    """Lay out a text that is TOML; its values and its comments stay what they are, to the last digit.

    Raises ValueError for a text that cannot be laid out without a loss.
    """
    document = parse_tree(text)
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    laid = format_tree(sort_tree(document, KeyOrder.from_form(form)), form, newline)
    if _load_values(laid) != _load_values(text) or parse_tree(laid).comments() != document.comments():
        raise ValueError(text)
    return laid


def format_tree(document: SyntaxTree, form: Form, newline: str = "\n") -> str:
    """Write a document whose entries stand in their order."""
    return "".join(f"{line}{newline}" for line in _format_lines(document, KeyOrder.from_form(form)))


def _format_lines(document: SyntaxTree, order: KeyOrder) -> list[str]:
    lines = list(document.preamble)
    for section in document.sections:
        if section.keys:
            shown = ".".join(section.raw_keys)
            header = f"[[{shown}]]" if section.is_array else f"[{shown}]"
            lines += merge_blank_lines([BLANK, *section.above])
            lines.append(_append_comment(header, section.beside))
        lines += _format_entries(section, order)
    made = [*lines, *document.epilogue]
    start = 1 if made[:1] == [BLANK] else 0
    kept = list(merge_blank_lines(made[start:]))
    return kept[:-1] if kept[-1:] == [BLANK] else kept


def _format_entries(section: SectionNode, order: KeyOrder) -> Iterator[str]:
    depth = len(section.keys)
    keys = [".".join(entry.cell.raw_keys[depth:]) for entry in section.entries]
    wide = max(map(_measure_width, keys), default=0)
    widths: dict[tuple[Keys, ...], list[int]] = {}
    for entry in section.entries:
        if entry.cells and entry.cell.keys in order.rows:
            cells = [_measure_width(cell.raw) for cell in entry.cells]
            widths[_list_columns(entry)] = [*map(max, cells, widths.get(_list_columns(entry), cells))]
    for at, (key, entry) in enumerate(zip(keys, section.entries, strict=True)):
        above = entry.above[1:] if not at and entry.above[:1] == (BLANK,) else entry.above
        yield from above
        if entry.cell.raw:
            value = (
                _format_inline_table(entry, widths.get(_list_columns(entry), []))
                if _is_row(entry, order)
                else entry.cell.raw
            )
            yield _append_comment(f"{key}{' ' * (wide - _measure_width(key))} = {value}", entry.beside)
    yield from section.tail


def _is_row(entry: EntryNode, order: KeyOrder) -> bool:
    return bool(entry.cells) and entry.cell.keys in order.rows


def _list_columns(entry: EntryNode) -> tuple[Keys, ...]:
    return tuple(cell.keys[len(entry.cell.keys) :] for cell in entry.cells or ())


def _format_inline_table(entry: EntryNode, widths: list[int]) -> str:
    size = len(entry.cell.keys)
    cells = zip(entry.cells or (), widths, strict=True)
    said = [
        f"{'.'.join(cell.raw_keys[size:])} = {' ' * (wide - _measure_width(cell.raw))}{cell.raw}"
        for cell, wide in cells
    ]
    return f"{{ {', '.join(said)} }}"


def _append_comment(line: str, beside: str) -> str:
    return f"{line}  {beside}" if beside else line


def _measure_width(text: str) -> int:
    """Count the cells that a text takes on a screen; a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _load_values(text: str) -> object:
    return toml_rs.loads(text, parse_float=str)  # 0.10 and 0.1 are not the same here
