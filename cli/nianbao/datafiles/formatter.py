"""The formatter of data files: keys in the order of the form, one line for each row, figures aligned in columns."""

from collections.abc import Iterator
from unicodedata import east_asian_width

import toml_rs

from nianbao.datafiles.key_order import KeyOrder, sort_tree
from nianbao.datafiles.syntax_tree import BLANK, EntryNode, Keys, SectionNode, SyntaxTree, merge_blank_lines, parse_tree
from nianbao.model.form import Form


def format_text(text: str, form: Form) -> str:
    """Format the text of a data file; its values and comments stay what they are, to the last digit.

    Raises ValueError for a text that cannot be formatted without a loss.
    """
    tree = parse_tree(text)
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    formatted = format_tree(sort_tree(tree, KeyOrder.from_form(form)), form, newline)
    if _load_values(formatted) != _load_values(text) or parse_tree(formatted).list_comments() != tree.list_comments():
        raise ValueError(text)
    return formatted


def format_tree(tree: SyntaxTree, form: Form, newline: str = "\n") -> str:
    """Format a tree whose sections and entries are in order already; see `key_order.sort_tree`."""
    return "".join(f"{line}{newline}" for line in _format_lines(tree, KeyOrder.from_form(form)))


def _format_lines(tree: SyntaxTree, order: KeyOrder) -> list[str]:
    lines = list(tree.preamble)
    for section in tree.sections:
        if section.keys:
            name = ".".join(section.raw_keys)
            header = f"[[{name}]]" if section.is_array else f"[{name}]"
            lines += merge_blank_lines([BLANK, *section.above])
            lines.append(_append_comment(header, section.beside))
        lines += _format_entries(section, order)
    lines += tree.epilogue
    start = 1 if lines[:1] == [BLANK] else 0
    merged = list(merge_blank_lines(lines[start:]))
    return merged[:-1] if merged[-1:] == [BLANK] else merged


def _format_entries(section: SectionNode, order: KeyOrder) -> Iterator[str]:
    depth = len(section.keys)
    keys = [".".join(entry.cell.raw_keys[depth:]) for entry in section.entries]
    key_width = max(map(_measure_width, keys), default=0)
    widths: dict[tuple[Keys, ...], list[int]] = {}
    for entry in section.entries:
        if entry.cells and entry.cell.keys in order.rows:
            cells = [_measure_width(cell.raw) for cell in entry.cells]
            widths[_list_columns(entry)] = [*map(max, cells, widths.get(_list_columns(entry), cells))]
    for index, (key, entry) in enumerate(zip(keys, section.entries, strict=True)):
        above = entry.above[1:] if index == 0 and entry.above[:1] == (BLANK,) else entry.above
        yield from above
        if entry.cell.raw:
            value = (
                _format_inline_table(entry, widths.get(_list_columns(entry), []))
                if _is_row(entry, order)
                else entry.cell.raw
            )
            yield _append_comment(f"{key}{' ' * (key_width - _measure_width(key))} = {value}", entry.beside)
    yield from section.tail


def _is_row(entry: EntryNode, order: KeyOrder) -> bool:
    return bool(entry.cells) and entry.cell.keys in order.rows


def _list_columns(entry: EntryNode) -> tuple[Keys, ...]:
    return tuple(cell.keys[len(entry.cell.keys) :] for cell in entry.cells or ())


def _format_inline_table(entry: EntryNode, widths: list[int]) -> str:
    size = len(entry.cell.keys)
    cells = zip(entry.cells or (), widths, strict=True)
    items = [
        f"{'.'.join(cell.raw_keys[size:])} = {' ' * (width - _measure_width(cell.raw))}{cell.raw}"
        for cell, width in cells
    ]
    return f"{{ {', '.join(items)} }}"


def _append_comment(line: str, beside: str) -> str:
    return f"{line}  {beside}" if beside else line


def _measure_width(text: str) -> int:
    """Return the width of a text in columns of a terminal; a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _load_values(text: str) -> object:
    return toml_rs.loads(text, parse_float=str)  # 0.10 and 0.1 are not the same here
