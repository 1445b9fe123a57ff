"""The rows that a file of a set may have: those of a table, each once, for each code of an axis, or for each entry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nianbao.model.file_sets.mapping import ColumnEntry, FileEntry, RowEntry
from nianbao.model.form import Form
from nianbao.model.tables.headings import ENTRY, Heading, join_ids, list_paths
from nianbao.model.table import Table


@dataclass(frozen=True)
class RowPattern:
    """A row as the form has it: the path to its heading; one of an axis or of entries stands for several rows."""

    path: tuple[Heading, ...]

    def get_heading(self, number: int) -> Heading | None:
        """Return the heading of a level, counted from 1, or from the innermost one, -1; None where there is none."""
        at = number - 1 if number > 0 else len(self.path) + number
        return self.path[at] if 0 <= at < len(self.path) else None

    def get_steps(self, choices: Mapping[str, str]) -> tuple[str, ...]:
        """Return the keys of its address, with the codes of the axes that it is of; an array is named without index."""
        keys: list[str] = []
        for heading in self.path:
            if heading.id:
                keys += heading.id.split(".")
            if heading.each and heading.each != ENTRY:
                keys.append(choices[heading.each])
        return tuple(keys)

    @property
    def is_entry(self) -> bool:
        """Whether it stands for the entries of an array."""
        return any(heading.each == ENTRY for heading in self.path)

    @property
    def is_open(self) -> bool:
        """Whether the data decides how many rows it stands for."""
        return any(heading.each for heading in self.path)

    @property
    def condition(self) -> str:
        """The condition of its innermost heading that has one; empty where it always applies."""
        return next((heading.when for heading in reversed(self.path) if heading.when), "")


@dataclass(frozen=True, slots=True)
class DataRow:
    """A row of a file: its address in the data, empty for one that only asks for data, and its path with the texts."""

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


def find_table(form: Form, entry: FileEntry) -> Table | None:
    """Find the table of a file; None where it has rows of its own, or the form lacks the table."""
    return next((table for table in form.tables if table.id == entry.table), None)


def list_patterns(table: Table) -> list[RowPattern]:
    """List the rows of a table, in order."""
    return [RowPattern(path) for block in table.blocks for path in list_paths(block.rows)]


def list_data_rows(
    form: Form, table: Table, tree: Mapping[str, Any], placeholders: Mapping[str, Sequence[str]]
) -> Iterator[DataRow]:
    """List the rows of a table in a report, in the order of the form.

    Of an axis there is a row for each code that the data has, in the order of the axis; where it has none, one for each
    of its `placeholders`. Of entries there is at least one row.
    """
    node = tree.get(table.id)
    for block in table.blocks:
        yield from _Walk(form, placeholders).list_rows(block.rows, node, table.id, (), ())


@dataclass(frozen=True, slots=True)
class _Walk:
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
        below = _get_below(node, heading.id)
        address = join_ids(address, heading.id) if address else ""
        if heading.each == ENTRY:
            items = below if isinstance(below, list) else []
            for number, item in enumerate(items or [{}], 1):
                yield item, f"{address}.{number}" if address else "", get_text(heading)
        elif heading.each:
            table = below if isinstance(below, dict) else {}
            named = {self.form.axes[heading.each].find_code(key): key for key in table}
            codes = [code.id for code in self.form.axes[heading.each].codes if code.id in named]
            for code in codes:
                yield table[named[code]], f"{address}.{code}" if address else "", code
            for text in () if codes else self.placeholders.get(heading.each, ()):
                yield {}, "", text
        else:
            yield below, address, get_text(heading)


def _get_below(node: object, id_: str) -> object:
    for key in id_.split(".") if id_ else ():
        node = node.get(key) if isinstance(node, dict) else None
    return node
