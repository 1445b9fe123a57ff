"""Reports as tidy data: every figure and every other fact of a report is a row of its own, with its label.

The rows of a report are kept in a few texts, which are cheap to send between processes and to insert into a database;
the labels of figures are kept once for each edition.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import Struct

from nianbao.compose import document
from nianbao.compose.templating import LoadTemplate
from nianbao.model.finding import UserError
from nianbao.model.form import OWN_FACTS, Form
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.model.tables.slots import Slot
from nianbao.model.units.states import find_due_day
from nianbao.model.value_types import format_number, guess_value_type

CELL_SEPARATOR = "\x1f"  # between the cells of a report: a text may be one, and hold any other sign
FigureSource = Literal["written", "computed", "omitted", "does-not-apply"]
# The letters of `ReportRows.sources`.
FIGURE_SOURCES: dict[str, FigureSource] = {
    "w": "written",
    "c": "computed",
    "o": "omitted",
    "x": "does-not-apply",
}
_REPORT_COLUMNS = frozenset({"year", "period", "edition"})  # facts that are columns of every table already

# The beginning of a text that a spreadsheet may take for a formula: one of = + - @, also as a full-width or other
# variant, after any characters that are not visible; or a tab or a line break, at which some spreadsheets begin a new
# cell. The pattern means the same in Python and in DuckDB.
FORMULA_PATTERN = (
    "^(?:[\\x00-\\x20\\x7f\x80-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*"
    "[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212]|[\\t\\n\\r])"
)
_FORMULA_REGEX = re.compile(FORMULA_PATTERN)


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may take a text for a formula."""
    return _FORMULA_REGEX.match(text) is not None


def escape_formula(text: str) -> str:
    """Put an apostrophe, which marks a text in a spreadsheet, before a text that may be taken for a formula."""
    return f"'{text}" if is_formula(text) else text


class FigureColumn(NamedTuple):
    """One figure of an edition: its position in the form, counted from 1, and its labels; a row of DuckDB's table."""

    kind: str
    edition: str
    position: int
    table_id: str
    address: str
    row_label: str
    column_label: str
    label: str
    unit: str
    value_type: str
    is_number: bool


class StatedFact(NamedTuple):
    """A fact that is in no table, or in a row that the data decides.

    A list of texts makes one for each `item`, counted from 1.

    `number` holds decimal digits, and is empty where the value is no number.
    """

    address: str
    item: int
    label: str
    value: str
    number: str
    unit: str
    value_type: str


class SectionText(NamedTuple):
    """The text of a section as it is printed, in plain words; `given` is `written` where it is the office's own."""

    section: str
    heading: str
    text: str
    given: Literal["written", "standard"]


class ReportRows(Struct, frozen=True):
    """The rows of a report: `figures` in the order of the form with separators between them, and the facts.

    `figures` has the cells of tables that hold no numbers too; of one that holds nothing it has an empty text.
    `sources` has a letter of `FIGURE_SOURCES` for each figure; `name` is the author's, empty where there is none.
    `kind` is the id of the kind of document, `period` the name of the period, such as 2024-Q3 of the `year` 2024.
    `leaf`: no office reports to this one, so that its figures are not the sum of others.
    """

    office: str
    name: str
    kind: str
    year: int
    period: str
    edition: str
    leaf: bool
    title: str
    published: date | None
    due: date | None
    figures: str
    sources: str
    facts: tuple[StatedFact, ...]
    texts: tuple[SectionText, ...] = ()

    def count_late_days(self, today: date) -> int | None:
        """Count the days between the due day and that of issue, or today; 0 in time, None where no day is due."""
        return max(((self.published or today) - self.due).days, 0) if self.due else None


def make_rows(
    report: Report, office: str, period: Period, load_template: LoadTemplate | None = None, *, has_title: bool = False
) -> ReportRows:
    """Make the rows of a report; `office` is the folder of its data file, which is called after the `period`.

    With `load_template` they have the texts of its sections too, and with `has_title` the title: few need them.
    """
    written = {entry.address for entry in report.entries if entry.valid}
    author = document.compose_author(report)
    published = report.values.get("published")
    cells = report.figures | report.values
    slots = report.form.fixed.slots
    letters = (
        "x" if address in report.excluded else "w" if address in written else "c" if address in report.computed else "o"
        for address in slots
    )
    return ReportRows(
        office,
        author,
        report.form.kind.id,
        period.year,
        str(period),
        report.form.edition,
        leaf=True,
        title=_compose_title(report) if has_title else "",
        published=published if isinstance(published, date) else None,
        due=find_due_day(report.form, author, period),
        figures=CELL_SEPARATOR.join(_format_value(cells.get(at)).replace(CELL_SEPARATOR, " ") for at in slots),
        sources="".join(letters),
        facts=tuple(_list_facts(report)),
        texts=tuple(_list_texts(report, load_template)) if load_template else (),
    )


def list_figure_columns(form: Form) -> Iterator[FigureColumn]:
    """List every cell of the tables of an edition in their order, also of those that hold no numbers."""
    tables = {slot.address: table.id for table in form.tables for slot in table.slots}
    for position, (address, slot) in enumerate(form.slots.items(), 1):
        row, column = _format_labels(slot)
        yield FigureColumn(
            form.kind.id,
            form.edition,
            position,
            tables[address],
            address,
            row,
            column,
            form.labels[address],
            slot.unit,
            slot.value_type.name,
            slot.value_type.has_number_schema,
        )


def _format_labels(slot: Slot) -> tuple[str, str]:
    """Format the labels of a figure's row and column from the headings that have a part in its address."""
    paths = (slot.rows, slot.columns) if slot.rows else (slot.columns[:-1], slot.columns[-1:])
    row, column = (" · ".join(part.label for part in path if part.id) for path in paths)
    return row, column


def _list_facts(report: Report) -> Iterator[StatedFact]:
    form, slots = report.form, report.form.fixed.slots
    units = {fact.id: fact.unit for fact in form.facts}
    in_open_rows = {address: value for address, value in report.figures.items() if address not in slots}
    if in_open_rows:
        units |= {address: slot.unit for address, slot in form.slots.items() if address not in slots}
    for address, value in (report.values | in_open_rows).items():
        if address in _REPORT_COLUMNS or address in slots:
            continue
        own = guess_value_type(value) if address.startswith(f"{OWN_FACTS}.") else None
        value_type = (own or report.form.value_types[address]).name
        label = address.removeprefix(f"{OWN_FACTS}.") if own else report.form.labels[address]
        for item, part in enumerate(value if isinstance(value, list) else [value], 1):
            number = format_number(part) if isinstance(part, int | Decimal) and not isinstance(part, bool) else ""
            yield StatedFact(address, item, label, _format_value(part), number, units.get(address, ""), value_type)


def _compose_title(report: Report) -> str:
    with suppress(UserError):
        return document.compose_title(report)
    return ""


def _list_texts(report: Report, load_template: LoadTemplate) -> Iterator[SectionText]:
    """List the texts of the sections; none where a fact is missing that they need."""
    with suppress(UserError):
        composed = document.compose(report, load_template)
        for section, text in composed.plain.items():
            heading = document.compose_heading(report, section)
            yield SectionText(section, heading, text, "written" if section in report.prose else "standard")


def _format_value(value: object) -> str:
    """Format a value for programs: a date as in ISO 8601, a number with all its digits, a list one item on a line."""
    if isinstance(value, list):
        return "\n".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format_number(value)
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
