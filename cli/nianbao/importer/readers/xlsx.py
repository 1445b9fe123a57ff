"""Spreadsheets: each sheet is a heading and a table, with its merged cells and the last saved results of formulas."""

import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from html import unescape
from io import BytesIO
from itertools import islice
from typing import Any

from nianbao.importer.readers.refusal import DAMAGE_ERRORS, UnreadableError, make_damage_error
from nianbao.importer.readers.sheets import MAX_COLUMNS, MAX_ROWS
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.xlsx_cells import SheetTexts, format_value
from nianbao.importer.recognition.excel_form import EDITION, PREFIX
from nianbao.importer.recognition.published import (
    NamedCell,
    Paragraph,
    Place,
    PublishedCell,
    PublishedDocument,
    PublishedTable,
)
from nianbao.model.i18n import _, join_words

ORDER = 21
_SHEETS = "xl/worksheets/"
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_RANGE = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref\s*=\s*[\"']([^\"':]{1,99}:[^\"']{1,99})")
_MAX_RANGES, _MAX_RANGE_CELLS = (
    5_000,
    500_000,
)  # ranges that are merged or linked, and their cells in all; a form has a few hundred
_SHEET_SIZE = (16_384, 1_048_576)  # column and row that a sheet may have
_LISTED_CELLS = 3  # cells that a note names


def claim(sample: Sample) -> Confidence:
    """Claim a package with parts of a workbook."""
    return Confidence.CERTAIN if any(name.startswith("xl/") for name in sample.parts) else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a spreadsheet; hidden sheets are left out. Raises `UnreadableError` for one that is damaged.

    Of a form that nianbao wrote, the named cells are returned too, with the formulas in them.
    """
    limit_ranges(content)
    workbook = open_workbook(content, results=True)
    notes: list[str] = []
    formulas = _find_formulas(content, notes)
    names = workbook.defined_names
    form_names = [name for name in names if name.startswith(PREFIX)] if PREFIX + EDITION in names else []
    blocks = _read_sheets(workbook, formulas, notes, is_form=bool(form_names))
    cells = {name.removeprefix(PREFIX): _find_named_cell(workbook, names[name], formulas) for name in form_names}
    return PublishedDocument(
        tuple(blocks),
        str(workbook.properties.title or ""),
        notes=tuple(notes),
        named_cells={name: cell for name, cell in cells.items() if cell},
        formulas={f"{title}!{cell}": text for (title, cell), text in formulas.items()} if form_names else {},
    )


def _read_sheets(
    workbook: Any,  # noqa: ANN401  # openpyxl has no types
    formulas: Mapping[tuple[str, str], str],
    notes: list[str],
    *,
    is_form: bool,
) -> list[Paragraph | PublishedTable]:
    """Read the visible sheets; unless it is a form that nianbao wrote, note hidden sheets and formulas."""
    blocks: list[Paragraph | PublishedTable] = []
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            if not is_form:
                notes.append(_("sheet-hidden", sheet=sheet.title))
            continue
        blocks.append(Paragraph(sheet.title, sheet.title, 1))
        blocks += _read_sheet(sheet, SheetTexts(sheet, {} if is_form else formulas, shows_all=is_form), notes)
        cells = [cell for title, cell in formulas if title == sheet.title]
        if cells and not is_form:
            notes.append(
                _("sheet-with-formulas", sheet=sheet.title, count=len(cells), some=join_words(cells[:_LISTED_CELLS]))
            )
    return blocks


def limit_ranges(content: bytes) -> None:
    """Raise `UnreadableError` for a workbook whose ranges have too many cells: openpyxl makes an object of each."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        for part in package.namelist():
            ranges = (
                list(islice(_RANGE.finditer(_read_part(package, part)), _MAX_RANGES + 1))
                if part.startswith("xl/")
                else []
            )
            if len(ranges) > _MAX_RANGES or sum(_count_range_cells(match[1]) for match in ranges) > _MAX_RANGE_CELLS:
                raise UnreadableError(_("too-many-merged-cells"), _("keep-report-pages"))


