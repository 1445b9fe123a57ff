"""The tables of a report as templates go through them: rows and columns with their labels, and cells by column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nianbao.compose.template_context import find_fact
from nianbao.model.form import Form
from nianbao.model.report import Report
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its id, that of nested ones joined with dots, and its innermost label."""

    id: str
    label: str


class TableRow:
    """A row: its id and label; `row.person` and `row[column.id]` are its cells."""

    __slots__ = ("_address", "_report", "id", "label")

    def __init__(self, report: Report, table: str, slot: Slot) -> None:
        self._report = report
        self._address = f"{table}.{slot.row}" if slot.row else table
        self.id = slot.row
        self.label = slot.row_label

    def __getattr__(self, name: str) -> object:
        value = find_fact(self._report, f"{self._address}.{name}")
        if value is None:
            raise AttributeError(name)
        return value

    def __getitem__(self, column: str) -> object:
        value = find_fact(self._report, f"{self._address}.{column}")
        if value is None:
            raise KeyError(column)
        return value


class PrintedTable:
    """A table of a report: `label`, `rows` and `columns`, each once, in their order."""

    __slots__ = ("_report", "_table", "label")

    def __init__(self, report: Report, table: Table) -> None:
        self._report = report
        self._table = table
        self.label = table.label

    @property
    def rows(self) -> list[TableRow]:
        """The rows."""
        rows = {slot.row: slot for slot in reversed(self._table.slots)}
        return [TableRow(self._report, self._table.id, slot) for slot in reversed(rows.values())]

    @property
    def columns(self) -> list[TableColumn]:
        """The columns."""
        columns = {slot.column: slot.columns[-1].label for slot in reversed(self._table.slots)}
        return [TableColumn(id_, label) for id_, label in reversed(columns.items())]


class PrintedTables(Mapping[str, PrintedTable]):
    """The tables of a report by their ids, made when a template asks for one."""

    def __init__(self, report: Report) -> None:
        self._report, self._form = report, report.form

    def __getitem__(self, name: str) -> PrintedTable:
        table = next((table for table in self._form.tables if table.id == name), None)
        if table is None:
            raise KeyError(name)
        return PrintedTable(self._report, table)

    def __iter__(self) -> Iterator[str]:
        return (table.id for table in self._form.tables)

    def __len__(self) -> int:
        return len(self._form.tables)


def describe_form(form: Form) -> dict[str, str]:
    """Return what a template may say of the form."""
    return {"name": form.name, "document": form.document, "edition": form.edition}
