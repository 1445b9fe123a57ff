"""Spreadsheets: each sheet a heading and a grid, merged cells as they are, results of formulas as last saved."""

import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from html import unescape
from io import BytesIO
from itertools import islice
from typing import Any

from nianbao.importer.readers.refusal import DAMAGE_ERRORS, UnreadableError
from nianbao.importer.readers.sniff import Claim, Sample
from nianbao.importer.recognition.excel_form import EDITION, PREFIX
from nianbao.importer.recognition.published import (
    NamedCell,
    Paragraph,
    PublishedCell,
    PublishedDocument,
    PublishedTable,
)
from nianbao.model.i18n import _, join_words

ORDER = 21
_MAX_ROWS, _MAX_COLUMNS = 2_000, 200  # of one sheet
_SHEETS = "xl/worksheets/"
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_RANGE = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref\s*=\s*[\"']([^\"':]{1,99}:[^\"']{1,99})")
_MAX_RANGES, _MAX_RANGE_CELLS = (
    5_000,
    500_000,
)  # cells that are merged or linked, and what they cover in all; a form has a few hundred
_SHEET_SIZE = (16_384, 1_048_576)  # column and row that a sheet may have
_LISTED_CELLS = 3  # cells that a note names


def claim(sample: Sample) -> Claim:
    """Take a package with parts of a workbook."""
    return Claim.CERTAIN if any(name.startswith("xl/") for name in sample.parts) else Claim.NO


def read(content: bytes) -> PublishedDocument:
    """Read a spreadsheet; hidden sheets are left out. Raises `UnreadableError` for one that is damaged.

    Of a form that we sent out, the cells that it names come along, with the formulas that stand in them.
    """
    _limit_ranges(content)
    book = _open_workbook(content, results=True)
    blocks: list[Paragraph | PublishedTable] = []
    notes: list[str] = []
    formulas = _find_formulas(content, notes)
    known = book.defined_names
    ours = {name: known[name] for name in known if name.startswith(PREFIX)} if PREFIX + EDITION in known else {}
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            if not ours:
                notes.append(_("工作表 {sheet} 是隐藏的，没有读", sheet=sheet.title))
            continue
        blocks.append(Paragraph(sheet.title, sheet.title, 1))
        blocks += _read_sheet(sheet, notes)
        cells = [cell for title, cell in formulas if title == sheet.title]
        if cells and not ours:
            some = join_words(cells[:_LISTED_CELLS])
            notes.append(
                _(
                    "工作表 {sheet} 有 {count} 格是公式（{some} 等），读的是上次保存的结果",
                    sheet=sheet.title,
                    count=len(cells),
                    some=some,
                )
            )
    named = {
        name.removeprefix(PREFIX): cell
        for name, made in ours.items()
        if (cell := _find_named_cell(book, made, formulas))
    }
    return PublishedDocument(tuple(blocks), str(book.properties.title or ""), notes=tuple(notes), named_cells=named)


def _limit_ranges(content: bytes) -> None:
    """Refuse a workbook of which ranges of cells would be taken apart without end: its parser makes each of them."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        for part in package.namelist():
            found = (
                list(islice(_RANGE.finditer(_read_part(package, part)), _MAX_RANGES + 1))
                if part.startswith("xl/")
                else []
            )
            if len(found) > _MAX_RANGES or sum(_count_range_cells(match[1]) for match in found) > _MAX_RANGE_CELLS:
                raise UnreadableError(
                    _("合并的单元格、带链接的单元格太多"), _("用原程序打开，只留年报那几页，另存一份再导入")
                )


def _count_range_cells(written: bytes) -> int:
    """Count the cells of a range, of which a side that is left out is that of the sheet; 0 where it is no range."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415  # heavy

    try:
        left, top, right, bottom = range_boundaries(unescape(written.decode()))
    except ValueError:
        return 0
    width, height = (right or _SHEET_SIZE[0]) - (left or 1), (bottom or _SHEET_SIZE[1]) - (top or 1)
    return int((abs(width) + 1) * (abs(height) + 1))