def _count_range_cells(reference: bytes) -> int:
    """Count the cells of a range; a bound that is left out is that of the sheet. 0 for what is no range."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415  # heavy

    try:
        left, top, right, bottom = range_boundaries(unescape(reference.decode()))
    except ValueError:
        return 0
    width, height = (right or _SHEET_SIZE[0]) - (left or 1), (bottom or _SHEET_SIZE[1]) - (top or 1)
    return int((abs(width) + 1) * (abs(height) + 1))


def _read_part(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        return package.read(name)
    except DAMAGE_ERRORS as error:
        raise make_damage_error() from error


def open_workbook(content: bytes, *, results: bool) -> Any:  # noqa: ANN401  # openpyxl has no types
    """Open a workbook with the results of its formulas as last saved, or with the formulas."""
    import openpyxl  # noqa: PLC0415  # heavy

    try:
        return openpyxl.load_workbook(
            BytesIO(content), read_only=not results, data_only=results, keep_links=False, rich_text=results
        )
    except MemoryError:
        raise
    except Exception as error:  # a broken file breaks its parser in any way
        raise make_damage_error() from error


def _find_formulas(content: bytes, notes: list[str]) -> dict[tuple[str, str], str]:
    """Find the formulas of a workbook by sheet and cell; a note is added for macros, which are never run."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        parts = package.namelist()
        if any(part.lower().endswith("vbaproject.bin") for part in parts):
            notes.append(_("macros-not-run"))
        if not any(b"<f" in _read_part(package, part) for part in parts if part.startswith(_SHEETS)):
            return {}
    formulas = {}
    for sheet in open_workbook(content, results=False).worksheets:
        for row in sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS):
            for cell in row:
                if cell.data_type == "f":
                    formulas[sheet.title, cell.coordinate] = str(getattr(cell.value, "text", cell.value))
    return formulas


def _find_named_cell(workbook: Any, name: Any, formulas: Mapping[tuple[str, str], str]) -> NamedCell | None:  # noqa: ANN401  # see above
    """Return the cell that a defined name refers to; None for a broken reference, or one to no possible cell."""
    try:
        references = list(name.destinations)
    except Exception:  # noqa: BLE001  # a broken name breaks its parser in any way
        return None
    for title, area in references:
        cell = area.replace("$", "").split(":")[0]
        if title in workbook.sheetnames and _CELL.fullmatch(cell):
            with suppress(ValueError, AttributeError, TypeError):  # beyond the last column; a sheet without cells
                value = workbook[title][cell].value
                return NamedCell(format_value(value), f"{title}!{cell}", formulas.get((title, cell), ""))
    return None


def _read_sheet(sheet: Any, texts: SheetTexts, notes: list[str]) -> list[Paragraph | PublishedTable]:  # noqa: ANN401  # openpyxl has no types
    """Return a sheet as a table, after the first text that is alone in its row as a paragraph; empty without cells."""
    if sheet.max_row > MAX_ROWS:
        notes.append(_("first-rows-of-sheet-read", sheet=sheet.title, rows=MAX_ROWS))
    spans = {(span.min_row, span.min_col): span for span in sheet.merged_cells.ranges}
    covered = _find_covered(sheet)
    cells, single_texts = [], []
    for row in sheet.iter_rows(max_row=min(sheet.max_row, MAX_ROWS), max_col=min(sheet.max_column, MAX_COLUMNS)):
        filled = []
        for cell in row:
            position = (cell.row, cell.column)
            if position in covered:
                continue
            span = spans.get(position)
            bottom, right = (span.max_row, span.max_col) if span else position
            text = texts.find(cell, bottom, right)
            filled += [(cell.value, text)] if text else []
            cells.append(PublishedCell(text, cell.row - 1, bottom, cell.column - 1, right))
        if len(filled) == 1 and isinstance(filled[0][0], str | list):  # a list has parts with fonts of their own
            single_texts.append(filled[0][1])
    if texts.left_out:
        notes.append(_("hidden-cells-left-out", sheet=sheet.title, count=texts.left_out))
    table = PublishedTable(tuple(cells), Place(sheet=sheet.title))
    return [*(Paragraph(text, text) for text in single_texts[:1]), table] if cells else []


def _find_covered(sheet: Any) -> set[tuple[int, int]]:  # noqa: ANN401  # see above
    """Return row and column of the cells that a merged cell covers, without its top left one."""
    ranges = sheet.merged_cells.ranges
    return {
        (row, column)
        for span in ranges
        for row in range(span.min_row, min(span.max_row, MAX_ROWS) + 1)
        for column in range(span.min_col, min(span.max_col, MAX_COLUMNS) + 1)
    } - {(span.min_row, span.min_col) for span in ranges}
