"""The tables of a report as templates go through them: rows and columns with their labels, and cells by column."""

from collections.abc import Iterable, Iterator, Mapping

from jinja2.exceptions import TemplateError
from msgspec import Struct

from nianbao.compose.template_context import PartOfTable, find_fact, tell_nearest
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import find_nearest
from nianbao.model.report import Report
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot


class TableColumn(Struct, frozen=True):
    """A column: its id, that of nested ones joined with dots, and its innermost label."""

    id: str
    label: str


class TableRow(PartOfTable):
    """A row: its id and label; `row.person` and `row[column.id]` are its cells."""

    __slots__ = ("_address", "_report", "_table", "id", "label")

    def __init__(self, report: Report, table: str, slot: Slot) -> None:
        self._report = report
        self._table = table
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

    def _describe_unknown(self, name: str) -> str:
        known = [
            slot.column for slot in self._report.form.slots.values() if f"{self._address}.{slot.column}" == slot.address
        ]
        return _(
            "no-such-column-of-table", name=name, table=self._table, nearest=tell_nearest(find_nearest(name, known))
        )

    def _describe_use(self) -> str:
        return _("row-is-no-value", table=self._table)


class TableRows(list[TableRow], PartOfTable):
    """The rows of a table."""

    def __init__(self, table: str, rows: Iterable[TableRow]) -> None:
        super().__init__(rows)
        self._table = table

    def _describe_unknown(self, name: str) -> str:  # noqa: ARG002  # they have no parts with names
        return self._describe_use()

    def _describe_use(self) -> str:
        return _("rows-are-no-value", table=self._table)


class PrintedTable(PartOfTable):
    """A table of a report: `label`, `rows` and `columns`, each once, in their order."""

    __slots__ = ("_report", "_table", "label")

    def __init__(self, report: Report, table: Table) -> None:
        self._report = report
        self._table = table
        self.label = table.label

    @property
    def rows(self) -> TableRows:
        """The rows."""
        id_, rows = self._table.id, {slot.row: slot for slot in reversed(self._table.slots)}
        return TableRows(id_, (TableRow(self._report, id_, slot) for slot in reversed(rows.values())))

    @property
    def columns(self) -> list[TableColumn]:
        """The columns."""
        columns = {slot.column: slot.columns[-1].label for slot in reversed(self._table.slots)}
        return [TableColumn(id_, label) for id_, label in reversed(columns.items())]

    def __iter__(self) -> Iterator[TableRow]:
        raise TemplateError(self._describe_use())

    def _describe_unknown(self, name: str) -> str:
        near = find_nearest(name, ("label", "rows", "columns"))
        return _("no-such-part-of-table", name=name, table=self._table.id, nearest=tell_nearest(near))

    def _describe_use(self) -> str:
        return _("rows-are-no-value", table=self._table.id)


class PrintedTables(Mapping[str, PrintedTable], PartOfTable):
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

    def _describe_unknown(self, name: str) -> str:
        return _("no-such-table-of-form", name=name, nearest=tell_nearest(find_nearest(name, list(self))))

    def _describe_use(self) -> str:
        return _("tables-are-no-value")


def describe_form(form: Form) -> dict[str, str]:
    """Return what a template may say of the form."""
    return {"name": form.name, "document": form.document, "edition": form.edition}
