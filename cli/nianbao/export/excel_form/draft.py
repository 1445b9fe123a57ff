"""A form to be filled in while it is being written: for whom, where its cells are, what may be typed into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from nianbao.datafiles import scaffold
from nianbao.export.workbook import CELL_STYLE, Sheet, Workbook
from nianbao.importer.recognition.excel_form import PREFIX
from nianbao.model.facts import Facts
from nianbao.model.form import Fact, Form
from nianbao.model.report import Number, Report, fill
from nianbao.model.value_types import Kind, Value

INPUT_STYLE = {**CELL_STYLE, "locked": False, "bg_color": "#FFFBE6"}
TOTAL_STYLE = {
    **CELL_STYLE,
    "locked": False,
    "bg_color": "#EAF4EA",
}  # a total, which adds itself up until it is typed over
LABEL_STYLE = {**CELL_STYLE, "text_wrap": True}
ERROR_STYLE = {"bg_color": "#C00000", "font_color": "#FFFFFF"}
WARNING_STYLE = {"bg_color": "#FFC000"}
LINE_HEIGHT = 15  # points of a line
PROTECTION = {"select_locked_cells": True, "format_columns": True, "format_rows": True}  # what a locked sheet lets do


@dataclass(frozen=True)
class FormRequest:
    """What a form is made for: the year, the office's folder and name, and what is known from last year."""

    form: Form
    year: int
    folder: str = ""
    name: str = ""
    last_report: Report | None = None

    @cached_property
    def empty_report(self) -> Report:
        """The form filled with nothing: which totals add themselves up, and from what."""
        return fill(self.form, Facts("", "", {}))

    @cached_property
    def carried_over(self) -> Mapping[str, Number]:
        """The figures that carry over from last year."""
        return (
            scaffold.carry_over(self.form, self.last_report)
            if self.last_report and self.last_report.year == self.year - 1
            else {}
        )

    @property
    def known_facts(self) -> dict[str, Value]:
        """The facts that stay the same from year to year, and those that the office is known by."""
        last = self.last_report.values if self.last_report else {}
        standing = {fact.id: last[fact.id] for fact in self.form.facts if fact.standing and fact.id in last}
        return standing | ({self.form.author_at: self.name} if self.name else {})


def list_required_facts(form: Form) -> list[Fact]:
    """Give the facts that every report must have, which are asked for first."""
    return [fact for fact in form.facts if fact.required]


@dataclass(slots=True)
class FormDraft:
    """A workbook while it is written: where each figure is, and the cells that say how a check went."""

    workbook: Workbook
    request: FormRequest
    figure_cells: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    check_cells: list[str] = field(default_factory=list)

    def define_name(self, address: str, sheet: Sheet, row: int, column: int) -> None:
        """Name a cell, so that it is found again wherever it is moved to."""
        where = f"={quote_sheetname(sheet.name)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"
        self.workbook.writer.define_name(PREFIX + address, where)


def format_invalid_test(kind: Kind, cell: str) -> str:
    """Say as a formula that a cell holds what is no figure of a kind."""
    low, high = kind.shape.get("minimum", 0), kind.shape.get("maximum", 0)
    digits = 0 if kind.shape["type"] == "integer" else 4
    wrong = f"OR({cell}<{low},{cell}>{high},{cell}<>ROUND({cell},{digits}))"
    return f"IF(ISBLANK({cell}),FALSE,IF(ISNUMBER({cell}),{wrong},TRUE))"


def make_validation(kind: Kind, cell: str) -> dict[str, Any]:
    """Refuse what is no figure of a kind as soon as it is typed, and say what is."""
    says = {"error_title": "这里只能填数", "error_message": f"{kind.words}。", "ignore_blank": True}
    if kind.shape["type"] == "integer":
        low, high = kind.shape["minimum"], kind.shape["maximum"]
        return {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high, **says}
    return {"validate": "custom", "value": f"=NOT({format_invalid_test(kind, cell)})", **says}


def set_up_page(sheet: Sheet, *, wide: bool) -> None:
    """Make a sheet one A4 page, locked but for the cells that are to be filled in."""
    if wide:
        sheet.worksheet.set_landscape()
    sheet.worksheet.set_paper(9)  # A4
    sheet.worksheet.fit_to_pages(1, 1)
    sheet.worksheet.set_footer("&C&P / &N")
    sheet.worksheet.protect("", PROTECTION)
