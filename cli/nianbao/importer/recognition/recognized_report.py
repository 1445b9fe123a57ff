"""A recognized report: its texts, its tables in their editions, and the edition of a data file for it."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.importer.recognition.headings import note_pictures
from nianbao.importer.recognition.labels import normalize, parse_label
from nianbao.importer.recognition.lists.list_entries import read_lists
from nianbao.importer.recognition.lists.list_tables import FoundLists, find_lists
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.other_years import leave_out_other_years
from nianbao.importer.recognition.published import Paragraph, PublishedDocument, PublishedTable
from nianbao.importer.recognition.sections import ExtractedText, extract_text
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow, RecognizedTables, make_rows
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.importer.recognition.tables.recognize import recognize_tables
from nianbao.importer.recognition.tables.rows import KnownLabels
from nianbao.model.finding import UserError
from nianbao.model.form import Form, Section
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.reading import Reading
from nianbao.model.period import EXAMPLES, Period
from nianbao.model.report import Report
from nianbao.model.value_types import ValueType

_MIN_HEADINGS = 0.5  # of the headings of a form without tables that a file must have
_PAGE_NUMBER = re.compile(
    r"[^\w\s|(]+\d{1,4}(?:/\d{1,4})?[^\w\s|)]+|[1-9]\d{0,3}/[1-9]\d{0,3}"
)  # with signs around it, or of all
_MIN_CONFLICTS = 3  # rows that occur twice with other figures: no slip, but another report


class InvalidCell(NamedTuple):
    """A cell of a returned form whose text is no value of its fact's type.

    `location` is its sheet and cell, `label` the name of the fact, `text` what stands there, or the formula,
    `value_type` the type, and `value` the text as far as it could be read.
    """

    location: str
    label: str
    text: str
    value_type: ValueType
    value: object


class RecognizedReport(Struct, frozen=True, dict=True):
    """What was recognized of a published report.

    `form` is the edition that holds most of its figures, the one in force for its year where several do. Of a form
    that we sent out, `spreadsheet_cells` says in which cell each figure stands, by address, `invalid_cells` what else
    could not be read, and `folder` to which office it went.
    """

    document: PublishedDocument
    texts: ExtractedText
    tables: RecognizedTables
    period: Period
    form: Form
    spreadsheet_cells: Mapping[str, str] = field(default_factory=dict)
    invalid_cells: tuple[InvalidCell, ...] = ()
    folder: str = ""

    @cached_property
    def cells_by_address(self) -> dict[str, RecognizedCell]:
        """Every cell that the form has a place for, by its address there."""
        return {address: cell for row in self.tables.rows for address, cell in match_cells(row, self.form)}

    @cached_property
    def rows_by_address(self) -> dict[str, RecognizedRow]:
        """The published row of every cell that the form has a place for, by the address of the cell."""
        return {address: row for row in self.tables.rows for address, _ in match_cells(row, self.form)}

    @cached_property
    def cells_of_other_editions(self) -> list[tuple[RecognizedRow, RecognizedCell]]:
        """The cells with a figure that belong to another edition and have no place in this one, with their rows."""
        found = []
        for row in self.tables.rows:
            matched = {id(cell) for _, cell in match_cells(row, self.form)}
            found += [(row, cell) for cell in row.cells if id(cell) not in matched and cell.state != "blank"]
        return found

    @property
    def undecided_cells(self) -> list[RecognizedCell]:
        """The cells that could not be read, those of other editions too."""
        return [cell for row in self.tables.rows for cell in row.cells if cell.state == "undecided"]

    @property
    def missing_sections(self) -> list[Section]:
        """The sections of the form that have a text, and of which no heading was found."""
        found = self.texts.headings
        return [part for part in self.form.sections if part.text and part.heading and part.id not in found]

    @property
    def missing_addresses(self) -> list[str]:
        """The addresses of the form's figures that were not found at all."""
        return [address for address in self.form.slots if address not in self.cells_by_address]

    def count_undecided(self) -> int:
        """Return how many cells and rows could not be read, or were truncated."""
        return len(self.undecided_cells) + len(self.tables.truncated_rows) + len(self.invalid_cells)

    def with_office(self, office: str) -> "RecognizedReport":
        """Return the same report as that of another office, without the name that the file itself gives as a fact."""
        facts = {address: value for address, value in self.texts.facts.items() if address != self.form.author_address}
        return replace(self, texts=replace(self.texts, office=office, facts=facts))


