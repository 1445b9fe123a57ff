"""A form of ours that has lost the names of its cells: its year, its facts and texts are found by their labels.

Its tables are recognized as those of any published report.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.excel_form import (
    PREPARER,
    REVIEWER,
    YEAR,
    describe_people,
    make_texts,
    parse_form_period,
    read_facts,
)
from nianbao.importer.recognition.published import (
    NamedCell,
    Paragraph,
    PublishedCell,
    PublishedDocument,
    PublishedTable,
)
from nianbao.importer.recognition.recognized_report import RecognizedReport, recognize
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.period import Period

_Sheets = Mapping[str, PublishedTable]  # by title
_SHEETS = ("form-sheet-instructions", "form-sheet-facts", "form-sheet-texts")


class LabelledForm(Struct, frozen=True):
    """A form without names: its edition, the cells by the names that they had, and the tables, without the rest."""

    form: Form
    cells: Mapping[str, NamedCell]
    tables: PublishedDocument


def find_labelled_form(published: PublishedDocument, forms: Sequence[Form]) -> LabelledForm | None:
    """Find the edition of a form of ours by its first sheet; None for any other file."""
    sheets = _list_sheets(published)
    for form in forms:
        labels = form.labels
        cover = _read_labels(sheets, form.locale.say(_SHEETS[0]))
        edition = cover.get(labels["edition"])
        if edition and edition.text in {form.document, form.edition} and labels[form.kind.period_fact] in cover:
            return LabelledForm(form, _find_cells(form, sheets), _keep_tables(published, form))
    return None


def recognize_labelled_form(labelled: LabelledForm, period: Period | None) -> RecognizedReport:
    """Read a form that has lost its names: its tables as those of any published report, the rest by labels.

    Raises `UserError` for one of another period than is asked for, or of none.
    """
    form, named = labelled.form, labelled.cells
    form_period = parse_form_period(named[YEAR].text, form)
    if not form_period:
        raise UserError(_("form-edition-unknown"), _("make-new-form"))
    if period not in {None, form_period}:
        raise UserError(_("form-of-other-year", said=form_period, year=period), _("check-file-or-year"))
    recognized = recognize(labelled.tables, [form], form_period)
    facts, invalid = read_facts(form, named)
    notes = (_("form-lost-its-names"), *recognized.document.notes, *describe_people(named))
    return replace(
        recognized,
        document=replace(recognized.document, notes=notes),
        texts=make_texts(form, named, facts, form_period),
        invalid_cells=tuple(invalid),
    )


def _list_sheets(published: PublishedDocument) -> dict[str, PublishedTable]:
    sheets: dict[str, PublishedTable] = {}
    title = ""
    for block in published.blocks:
        if isinstance(block, PublishedTable):
            sheets.setdefault(title, block)
        elif block.level == 1:
            title = block.plain
    return sheets


def _read_labels(sheets: _Sheets, title: str) -> dict[str, NamedCell]:
    """Return the cells of the second column of a sheet by the labels in the first."""
    rows: dict[float, list[PublishedCell]] = {}
    for cell in sheets[title].cells if title in sheets else ():
        rows.setdefault(cell.top, []).append(cell)
    found: dict[str, NamedCell] = {}
    for top, cells in rows.items():
        label, value = (next((cell.text for cell in cells if cell.left == column), "") for column in (0, 1))
        if label.strip():
            found.setdefault(label.strip(), NamedCell(value, f"{title}!B{int(top) + 1}"))
    return found


def _find_cells(form: Form, sheets: _Sheets) -> dict[str, NamedCell]:
    say, labels = form.locale.say, form.labels
    cover, facts, texts = (_read_labels(sheets, say(title)) for title in _SHEETS)
    wanted = {
        YEAR: labels[form.kind.period_fact],
        PREPARER: say("form-preparer"),
        REVIEWER: say("form-reviewer"),
        "published": labels["published"],
    }
    wanted |= {fact.id: fact.label for fact in form.facts if fact.required}
    cells = {name: cover[label] for name, label in wanted.items() if label in cover}
    for fact in form.facts:
        if cell := facts.get(fact.label + form.locale.put_in_brackets(fact.unit)):
            cells.setdefault(fact.id, cell)
    headings = {f"prose.{section.id}": section.heading for section in form.sections if section.text}
    return cells | {name: texts[heading] for name, heading in headings.items() if heading in texts}


def _keep_tables(published: PublishedDocument, form: Form) -> PublishedDocument:
    """Leave out the sheets that hold no table of the form."""
    others = {form.locale.say(title) for title in _SHEETS}
    blocks: list[Paragraph | PublishedTable] = []
    title = ""
    for block in published.blocks:
        if isinstance(block, Paragraph) and block.level == 1:
            title = block.plain
        if title not in others:
            blocks.append(block)
    return PublishedDocument(tuple(blocks), notes=published.notes)
