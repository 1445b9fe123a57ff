"""Tables of a warehouse as plain sheets: a head, and a row for each of theirs."""

from collections.abc import Sequence
from pathlib import Path

from nianbao.export.duckdb import Warehouse
from nianbao.export.workbook import HEAD, written


def plain(warehouse: Warehouse, tables: Sequence[str], path: Path) -> None:
    """Write tables into a workbook, a sheet for each; raises `Stop` where a sheet cannot hold one."""
    with written(path, streamed=True) as book:
        for table in tables:
            sheet = book.sheet(table)
            for column, name in enumerate(warehouse.columns(table)):
                sheet.put(0, column, name, **HEAD)
            for row, values in enumerate(warehouse.rows(f"from {table}"), 1):
                for column, value in enumerate(values):
                    if value is not None:
                        sheet.put(row, column, value)
            sheet.made.freeze_panes(1, 0)
