"""The notes on an imported file, beside its findings: what was left out, was not read, or differs from the form."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.value_types import VALUE_TYPES

_MAX_LABELS = 3  # cells that a note names
_REASONS = {
    "words": N_("“{printed}”不是这里该有的数"),
    "together": N_("“{printed}”像是几格的数"),
    "formula": N_("是公式 {printed}，没有采用；写成数字"),
}


def describe_other_office(texts: ExtractedText, office: str) -> list[str]:
    """Say that the file names another office than the one that a person gave, if any."""
    if office and texts.office not in {"", office}:
        return [_("文件里写的机关是 {office}", office=texts.office)]
    return []


def describe_other_year(texts: ExtractedText, year: int) -> list[str]:
    """Say that the file names another year than the one that a person gave, if any."""
    return [_("文件里写的是 {year} 年度", year=texts.year)] if year and texts.year not in {0, year} else []


def compose_notes(recognized: RecognizedReport, file_name: str, *, with_sections: bool) -> Iterator[str]:
    """Give the notes on what was recognized, and `with_sections` on the sections that are missing."""
    yield from (f"{file_name}：{note}" for note in _describe_undecided(recognized))
    yield from _describe_editions(recognized)
    if with_sections:
        yield from (_("没有找到“{heading}”这一部分", heading=part.heading) for part in recognized.missing_sections)
    yield from (_("表里多出的一行，没有记下：{row}", row=row) for row in recognized.tables.extra_rows)
    yield from (_("文件到这一行中间断了，没有记下：{row}", row=row) for row in recognized.tables.truncated_rows)


def _describe_undecided(recognized: RecognizedReport) -> Iterator[str]:
    """Describe the cells of a spreadsheet that could not be read, or are not there: where they are, and why."""
    labels = recognized.form.labels
    for cell in recognized.undecided_cells:
        if location := recognized.spreadsheet_cells.get(cell.slot.address):
            reason = _(_REASONS.get(cell.reason, _REASONS["words"]), printed=cell.printed)
            yield f"{location}：{labels[cell.slot.address]}：{reason}"
    for invalid in recognized.invalid_cells:
        wrong = VALUE_TYPES[invalid.value_type].find_fault(invalid.value)
        why = wrong or _(_REASONS["formula"], printed=invalid.text)
        yield _(
            "{at}：{label}：“{shown}”没有记下：{why}",
            at=invalid.location,
            label=invalid.label,
            shown=invalid.text,
            why=why,
        )
    if recognized.spreadsheet_cells and (missing := recognized.missing_addresses):
        names = join_words(labels[address] for address in missing[:_MAX_LABELS])
        yield _("有 {count} 格在表里找不到了（{labels} 等），可能删了行列", count=len(missing), labels=names)


def _describe_editions(recognized: RecognizedReport) -> Iterator[str]:
    """Say which tables are in another edition than the rest."""
    form = recognized.form
    editions: dict[str, set[str]] = {}
    for row in recognized.tables.rows:
        if any(cell.slot.address not in form.slots for cell in row.cells):
            editions.setdefault(row.layout.table.label, set()).add(row.layout.form.edition)
    for table, found in editions.items():
        yield _("{table}：有的部分用的是 {editions} 版格式", table=table, editions=join_words(sorted(found)))
    if recognized.cells_of_other_editions:
        count = len(recognized.cells_of_other_editions)
        yield _("{count} 个数是别的版本的格，本版没有地方记，见文件开头的注释", count=count)


def add_locations(findings: Sequence[Finding], recognized: RecognizedReport, file_name: str) -> list[Finding]:
    """Add to findings about the figures of a spreadsheet in which cell each stands."""
    found = []
    for finding in findings:
        location = recognized.spreadsheet_cells.get(finding.address)
        note = (_("见 {place}", place=f"{file_name}：{location}"),) if location else ()
        found.append(replace(finding, notes=(*finding.notes, *note)))
    return found
