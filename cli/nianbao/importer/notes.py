"""The notes on an imported file, beside its findings: what was left out, was not read, or differs from the form."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nianbao.importer.edition_notes import describe_editions
from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.scan_notes import describe_unproven
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.period import Period

_MAX_LABELS = 3  # cells that a note names
_REASONS = {
    "words": N_("cell-is-no-figure"),
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
    yield from (_("at-place", place=file_name, message=note) for note in _describe_undecided(recognized))
    yield from describe_editions(recognized)
    yield from describe_unproven(recognized)
    if with_sections:
        yield from (_("section-not-found", heading=part.heading) for part in recognized.missing_sections)
    yield from (_("extra-row-dropped", row=row) for row in recognized.tables.extra_rows)
    yield from (_("file-ends-inside-row", row=row) for row in recognized.tables.truncated_rows)


def _describe_undecided(recognized: RecognizedReport) -> Iterator[str]:
    """Describe the cells of a spreadsheet that could not be read, or are not there: where they are, and why."""
    labels = recognized.form.labels
    for cell in recognized.undecided_cells:
        if location := recognized.spreadsheet_cells.get(cell.slot.address):
            reason = _(_REASONS.get(cell.reason, _REASONS["words"]), printed=cell.printed)
            what = _("at-place", place=labels[cell.slot.address], message=reason)
            yield _("at-place", place=location, message=what)
    for invalid in recognized.invalid_cells:
        wrong = invalid.value_type.find_fault(invalid.value)
        why = wrong or _(_REASONS["formula"], printed=invalid.text)
        yield _("cell-left-out", at=invalid.location, label=invalid.label, shown=invalid.text, why=why)
    if recognized.spreadsheet_cells and (missing := recognized.missing_addresses):
        names = join_words(labels[address] for address in missing[:_MAX_LABELS])
        yield _("form-cells-gone", count=len(missing), labels=names)


def add_locations(findings: Sequence[Finding], recognized: RecognizedReport, file_name: str) -> list[Finding]:
    """Add to findings about the figures of a spreadsheet in which cell each stands."""
    found = []
    for finding in findings:
        location = recognized.spreadsheet_cells.get(finding.address)
        note = (_("see-place", place=_("at-place", place=file_name, message=location)),) if location else ()
        found.append(replace(finding, notes=(*finding.notes, *note)))
    return found
