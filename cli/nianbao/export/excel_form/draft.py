"""An Excel form that is being written: what it is made for, its styles and cells, and what may be typed into them."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any, cast

from msgspec import Struct, field
from msgspec.structs import replace
from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell

from nianbao.datafiles import scaffold
from nianbao.export.workbook import CELL_STYLE, Sheet, Workbook, measure_width
from nianbao.importer.recognition.excel_form import PREFIX
from nianbao.model.facts import Facts, Tree, find_value
from nianbao.model.form import Fact, Form
from nianbao.model.locale import Locale
from nianbao.model.open_rows.blank_rows import BlankRows, list_rows
from nianbao.model.open_rows.filling import expand_form
from nianbao.model.period import Period
from nianbao.model.report import Number, Report, fill_form
from nianbao.model.tables.headings import ENTRY
from nianbao.model.value_types import Value, ValueType

INPUT_STYLE = {**CELL_STYLE, "locked": False, "bg_color": "#FFFBE6"}
TOTAL_STYLE = {**INPUT_STYLE, "bg_color": "#EAF4EA"}  # of a total: a formula until someone types over it
LABEL_STYLE = {**CELL_STYLE, "text_wrap": True}
ERROR_STYLE = {"bg_color": "#C00000", "font_color": "#FFFFFF"}
WARNING_STYLE = {"bg_color": "#FFC000"}
_SIDE_MARGIN = 0.5  # inches
_LIST_LIMIT = 255  # characters of the list of a validation, which are separated by commas
LINE_HEIGHT = 15  # points
_LABEL_MARGIN = 4  # characters
_COMMENT_COLUMNS, _COMMENT_WIDTH, _COMMENT_LINE = 44, 340, 20  # digits on a line, pixels of a comment and of a line
PROTECTION = {"select_locked_cells": True, "format_columns": True, "format_rows": True}  # allowed on a locked sheet


class Mark(Struct, frozen=True):
    """What is wrong with the value of a cell, in words for a comment; what is no error is only worth another look."""

    words: str
    is_error: bool = True


class FormRequest(Struct, frozen=True, dict=True):
    """What a form is made for: the edition and year, the office's folder and name, and its report of last year.

    A form that goes back is filled with a `report`, and with the `texts` of its sections by their ids; `marks` say by
    address what is wrong. `blank` says which blank rows there are where the data decides the rows; `with_rows` puts
    those and the rows of the report into `form` and `rows`.
    """

    form: Form
    period: Period
    folder: str = ""
    name: str = ""
    last_report: Report | None = None
    report: Report | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    blank: BlankRows = field(default_factory=BlankRows)
    rows: Facts = field(default_factory=lambda: Facts("", "", {}))

    def with_rows(self) -> "FormRequest":
        """Return the request with the rows of its report and blank ones; without a report, for codes of last year."""
        last = self.last_report
        codes = {*self.blank.codes, *(_list_codes(last) if last and not self.report else ())}
        values = self.report.facts.tree if self.report else {}
        rows = list_rows(self.form, values, replace(self.blank, codes=codes))
        named = replace(rows, tree=_merge(rows.tree, values))
        return replace(self, form=expand_form(self.form, named)[0], rows=rows)

    @cached_property
    def empty_report(self) -> Report:
        """The report of an empty data file: which totals are computed, and from which parts."""
        return fill_form(self.form, self.rows)

    @cached_property
    def carried_over(self) -> Mapping[str, Number]:
        """The figures that carry over from last year, by address."""
        return scaffold.carry_over(self.form, self.period, self.last_report)

    @cached_property
    def given(self) -> Mapping[str, Value]:
        """The figures to fill in, by address: those of the report, else what carries over from last year.

        Of a report its facts, too. What is no value of its type is a text as it was written; totals that are computed
        are left out.
        """
        report = self.report
        if report is None:
            return self.carried_over
        faulty = {entry.address: str(entry.value) for entry in report.entries if entry.fault}
        written = {entry.address for entry in report.entries if entry.valid}
        excluded = {
            entry.address: cast("Value", entry.value)
            for entry in report.entries
            if entry.valid and entry.address in report.excluded
        }
        figures = {
            address: figure
            for address, figure in report.figures.items()
            if address not in report.computed and (address in written or address not in report.unknown)
        }
        return {**report.values, **figures, **excluded, **faulty}

    @property
    def known_facts(self) -> Mapping[str, Value]:
        """The facts to fill in: those of last year that stay from year to year or carry over, and the office's name."""
        if self.report:
            return self.given
        last = self.last_report.values if self.last_report else {}
        standing = {fact.id: last[fact.id] for fact in self.form.facts if fact.standing and fact.id in last}
        carried = scaffold.carry_over_facts(self.form, self.period, self.last_report)
        return standing | carried | ({self.form.author_address: self.name} if self.name else {})


