"""Tables of the database as sheets of a workbook: a header, and the rows below it."""

from collections.abc import Sequence
from pathlib import Path

from nianbao.export.duckdb import Database
from nianbao.export.file_formats import quote_name
from nianbao.export.workbook import HEADER_STYLE, Workbook, create_workbook


def write_plain_sheets(database: Database, tables: Sequence[str], path: Path) -> None:
    """Write tables into a workbook, a sheet for each; raises `UserError` where a sheet cannot hold one."""
    with create_workbook(path, streamed=True) as workbook:
        for table in tables:
            write_plain_sheet(workbook, database, table)


def write_plain_sheet(workbook: Workbook, database: Database, table: str) -> None:
    """Write a table into a sheet of its own."""
    sheet = workbook.add_sheet(table)
    for column, name in enumerate(database.list_columns(quote_name(table))):
        sheet.write(0, column, name, **HEADER_STYLE)
    for row, values in enumerate(database.fetch_rows(f"from {quote_name(table)}"), 1):
        for column, value in enumerate(values):
            if value is not None:
                sheet.write(row, column, value)
    sheet.worksheet.freeze_panes(1, 0)