def _read_part(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        return package.read(name)
    except DAMAGE_ERRORS as error:
        raise UnreadableError(
            _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
        ) from error


def _open_workbook(content: bytes, *, results: bool) -> Any:  # noqa: ANN401  # openpyxl carries no types
    """Open a workbook with the results of its formulas as last saved, or with the formulas."""
    import openpyxl  # noqa: PLC0415  # heavy

    try:
        return openpyxl.load_workbook(BytesIO(content), read_only=not results, data_only=results, keep_links=False)
    except MemoryError:
        raise
    except Exception as error:  # a broken file breaks its parser in any way
        raise UnreadableError(
            _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
        ) from error


def _find_formulas(content: bytes, notes: list[str]) -> dict[tuple[str, str], str]:
    """Find the formulas of a workbook by sheet and cell; say whether there are macros, which nothing here runs."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        parts = package.namelist()
        if any(part.lower().endswith("vbaproject.bin") for part in parts):
            notes.append(_("文件里有宏，没有运行"))
        if not any(b"<f" in _read_part(package, part) for part in parts if part.startswith(_SHEETS)):
            return {}
    found = {}
    for sheet in _open_workbook(content, results=False).worksheets:
        for row in sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS):
            for cell in row:
                if cell.data_type == "f":
                    found[sheet.title, cell.coordinate] = str(getattr(cell.value, "text", cell.value))
    return found


def _find_named_cell(book: Any, made: Any, formulas: Mapping[tuple[str, str], str]) -> NamedCell | None:  # noqa: ANN401  # see above
    """Return the cell that a name means; None where the name has lost it, or means no cell that there can be."""
    try:
        places = list(made.destinations)
    except Exception:  # noqa: BLE001  # a broken name breaks its parser in any way
        return None
    for title, area in places:
        where = area.replace("$", "").split(":")[0]
        if title in book.sheetnames and _CELL.fullmatch(where):
            with suppress(ValueError, AttributeError, TypeError):  # beyond the last column; a sheet without cells
                return NamedCell(
                    _format_value(book[title][where].value), f"{title}!{where}", formulas.get((title, where), "")
                )
    return None


def _read_sheet(sheet: Any, notes: list[str]) -> list[Paragraph | PublishedTable]:  # noqa: ANN401  # openpyxl carries no types
    spans = {(span.min_row, span.min_col): span for span in sheet.merged_cells.ranges}
    covered = {
        (row, column)
        for span in sheet.merged_cells.ranges
        for row in range(span.min_row, min(span.max_row, _MAX_ROWS) + 1)
        for column in range(span.min_col, min(span.max_col, _MAX_COLUMNS) + 1)
    } - spans.keys()
    rows, columns = min(sheet.max_row, _MAX_ROWS), min(sheet.max_column, _MAX_COLUMNS)
    if sheet.max_row > _MAX_ROWS:
        notes.append(_("工作表 {sheet} 只读了前 {rows} 行", sheet=sheet.title, rows=_MAX_ROWS))
    boxes, texts = [], []
    for row in sheet.iter_rows(max_row=rows, max_col=columns):
        filled = [cell for cell in row if cell.value is not None]
        for cell in row:
            at = (cell.row, cell.column)
            if at in covered:
                continue
            span = spans.get(at)
            bottom, right = (span.max_row, span.max_col) if span else at
            boxes.append(PublishedCell(_format_value(cell.value), cell.row - 1, bottom, cell.column - 1, right))
        if len(filled) == 1 and isinstance(filled[0].value, str):
            texts.append(filled[0].value)
    grid = PublishedTable(tuple(boxes))
    return [*(Paragraph(text, text) for text in texts[:1]), grid] if boxes else []


def _format_value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return format(Decimal(f"{value:.15g}"), "f")  # as many digits as a spreadsheet keeps
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return str(value)
