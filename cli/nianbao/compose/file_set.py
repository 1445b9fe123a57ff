"""A report as the official set of files: the texts of all cells, whole or not at all."""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from nianbao.model.file_sets.mapping import ColumnEntry, FileEntry, FileSet, RowEntry
from nianbao.model.file_sets.rows import DataRow, find_condition, find_table, list_data_rows
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.report import Report

SetCell: TypeAlias = str | int | Decimal
Record: TypeAlias = tuple[SetCell, ...]


class SetFile(Struct, frozen=True):
    """One file of a set: its name without the suffix, that of its sheet, and its records, the heads first."""

    name: str
    sheet: str
    records: tuple[Record, ...]


def compose_set(
    report: Report, file_set: FileSet, *, draft: bool = False, prompts: Collection[str] = ()
) -> list[SetFile]:
    """Compose all files of the set of a report; a draft keeps the prompts and the placeholders of the blank one.

    `prompts` are the addresses of texts of a new data file that nobody has replaced: they are no values. Raises
    `UserError` where the form lacks what a file needs: there is no set then.
    """
    composer = _SetComposer(report, draft, frozenset(prompts))
    return [composer.compose_file(entry) for entry in file_set.files]


class _SetComposer(Struct, frozen=True, dict=True):
    report: Report
    draft: bool
    prompts: frozenset[str]

    def compose_file(self, entry: FileEntry) -> SetFile:
        heads = tuple(column.head for column in entry.columns)
        rows = self._list_own_rows(entry) if entry.rows else self._list_table_rows(entry)
        return SetFile(entry.name, entry.sheet_name, (heads, *rows))

    def _list_table_rows(self, entry: FileEntry) -> Iterator[Record]:
        form = self.report.form
        table = find_table(form, entry)
        if table is None:
            raise UserError(
                _("file-table-not-in-form", name=entry.name, table=entry.table, form=form.edition), _("mend-files-toml")
            )
        placeholders = entry.placeholders if self.draft else {}
        for row in list_data_rows(form, table, self.report.facts.tree, placeholders):
            yield tuple(self._write_table_cell(entry, column, row) for column in entry.columns)

    def _write_table_cell(self, entry: FileEntry, column: ColumnEntry, row: DataRow) -> SetCell:
        if column.heading is not None:
            return row.get_text(column.heading)
        if column.text is not None:
            return entry.get_text(row.pattern.ids, column.text)
        if column.column:
            prompt = column.prompt if row.pattern.is_entry else ""
            return self._write_value(f"{row.address}.{column.column}" if row.address else "", prompt)
        return self._write_common_cell(column, row.pattern.condition)

    def _list_own_rows(self, entry: FileEntry) -> Iterator[Record]:
        for row in entry.rows:
            yield tuple(self._write_own_cell(column, row) for column in entry.columns)

    def _write_own_cell(self, column: ColumnEntry, row: RowEntry) -> SetCell:
        if column.row == "label":
            return row.label
        if column.row == "value":
            return self._write_days(row.period, row.prompt) if row.period else self._write_value(row.fact, row.prompt)
        return self._write_common_cell(column, row.when)

    def _write_common_cell(self, column: ColumnEntry, condition: str) -> SetCell:
        """Write a cell that does not depend on the row, but for its condition."""
        if column.condition:
            return find_condition(self.report.form, condition) or column.condition
        if column.period:
            return self._write_days(column.period, column.prompt)
        return self._write_value(column.fact, column.prompt)

    def _write_days(self, pattern: str, prompt: str) -> str:
        """Write the first and the last day of the period."""
        if self._days is None:
            return prompt if self.draft else ""
        return pattern.format_map(self._days)

    @cached_property
    def _days(self) -> dict[str, date] | None:
        period, calendar = self.report.period, self.report.form.kind.calendar
        return {"first": calendar.get_first_day(period), "last": calendar.get_last_day(period)} if period else None

    def _write_value(self, address: str, prompt: str = "") -> SetCell:
        report = self.report
        value = None if address in self.prompts else report.figures.get(address, report.values.get(address))
        if value is None:
            return prompt if self.draft else ""
        return value if isinstance(value, str | int | Decimal) else str(value)
