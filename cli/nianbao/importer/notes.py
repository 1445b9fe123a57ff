"""The notes on an imported file, beside its findings: what was left out, was not read, or differs from the form."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from nianbao.importer.edition_notes import describe_editions
from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.published import Place
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.importer.scan_notes import describe_unproven
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.period import Period
from nianbao.model.report import Report

_MAX_LABELS = 3  # cells that a note names
_MAX_ROWS = 10  # with undecided cells that notes name
_REASONS = {
    "together": N_("cell-holds-several-figures"),
    "formula": N_("cell-is-formula"),
}


def describe_other_office(texts: ExtractedText, office: str) -> list[str]:
    """Say that the file names another office than the one that a person gave, if any."""
    if office and texts.office not in {"", office}:
        return [_("file-says-office", office=texts.office)]
    return []


def describe_other_year(texts: ExtractedText, period: Period | None) -> list[str]:
    """Say that the file names another year than that of the period that a person gave, if any."""
    return [_("file-says-year", year=texts.year)] if period and texts.year not in {0, period.year} else []


def compose_notes(recognized: RecognizedReport, file_name: str, *, with_sections: bool) -> Iterator[str]:
    """Give the notes on what was recognized, and `with_sections` on the sections that are missing."""
    cells = recognized.cells_by_address.values()
    if cells and all(cell.state == "blank" for cell in cells):
        yield _("every-cell-blank")
    yield from (_("at-place", place=file_name, message=note) for note in _describe_undecided(recognized))
    if not recognized.spreadsheet_cells:
        yield from _describe_undecided_rows(recognized)
    yield from _describe_open_rows(recognized)
    yield from describe_editions(recognized)
    yield from describe_unproven(recognized)
    if with_sections:
        yield from (_("section-not-found", heading=part.heading) for part in recognized.missing_sections)
    yield from (_("extra-row-dropped", row=row) for row in recognized.tables.extra_rows)
    yield from (_("file-ends-inside-row", row=row) for row in recognized.tables.truncated_rows)


def _describe_reason(cell: RecognizedCell) -> str:
    """Say why a cell of a spreadsheet could not be read."""
    if cell.reason == "other":
        return cell.slot.value_type.find_fault(cell.printed)
    if cell.reason in _REASONS:
        return _(_REASONS[cell.reason], printed=cell.printed)
    try:
        number = Decimal(cell.printed)
        value: object = int(number) if number == number.to_integral_value() else number
    except ArithmeticError:  # no number, or none that is finite
        value = cell.printed
    why = cell.slot.value_type.find_fault(value)
    if not why:
        return _("cell-is-no-figure", printed=cell.printed)
    return _("cell-is-no-figure-because", printed=cell.printed, why=why)


def _describe_undecided(recognized: RecognizedReport) -> Iterator[str]:
    """Describe the cells of a spreadsheet that could not be read, or are not there: where they are, and why."""
    labels = recognized.form.labels
    for cell in recognized.undecided_cells:
        if location := recognized.spreadsheet_cells.get(cell.slot.address):
            what = _("at-place", place=labels[cell.slot.address], message=_describe_reason(cell))
            yield _("at-place", place=location, message=what)
    for invalid in recognized.invalid_cells:
        wrong = invalid.value_type.find_fault(invalid.value)
        why = wrong or _(_REASONS["formula"], printed=invalid.text)
        yield _("cell-left-out", at=invalid.location, label=invalid.label, shown=invalid.text, why=why)
    if recognized.spreadsheet_cells and (missing := recognized.missing_addresses):
        names = join_words(labels[address] for address in missing[:_MAX_LABELS])
        yield _("form-cells-gone", count=len(missing), labels=names)


def _describe_undecided_rows(recognized: RecognizedReport) -> Iterator[str]:
    """Say where the first rows with undecided cells stand, and those of the form that were not read at all."""
    rows = [(row, [cell for cell in row.cells if cell.state == "undecided"]) for row in recognized.tables.rows]
    rows = [(row, cells) for row, cells in rows if cells]
    for row, cells in rows[:_MAX_ROWS]:
        columns = join_words(cell.slot.columns[-1].label for cell in cells)
        what = _("row-not-decided", row=cells[0].slot.row_label, columns=columns)
        yield _at_place(row.place, what, cells[0].left)
    if len(rows) > _MAX_ROWS:
        yield _("more-rows-not-decided", count=len(rows) - _MAX_ROWS)
    for place, text in recognized.tables.unread_rows:
        yield _at_place(place, _("row-of-form-left-out", row=text))


def _describe_open_rows(recognized: RecognizedReport) -> Iterator[str]:
    """Say which rows have no label and were taken by order and sums, and which by order alone."""
    keys = {"sums": N_("rows-taken-by-order-and-sums"), "order": N_("rows-taken-by-order-alone")}
    for evidence, key in keys.items():
        rows = [row for row in recognized.tables.rows if row.evidence == evidence]
        labels = [row.cells[0].slot.row_label for row in rows if any(cell.state == "read" for cell in row.cells)]
        if labels:
            yield _(key, count=len(labels), labels=join_words(labels[:_MAX_LABELS]))


def _at_place(place: Place, message: str, left: float | None = None) -> str:
    """Put before a message where something stands in the file, as far as that is known."""
    at = describe_place(place, left)
    return _("at-place", place=at, message=message) if at else message


def describe_place(place: Place, left: float | None = None) -> str:
    """Say where a row, or a cell in the column `left`, stands in the file; empty where that is not known."""
    if place.sheet and place.row:
        return place.name_cell(left)
    if place.page:
        return _describe_page(place)
    if place.line:
        return _("place-line", number=place.line)
    if place.table and place.row:
        return _("place-row", table=place.table, number=place.row)
    return _("place-table", number=place.table) if place.table else ""


def _describe_page(place: Place) -> str:
    if not place.picture:
        return _("place-page", number=place.page)
    if place.row:
        return _("place-picture-row", number=place.page, name=place.picture, row=place.row)
    return _("place-picture", number=place.page, name=place.picture)


def add_unread(findings: Sequence[Finding], report: Report | None, recognized: RecognizedReport) -> list[Finding]:
    """Add to findings about relations which of their cells were not read: these count 0 in the data file."""
    unread: dict[tuple[str, str], list[str]] = {}
    for check in report.broken if report else ():
        addresses = dict.fromkeys(slot.address for part in check.parts for slot in part.slots)
        cells = {address: recognized.cells_by_address.get(address) for address in addresses}
        labels = [recognized.form.labels[one] for one, cell in cells.items() if not cell or cell.state == "undecided"]
        if labels:
            unread |= {(check.relation.rule, address): labels for address in addresses}
    found = []
    for finding in findings:
        labels = unread.get((finding.rule, finding.address), [])
        note = (
            (_("relation-lacks-cells", count=len(labels), labels=join_words(labels[:_MAX_LABELS])),) if labels else ()
        )
        found.append(replace(finding, notes=(*note, *finding.notes)))
    return found


def add_locations(findings: Sequence[Finding], recognized: RecognizedReport, file_name: str) -> list[Finding]:
    """Add to findings about the figures of a spreadsheet in which cell each stands."""
    found = []
    for finding in findings:
        location = recognized.spreadsheet_cells.get(finding.address)
        note = (_("see-place", place=_("at-place", place=file_name, message=location)),) if location else ()
        found.append(replace(finding, notes=(*finding.notes, *note)))
    return found