def recognize(document: PublishedDocument, forms: Sequence[Form], period: Period | None = None) -> RecognizedReport:
    """Recognize a published report by its forms; a period that is given takes precedence over what the file says.

    Raises `UserError` for a file that has none of the forms' tables, that has those of two reports, and for one
    whose period is not known.
    """
    published, document = document, _drop_page_numbers(document, forms[0].kind.signs)
    texts = extract_text(document, forms)
    period = period or Period(texts.year)
    in_force = next((form for form in forms if form.is_in_force(period)), forms[-1])
    layouts = list_layouts(forms)
    without, notes = document, len(document.notes)
    if period.year and layouts:
        headings, years = set(texts.headings.values()), {period.year, texts.year}
        document, without = leave_out_other_years(document, years, KnownLabels(layouts), headings)
    lists = {form.edition: find_lists(without, form) for form in forms}
    without = _hide_lists(without, {block for found in lists.values() for block in found.blocks})
    tables = recognize_tables(without, layouts, in_force.edition) if layouts else RecognizedTables()
    left_out = without.notes[-1] if len(without.notes) > notes else ""
    _check_tables(
        tables,
        texts,
        forms,
        left_out,
        scanned=document.scanned,
        has_lists=any(found.tables for found in lists.values()),
    )
    calendar = in_force.kind.calendar
    if not calendar.has(period):  # of a part of a year the texts say the year at most
        raise UserError(_("report-year-unknown"), _("give-year", example=EXAMPLES[calendar.unit]))
    form = _choose_form(tables, forms, in_force, lists)
    of_lists = read_lists(lists[form.edition], form, exact=document.exact)
    with_rows = {row.block for row in tables.rows} | lists[form.edition].blocks
    rest = tuple(
        block for index, block in enumerate(document.blocks) if index not in with_rows or isinstance(block, Paragraph)
    )
    ordered = [form, *(other for other in forms if other is not form)]  # the sections are those of the first
    texts = extract_text(replace(document, blocks=rest), ordered)  # tables that were not recognized stay in the prose
    rows, extra = (*tables.rows, *of_lists.rows), (*tables.extra_rows, *of_lists.extra_rows)
    tables = replace(tables, rows=rows, extra_rows=extra)
    recognized = RecognizedReport(document, texts, tables, period, of_lists.form)
    doubts = (why for block, why in lists[form.edition].doubtful.items() if block not in with_rows)
    pictures = note_pictures(published, texts.headings, form, recognized.missing_addresses)
    return replace(recognized, document=replace(document, notes=(*document.notes, *of_lists.notes, *doubts, *pictures)))


def _hide_lists(document: PublishedDocument, hidden: Collection[int]) -> PublishedDocument:
    """Return a document without the cells of blocks that are lists, which are no rows of other tables."""
    blocks = (
        replace(block, cells=()) if index in hidden and isinstance(block, PublishedTable) else block
        for index, block in enumerate(document.blocks)
    )
    return replace(document, blocks=tuple(blocks))


def recognize_filled(document: PublishedDocument, report: Report, texts: ExtractedText) -> RecognizedReport:
    """Take a filled form for what was recognized of a file that prints all of it."""
    form = report.form
    cells = {
        address: RecognizedCell(slot, "read" if address in report.figures else "blank", figure, figure)
        for address, slot in form.slots.items()
        for figure in [report.figures.get(address)]
    }
    tables = RecognizedTables(tuple(make_rows(form, cells)))
    return RecognizedReport(document, texts, tables, report.period or Period(0), form)


