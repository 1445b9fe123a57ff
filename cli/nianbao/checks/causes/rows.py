"""The rows of a report, and what of them stands in its data file."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

from msgspec import Struct

from nianbao.model.form import Form
from nianbao.model.report import Report


class Row(Struct, frozen=True):
    """A row of a table: its address, and the addresses of its figures, one for each column with numbers."""

    address: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]


class Rows(Struct, frozen=True, dict=True):
    """The rows of a report: which there are, which follow each other, and which have nothing written."""

    report: Report

    @property
    def all(self) -> Sequence[Row]:
        """All rows, in the order of the form."""
        return _list_rows(self.report.form)

    @cached_property
    def confusable(self) -> list[tuple[Row, Row]]:
        """The pairs of rows that may be written in the place of each other, each once."""
        return list(dict.fromkeys((*self.carried, *self.neighbours)))

    @cached_property
    def neighbours(self) -> list[tuple[Row, Row]]:
        """Rows of a table that follow each other, in the form or in the data file, and have the same columns."""
        written = [row for row in self.all if not self.is_left_out(row)]
        return [
            (first, second)
            for first, second in dict.fromkeys((*pairwise(self.all), *pairwise(written)))
            if first.columns == second.columns and first.address.split(".")[0] == second.address.split(".")[0]
        ]

    @cached_property
    def carried(self) -> list[tuple[Row, Row]]:
        """Each row that takes over one of the period before, and that one: their names are alike, and so confused."""
        by_address = {row.address: row for row in self.all}
        pairs = [
            (row, by_address[f"{source}{row.address.removeprefix(target)}"])
            for row in self.all
            for target, source in self.report.form.carries.items()
            if f"{row.address}.".startswith(f"{target}.")
            and f"{source}{row.address.removeprefix(target)}" in by_address
        ]
        return [(first, second) for first, second in pairs if first.columns == second.columns]

    @cached_property
    def written(self) -> frozenset[str]:
        """The addresses of the figures that stand in the data file."""
        return frozenset(entry.address for entry in self.report.entries if entry.valid)

    def is_left_out(self, row: Row) -> bool:
        """Return whether nothing of a row stands in the data file."""
        return self.written.isdisjoint(row.cells)

    @property
    def by_cell(self) -> Mapping[str, Row]:
        """The row of each figure."""
        return _map_cells(self.report.form)


@lru_cache(maxsize=4)  # a report is judged again for each cause that is found
def _list_rows(form: Form) -> Sequence[Row]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table in form.tables:
        for slot in table.slots:
            if slot.value_type.is_number:
                found.setdefault(f"{table.id}.{slot.row}", []).append((slot.column, slot.address))
    return [
        Row(address, tuple(column for column, _cell in cells), tuple(cell for _column, cell in cells))
        for address, cells in found.items()
    ]


@lru_cache(maxsize=4)
def _map_cells(form: Form) -> Mapping[str, Row]:
    return {cell: row for row in _list_rows(form) for cell in row.cells}
