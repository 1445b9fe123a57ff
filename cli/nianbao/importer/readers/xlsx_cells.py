"""What the cells of an Excel sheet show: marks of raised words, those struck out, and nothing of hidden ones."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nianbao.importer.readers.sheets import MAX_COLUMNS, MAX_ROWS, RAISED, STRUCK, format_number

_NOTE_PLACES = frozenset({"superscript", "subscript"})
_NUMBER = "n"  # the type of a cell, also of one with a formula that was never computed


class SheetTexts:
    """The texts of a sheet, where `formulas` has those of the workbook; `left_out` counts cells of hidden ones.

    Where it `shows_all`, what is hidden counts, too.
    """

    def __init__(self, sheet: Any, formulas: Mapping[tuple[str, str], str], *, shows_all: bool) -> None:  # noqa: ANN401  # openpyxl has no types
        self.title, self.formulas = sheet.title, formulas
        rows, columns = sheet.row_dimensions.values(), sheet.column_dimensions.values()
        self.rows: set[int] = set()
        self.columns: set[int] = set()
        if not shows_all:
            self.rows = {row.index for row in rows if row.index <= MAX_ROWS and (row.hidden or row.height == 0)}
            for column in (column for column in columns if column.hidden or column.width == 0):
                self.columns |= set(range(column.min or 0, min(column.max or 0, MAX_COLUMNS) + 1))
        self.left_out = 0

    def find(self, cell: Any, bottom: int, right: int) -> str:  # noqa: ANN401  # see above
        """Return the text that a cell shows, which reaches to a row and a column; that of a formula without a result.

        It is empty where all rows or columns of the cell are hidden.
        """
        if cell.value is None:
            is_open = cell.data_type == _NUMBER and (self.title, cell.coordinate) in self.formulas
            return self.formulas[self.title, cell.coordinate] if is_open else ""
        if self._is_hidden(cell, bottom, right):
            self.left_out += 1
            return ""
        text = _mark_parts(cell.value) if isinstance(cell.value, list) else format_value(cell.value)
        return STRUCK.format(text) if text and cell.font.strike else text

    def _is_hidden(self, cell: Any, bottom: int, right: int) -> bool:  # noqa: ANN401  # see above
        if not (self.rows or self.columns):
            return False
        return self.rows.issuperset(range(cell.row, bottom + 1)) or self.columns.issuperset(
            range(cell.column, right + 1)
        )


def _mark_parts(value: Any) -> str:  # noqa: ANN401  # see above
    """Return a text whose parts have fonts of their own: brackets around a raised one, as it refers to a note."""
    parts = []
    for part in value:
        font = getattr(part, "font", None)
        text = str(getattr(part, "text", part))
        is_raised = font is not None and font.vertAlign in _NOTE_PLACES and text.strip()
        if is_raised and unicodedata.category(text.strip()[0]) != "Ps":  # not in brackets of its own
            text = RAISED.format(text)
        parts.append(STRUCK.format(text) if font is not None and font.strike else text)
    return "".join(parts)


def format_value(value: object) -> str:
    """Return the value of a cell as a text: numbers with as many digits as a spreadsheet keeps, days without a time."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return format_number(value)
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return str(value)