def _drop_page_numbers(document: PublishedDocument, reading: Reading) -> PublishedDocument:
    """Leave out the lines of paragraphs that are nothing but the number of a page."""
    blocks: list[Paragraph | PublishedTable] = []
    for block in document.blocks:
        if not isinstance(block, Paragraph):
            blocks.append(block)
            continue
        lines = block.plain.split("\n")
        kept = [line for line in lines if not _is_page_number(normalize(line, reading), reading)]
        if len(kept) == len(lines):
            blocks.append(block)
        elif kept:
            text = "\n".join(kept)
            blocks.append(replace(block, plain=text, markdown=escape_markdown(text)))
    return replace(document, blocks=tuple(blocks))


def _is_page_number(line: str, reading: Reading) -> bool:
    return bool(reading.page_number.fullmatch(line) or _PAGE_NUMBER.fullmatch(line))


def _check_tables(  # noqa: PLR0913  # what may be there instead of tables
    tables: RecognizedTables,
    texts: ExtractedText,
    forms: Sequence[Form],
    left_out: str,
    *,
    scanned: bool,
    has_lists: bool,
) -> None:
    """Raise `UserError` where no table was recognized, and where there are those of two reports.

    `left_out` is the note of a table of another year.
    """
    has_tables = any(not table.list_rules for form in forms for table in form.tables)
    expected = sum(bool(section.heading) for section in forms[0].sections)
    if not has_lists and (not tables.rows if has_tables else len(texts.headings) <= expected * _MIN_HEADINGS):
        if left_out:
            raise UserError(_("no-table-of-this-year", note=left_out), _("give-year-of-report"))
        if scanned:
            raise UserError(_("no-table-on-scan"), _("scan-again-clearly"))
        raise UserError(
            _("no-table-recognised"),
            _("check-file-or-run-ocr")
            if texts.headings
            else _("not-like-report", names=join_words(dict.fromkeys(form.name for form in forms))),
        )
    if len(tables.conflicting_rows) >= _MIN_CONFLICTS:
        first, _second = tables.conflicting_rows[0]
        raise UserError(
            _("two-reports-in-file", label=first.cells[0].slot.row_label, count=len(tables.conflicting_rows)),
            _("part-into-two-files"),
        )


def match_cells(row: RecognizedRow, form: Form) -> Iterable[tuple[str, RecognizedCell]]:
    """Give the cells of a row with their addresses in a form: the same, else of a row with its label as alias."""
    for cell in row.cells:
        address = cell.slot.address
        if address in form.slots and form.slots[address].value_type == cell.slot.value_type:
            yield address, cell
        elif row.layout.form is not form and (other_row := _find_row_by_alias(row, form)):
            other = f"{other_row}.{cell.slot.column}"
            if other in form.slots:
                yield other, cell


def _find_row_by_alias(row: RecognizedRow, form: Form) -> str:
    """Return the address of the form's row that has the label of a row as alias, or an empty text."""
    layout = row.layout
    label = parse_label(layout.rows[row.index][-1].label, layout.reading) if layout.rows else None
    for address, slot in form.slots.items():
        aliases = slot.rows[-1].aliases if slot.rows and address.startswith(f"{layout.table.id}.") else ()
        if any(parse_label(alias, layout.reading) == label for alias in aliases):
            return address.removesuffix(f".{slot.column}")
    return ""


def _choose_form(
    tables: RecognizedTables, forms: Sequence[Form], in_force: Form, lists: Mapping[str, FoundLists]
) -> Form:
    """Choose the edition that has a place for most figures; one that is not 0 counts before all that are.

    Where several have as many, it is the one that has most of the lists.
    """
    counts = {form.edition: (0, 0) for form in forms}
    for row in tables.rows:
        for form in forms:
            cells = [cell for _, cell in match_cells(row, form) if cell.state != "blank"]
            not_zero, filled = counts[form.edition]
            counts[form.edition] = (not_zero + sum(cell.value != 0 for cell in cells), filled + len(cells))
    return max(forms, key=lambda form: (*counts[form.edition], len(lists[form.edition].tables), form is in_force))
