"""XLSX workbooks: the same content gives the same bytes, and no text can be taken for a formula."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from nianbao.export.rows import is_formula
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.tables.grid import Cell
from nianbao.workspace.staging import make_scratch_folder

ROW_LIMIT = 1_048_576  # of a sheet: Excel's specification
SHEET_NAME_LIMIT = 31  # characters: Excel's specification
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]")  # a character as wide as two digits
HEADER_STYLE = {
    "bold": True,
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
    "border": 1,
    "bg_color": "#E7EEF5",
}
CELL_STYLE = {"border": 1, "valign": "vcenter"}


def measure_width(text: str) -> int:
    """Measure a text in the unit of a column's width, a digit; one with Chinese characters as if all were."""
    return len(text) * (2 if _WIDE.search(text) else 1)


class Workbook:
    """A workbook that is being written; `writer` is XlsxWriter's, and styles are given by XlsxWriter's properties.

    `font` is the face of all cells; empty for that of the spreadsheet program.
    """

    def __init__(self, target: BytesIO, options: Mapping[str, object], font: str = "") -> None:
        import xlsxwriter  # noqa: PLC0415  # few commands write spreadsheets

        self.writer = xlsxwriter.Workbook(target, {**options, "strings_to_formulas": False, "strings_to_urls": False})
        created = datetime(1980, 1, 1)  # noqa: DTZ001  # not the clock's: the same content gives the same bytes
        self.writer.set_properties({"created": created})
        self._font: Mapping[str, object] = {"font_name": font} if font else {}
        if font:
            self.writer.formats[0].set_font_name(font)  # of cells without a style
        self._styles: dict[tuple[tuple[str, Any], ...], Any] = {}

    def add_sheet(self, name: str, ending: str = "") -> "Sheet":
        """Add a sheet; its name is cut, before its `ending`, to one that Excel allows and that no other sheet has."""
        return Sheet(self, self.writer.add_worksheet(self._make_sheet_name(name, ending)))

    def _make_sheet_name(self, name: str, ending: str) -> str:
        """Cut a name to the length that Excel allows, without the characters that it forbids; number a second one.

        To Excel names that differ in upper and lower case only are the same.
        """
        taken = {sheet.get_name().lower() for sheet in self.writer.worksheets()}
        plain = re.sub(r"[\[\]:*?/\\']", " ", name)
        endings = (f"~{number}{ending}" if number > 1 else ending for number in count(1))
        names = (plain[: SHEET_NAME_LIMIT - len(end)].strip() + end for end in endings)
        return next(made for made in names if made.lower() not in taken)

    def get_style(self, **properties: object) -> Any:  # noqa: ANN401  # XlsxWriter has no types
        """Return the style with these properties, the same one for the same properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._styles:
            self._styles[key] = self.writer.add_format({**self._font, **properties})
        return self._styles[key]


class Sheet:
    """A sheet that is being written; `worksheet` is XlsxWriter's, rows and columns are counted from 0."""

    def __init__(self, workbook: Workbook, worksheet: Any) -> None:  # noqa: ANN401  # XlsxWriter has no types
        self.workbook = workbook
        self.worksheet = worksheet
        self.name: str = worksheet.get_name()

    def write(self, row: int, column: int, value: object, **properties: object) -> None:
        """Write a text as a text, a number as a number, None as an empty cell; raises `UserError` past the last row.

        A text that looks like a formula gets Excel's own mark for texts.
        """
        if row >= ROW_LIMIT:
            raise UserError(_("too-many-rows-for-sheet", rows=ROW_LIMIT), _("use-parquet-or-csv"))
        if isinstance(value, str):
            prefix = {"quote_prefix": True} if is_formula(value) else {}
            self.worksheet.write_string(row, column, value, self.workbook.get_style(**properties, **prefix))
        elif value is not None:
            self.worksheet.write_number(row, column, value, self.workbook.get_style(**properties))
        else:
            self.worksheet.write_blank(row, column, None, self.workbook.get_style(**properties))

    def write_merged(self, cell: Cell, top: int, left: int, text: str, **properties: object) -> None:
        """Write a text into a cell of a grid whose first cell is at `top` and `left`, merging those that it spans."""
        row, column = top + cell.row, left + cell.column
        if cell.rowspan > 1 or cell.colspan > 1:
            bottom, right = row + cell.rowspan - 1, column + cell.colspan - 1
            self.worksheet.merge_range(row, column, bottom, right, "", self.workbook.get_style(**properties))
        self.write(row, column, text, **properties)


@contextmanager
def create_workbook(target: Path | BytesIO, *, streamed: bool = False, font: str = "") -> Iterator[Workbook]:
    """Create a workbook, which is written at the end of the context; raises OSError where that fails.

    `font` is the face of all cells. With `streamed` rows must be written in order, and none is held in memory.
    """
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415  # few commands write spreadsheets

    with closing(make_scratch_folder()) as folder:
        # Zipped in memory: a file that a full disk cuts short would be closed, and fail, a second time at the end.
        content = target if isinstance(target, BytesIO) else BytesIO()
        workbook = Workbook(content, {"constant_memory": streamed, "tmpdir": str(folder.path)}, font)
        try:
            yield workbook
            workbook.writer.close()
            if isinstance(target, Path):
                target.write_bytes(content.getbuffer())
        except FileCreateError as error:
            raise error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error)) from error
        finally:
            for sheet in workbook.writer.worksheets():
                if streamed and sheet.row_data_fh:
                    sheet.row_data_fh.close()
