"""The rows that a file of a set may have: those of a table, each once, for each code of an axis, or for each entry."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from nianbao.model.facts import find_value
from nianbao.model.file_sets.mapping import FileEntry
from nianbao.model.form import Form
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY, Heading, Line, list_lines

Keys: TypeAlias = tuple[str | int, ...]  # of a data file; entries of an array are counted from 0


class RowPattern(Struct, frozen=True):
    """A row as the form has it: the path to its heading; one of an axis or of entries stands for several rows."""

    path: tuple[Heading, ...]
    line: Line | None = None  # of the table; rows that a report has need none

    def get_heading(self, number: int) -> Heading | None:
        """Return the heading of a level, counted from 1, or from the innermost one, -1; None where there is none."""
        at = number - 1 if number > 0 else len(self.path) + number
        return self.path[at] if 0 <= at < len(self.path) else None

    @property
    def ids(self) -> str:
        """The ids of its headings, joined with dots."""
        return ".".join(heading.id for heading in self.path if heading.id)

    @property
    def is_entry(self) -> bool:
        """Whether it stands for entries of an array."""
        return any(heading.each == ENTRY for heading in self.path)

    @property
    def is_open(self) -> bool:
        """Whether the data decides how many rows it stands for."""
        return any(heading.each for heading in self.path)

    @property
    def condition(self) -> str:
        """The condition of its innermost heading that has one; empty where it always applies."""
        return next((heading.when for heading in reversed(self.path) if heading.when), "")


class DataRow(Struct, frozen=True):
    """A row of a file: its address, empty where it only asks for data, and the texts of its headings."""

    address: str
    pattern: RowPattern
    texts: tuple[str, ...]

    def get_text(self, number: int) -> str:
        """Return the text of a level, counted as headings are; an empty one where there is none."""
        at = number - 1 if number > 0 else len(self.texts) + number
        return self.texts[at] if 0 <= at < len(self.texts) else ""


def get_text(heading: Heading) -> str:
    """Return the text by which official files name a row."""
    return heading.code or heading.label


def is_named(heading: Heading) -> bool:
    """Tell whether the text of a heading is the name that the data gives to an entry."""
    return heading.each == ENTRY and bool(heading.named_by) and not heading.code


def list_key_texts(entry: FileEntry, row: RowPattern) -> tuple[str, ...]:
    """List the text of each key cell of a row: of a heading its own, of an axis its id, of a named entry `ENTRY`."""
    return tuple(_get_key_text(row.get_heading(entry.columns[at].heading or 0)) for at in entry.keys)


def _get_key_text(heading: Heading | None) -> str:
    if heading is None:
        return ""
    return get_text(heading) if heading.each in {"", ENTRY} and not is_named(heading) else heading.each


def find_table(form: Form, entry: FileEntry) -> Table | None:
    """Find the table of a file, without the rows of a report; None where the form lacks it."""
    form = form.unexpanded or form
    table = next((table for table in form.tables if table.id == entry.table), None)
    return form.open_tables.get(entry.table, table)


def find_condition(form: Form, condition: str) -> str:
    """Find the label of a condition; an empty text for none."""
    return next((known.label for known in form.conditions if known.id == condition), "")


def list_patterns(table: Table) -> list[RowPattern]:
    """List the rows of a table, in order."""
    return [RowPattern(line.path, line) for block in table.blocks for line in list_lines(block.rows)]


def list_data_rows(
    form: Form, table: Table, tree: Mapping[str, Any], placeholders: Mapping[str, Sequence[str]]
) -> Iterator[DataRow]:
    """List the rows of a table in a report, in the order of the form.

    Of an axis there is a row for each code that the data has, in the order of the axis; where it has none, one for each
    of its `placeholders`. Of entries that have the same text there is at least one row.
    """
    walk = _Walk(form, placeholders)
    for block in table.blocks:
        yield from walk.list_rows(block.rows, tree.get(table.id), table.id, (), ())


class _Walk(Struct, frozen=True):
    form: Form
    placeholders: Mapping[str, Sequence[str]]

    def list_rows(
        self, headings: Sequence[Heading], node: object, address: str, path: tuple[Heading, ...], texts: tuple[str, ...]
    ) -> Iterator[DataRow]:
        for heading in headings:
            for below, own_address, text in self._list_instances(heading, node, address):
                if heading.below:
                    yield from self.list_rows(heading.below, below, own_address, (*path, heading), (*texts, text))
                else:
                    yield DataRow(own_address, RowPattern((*path, heading)), (*texts, text))

    def _list_instances(self, heading: Heading, node: object, address: str) -> Iterator[tuple[object, str, str]]:
        """Give the data below a heading, its address and its text, for each row or tree of rows that it stands for."""
        below = find_value(node, heading.id)
        address = f"{address}.{heading.id}" if address and heading.id else address
        if heading.each == ENTRY:
            for number, item in enumerate(_list_entries(heading, below), 1):
                name = item.get(heading.named_by, "") if is_named(heading) else get_text(heading)
                yield item, f"{address}.{number}" if address else "", str(name)
        elif heading.each:
            table = below if isinstance(below, dict) else {}
            names = self.form.axes[heading.each].by_name
            found = {names[key].id: value for key, value in table.items() if key in names}
            codes = [code.id for code in self.form.axes[heading.each].codes if code.id in found]
            for code in codes:
                yield found[code], f"{address}.{code}" if address else "", code
            for text in () if codes else self.placeholders.get(heading.each, ()):
                yield {}, "", text
        else:
            yield below, address, get_text(heading)


def _list_entries(heading: Heading, node: object) -> list[Mapping[str, Any]]:
    """List the entries of an array, which a filled form has as tables by number; at least one that has a fixed text."""
    items = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    entries: list[Mapping[str, Any]] = [item if isinstance(item, dict) else {} for item in items]
    return entries or ([] if is_named(heading) else [{}])
