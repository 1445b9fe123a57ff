"""Spreadsheets: each sheet a heading and a grid, merged cells as they are, results of formulas as last saved."""

import re
from io import BytesIO
from typing import Any

from nianbao.language import _
from nianbao.published.page import Box, Grid, Published, Text
from nianbao.readers.refusal import Unreadable

_ROWS, _COLUMNS = 2_000, 200  # of one sheet


def read(content: bytes) -> Published:
    """Read a spreadsheet; hidden sheets are left out. Raises `Unreadable` for one that is damaged."""
    import openpyxl  # noqa: PLC0415  # heavy

    try:
        book = openpyxl.load_workbook(BytesIO(content), data_only=True, keep_links=False)
    except MemoryError:
        raise
    except Exception as error:  # a broken file breaks its parser in any way
        raise Unreadable(
            _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
        ) from error
    blocks: list[Text | Grid] = []
    notes: list[str] = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            notes.append(_("工作表 {sheet} 是隐藏的，没有读", sheet=sheet.title))
            continue
        blocks.append(Text(sheet.title, sheet.title, 1))
        blocks += _sheet(sheet, notes)
    return Published(tuple(blocks), str(book.properties.title or ""), notes=tuple(notes))


def _sheet(sheet: Any, notes: list[str]) -> list[Text | Grid]:  # noqa: ANN401  # openpyxl carries no types
    spans = {(span.min_row, span.min_col): span for span in sheet.merged_cells.ranges}
    covered = {
        (row, column)
        for span in sheet.merged_cells.ranges
        for row in range(span.min_row, min(span.max_row, _ROWS) + 1)
        for column in range(span.min_col, min(span.max_col, _COLUMNS) + 1)
    } - spans.keys()
    rows, columns = min(sheet.max_row, _ROWS), min(sheet.max_column, _COLUMNS)
    if sheet.max_row > _ROWS:
        notes.append(_("工作表 {sheet} 只读了前 {rows} 行", sheet=sheet.title, rows=_ROWS))
    boxes, texts = [], []
    for row in sheet.iter_rows(max_row=rows, max_col=columns):
        filled = [cell for cell in row if cell.value is not None]
        for cell in row:
            at = (cell.row, cell.column)
            if at in covered:
                continue
            span = spans.get(at)
            bottom, right = (span.max_row, span.max_col) if span else at
            boxes.append(Box(_text(cell.value), cell.row - 1, bottom, cell.column - 1, right))
        if len(filled) == 1 and isinstance(filled[0].value, str):
            texts.append(filled[0].value)
    grid = Grid(tuple(boxes))
    return [*(Text(text, text) for text in texts[:1]), grid] if boxes else []


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return re.sub(r"\.0$", "", f"{value:.10g}" if abs(value) < 1e10 else f"{value:.4f}")  # noqa: PLR2004  # ten digits
    return str(value)