def _list_codes(report: Report) -> Iterator[str]:
    """List the codes of axes that a report has rows of."""
    for table in report.form.tables:
        for address, heading in table.open_rows.items():
            found = find_value(report.facts.tree, address)
            yield from found if heading.each != ENTRY and isinstance(found, dict) else ()


def _merge(rows: Tree, values: Tree) -> Tree:
    """Return the rows of a tree with the values that another one has in them, and everything else that this has."""
    both = {key: _merge(row, value) for key, row in rows.items() if isinstance(value := values.get(key), dict)}
    return {**rows, **values, **both}


def list_required_facts(form: Form) -> list[Fact]:
    """List the facts that every report must have; they are on the first sheet."""
    return [fact for fact in form.facts if fact.required]


class FormDraft(Struct):
    """A workbook that is being written.

    `figure_cells` has for each address the sheet, row and column; `check_ranges` are references to the cells in which
    checks show their results: a formula with a reference for each of them would be too long for Excel. `figure_ranges`
    are references to the figures of each table, of which `given_figures` hold a number that nobody has typed: a
    formula, or what last year carries over. `cells` has for each address of a figure, fact or text the sheet and the
    cell, for people. `rows_below` says how many further rows may be filled in below a list, by the addresses of the
    cells in its last row.
    """

    workbook: Workbook
    request: FormRequest
    figure_cells: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    check_ranges: list[str] = field(default_factory=list)
    figure_ranges: list[str] = field(default_factory=list)
    given_figures: int = 0
    cells: dict[str, str] = field(default_factory=dict)
    rows_below: dict[str, int] = field(default_factory=dict)

    def define_name(self, address: str, sheet: Sheet, row: int, column: int) -> None:
        """Give a cell the name by which `report import` finds it, also where it has been moved."""
        reference = f"={quote_sheetname(sheet.name)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"
        self.workbook.writer.define_name(PREFIX + address, reference)
        self.cells[address] = f"{sheet.name}!{xl_rowcol_to_cell(row, column)}"
        if mark := self.request.marks.get(address):
            self._mark_cell(address, sheet, (row, column), mark)

    def _mark_cell(self, address: str, sheet: Sheet, at: tuple[int, int], mark: Mark) -> None:
        """Comment on a cell, and highlight it as long as its value stays as it is."""
        lines = sum(1 + measure_width(line) // _COMMENT_COLUMNS for line in mark.words.splitlines())
        size = {"width": _COMMENT_WIDTH, "height": _COMMENT_LINE * (lines + 1)}
        sheet.worksheet.write_comment(*at, mark.words, size)
        value = self.request.given.get(address)
        if value is None and self.request.report:
            value = self.request.report.figures.get(address)
        test = format_unchanged_test(format_input(value, self.request.form.locale), xl_rowcol_to_cell(*at))
        self.highlight(sheet, at, test, ERROR_STYLE if mark.is_error else WARNING_STYLE)

    def add_check_range(self, sheet: Sheet, first: tuple[int, int], last: tuple[int, int]) -> None:
        """Note that checks show their results in the rows and columns from `first` to `last`."""
        self.check_ranges.append(f"{quote_sheetname(sheet.name)}!{xl_range_abs(*first, *last)}")

    def highlight(self, sheet: Sheet, at: tuple[int, int], formula: str, style: Mapping[str, object]) -> None:
        """Give the cell in the row and column `at` a style where a formula is true."""
        rule = {"type": "formula", "criteria": f"={formula}", "format": self.workbook.get_style(**style)}
        sheet.worksheet.conditional_format(*at, *at, rule)


def count_lines(text: str, width: float) -> int:
    """Count the lines that a label takes in a column, whose width is in characters; some letters are wider."""
    return -(-measure_width(text) // int(width - _LABEL_MARGIN))


def format_input(value: Value | None, locale: Locale) -> str | Number | None:
    """Return a known value as it would be typed into a cell: a list one item on a line, a date as in ISO 8601."""
    if isinstance(value, bool):
        return locale.format_yes_no(value)
    if isinstance(value, list):
        return "\n".join(value)
    return value.isoformat() if isinstance(value, date) else value


def format_unchanged_test(value: str | Number | None, cell: str) -> str:
    """Format a formula that is true as long as a cell holds a value; of texts it is always true."""
    return f"ISBLANK({cell})" if value in {None, ""} else "TRUE" if isinstance(value, str) else f"{cell}={value}"


def format_invalid_test(value_type: ValueType, cell: str) -> str:
    """Format a formula that is true where a cell holds anything but a number of a value type."""
    low, high = value_type.json_schema.get("minimum", 0), value_type.json_schema.get("maximum", 0)
    wrong = f"OR({cell}<{low},{cell}>{high},{cell}<>ROUND({cell},{value_type.places}))"
    return f"IF(ISBLANK({cell}),FALSE,IF(ISNUMBER({cell}),{wrong},TRUE))"


def validate_cell(draft: FormDraft, sheet: Sheet, at: tuple[int, int], value_type: ValueType) -> None:
    """Make Excel refuse what is no value of a type as it is typed into the cell in the row and column `at`."""
    if rule := make_validation(draft.request.form.locale, value_type, xl_rowcol_to_cell(*at)):
        sheet.worksheet.data_validation(*at, *at, rule)


def make_validation(locale: Locale, value_type: ValueType, cell: str) -> dict[str, Any]:
    """Make a rule by which Excel refuses what is no value of a type as it is typed, with a message; empty for texts."""
    choices = value_type.json_schema.get("enum")
    if value_type.name == "yes-no":
        choices = [locale.format_yes_no(value) for value in (True, False)]
    if isinstance(choices, list):
        is_short = len(",".join(choices)) <= _LIST_LIMIT and not any("," in choice for choice in choices)
        return {"validate": "list", "source": choices, "ignore_blank": True} if is_short else {}
    if not value_type.has_number_schema:
        return {}
    words = locale.say("form-number-expected", type=value_type.describe(locale))
    message = {"error_title": locale.say("form-number-only"), "error_message": words, "ignore_blank": True}
    if value_type.json_schema["type"] == "integer":
        low, high = value_type.json_schema["minimum"], value_type.json_schema["maximum"]
        return {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high, **message}
    return {"validate": "custom", "value": f"=NOT({format_invalid_test(value_type, cell)})", **message}


def set_up_page(sheet: Sheet, *, wide: bool = False) -> None:
    """Print a sheet as wide as an A4 page on as many pages as it needs, and lock it but for what is to be filled in."""
    if wide:
        sheet.worksheet.set_landscape()
    sheet.worksheet.set_paper(9)  # A4
    sheet.worksheet.set_margins(left=_SIDE_MARGIN, right=_SIDE_MARGIN)
    sheet.worksheet.fit_to_pages(1, 0)
    sheet.worksheet.set_footer("&C&P / &N")
    sheet.worksheet.protect("", PROTECTION)
