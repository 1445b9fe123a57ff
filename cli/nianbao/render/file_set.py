"""A set of files as bytes: a ZIP archive of CSV files (RFC 4180), or a workbook with a sheet for each file."""

import csv
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO, StringIO

from nianbao.compose.file_set import SetCell, SetFile
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.value_types import format_number
from nianbao.workspace.formats import CSV_SET, Format, OutputFile

_SHEET_NAME_LIMIT = 31  # characters: Excel's specification


def write_set(part: Format, files: Sequence[SetFile], day: date) -> OutputFile:
    """Write the files of a set as one file of a format, which carries a day: the same set gives the same bytes.

    Raises `UserError` for a text that is longer than a cell of a workbook may be.
    """
    content = _write_archive(files, day) if part.writer == CSV_SET else _write_workbook(files, day)
    return OutputFile(part.suffix, content)


def write_csv(file: SetFile) -> bytes:
    """Write one file: commas, quotes where they are needed, every record ended by CRLF, UTF-8 without a mark."""
    text = StringIO()
    csv.writer(text).writerows([[_write_cell(cell) for cell in record] for record in file.records])
    return text.getvalue().encode()


def _write_cell(cell: SetCell) -> str:
    return cell if isinstance(cell, str) else format_number(cell)


def _write_archive(files: Sequence[SetFile], day: date) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"{file.name}.csv", (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, write_csv(file))
    return content.getvalue()


def _write_workbook(files: Sequence[SetFile], day: date) -> bytes:
    """Write a workbook in which figures are numbers and texts are texts, whatever they look like."""
    import xlsxwriter  # noqa: PLC0415  # few commands write spreadsheets

    content = BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True})
    workbook.set_properties({"created": datetime(day.year, day.month, day.day)})  # noqa: DTZ001  # a day, no time
    head, text = (workbook.add_format({**own, "quote_prefix": True}) for own in ({"bold": True, "text_wrap": True}, {}))
    for file in files:
        sheet = workbook.add_worksheet(file.sheet[:_SHEET_NAME_LIMIT])
        sheet.freeze_panes(1, 0)
        for row, record in enumerate(file.records):
            for column, cell in enumerate(record):
                if isinstance(cell, str):
                    refused = cell and sheet.write_string(row, column, cell, text if row else head)
                else:
                    refused = sheet.write_number(row, column, cell)
                if refused:
                    place = _("file-and-rows", file=file.sheet, rows=row + 1)
                    raise UserError(_("cell-too-long-for-sheet", place=place), _("shorten-or-take-csv"))
    workbook.close()
    return content.getvalue()
