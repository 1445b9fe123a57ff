"""A form that was sent out as a spreadsheet and is returned: read by the names of its cells, without recognition."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date

from msgspec.structs import replace

from nianbao.compose import document
from nianbao.importer.recognition.form_rows import read_rows
from nianbao.importer.recognition.markdown import convert_to_markdown, escape_markdown
from nianbao.importer.recognition.printed_values import Number, read_value
from nianbao.importer.recognition.published import NamedCell, Paragraph, PublishedDocument
from nianbao.importer.recognition.recognized_report import InvalidCell, RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedTables, make_rows
from nianbao.model.facts import Facts
from nianbao.model.finding import UserError
from nianbao.model.form import EXCLUDED, Fact, Form
from nianbao.model.i18n import _
from nianbao.model.kind import DEFAULT_KIND
from nianbao.model.loading.reading import Reading
from nianbao.model.period import Period, parse_period
from nianbao.model.report import Report, fill_form, nest_values
from nianbao.model.tables.headings import Heading
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import VALUE_TYPES, Value, ValueType

# A cell's name is this and the address of a figure, a fact or a text, or one of those that say which form it is.
PREFIX = "nianbao."
EDITION, YEAR, FOLDER, OFFICE = ("form.edition", "form.year", "form.folder", "form.office")
KIND = "form.kind"  # left out for the default kind, as before there were others
LISTS = "form.lists"  # the lists below whose last row further ones may stand
PREPARER, REVIEWER = "form.preparer", "form.reviewer"  # who filled the form in, and who reviewed it
_Cells = Mapping[str, NamedCell]  # by name without prefix
_MAX_PERIOD = 10  # characters of the name of a period
_YES_NO_FORMULA = re.compile(r"(?i)(?:of:)?=(?:TRUE|FALSE)\(\)")  # what LibreOffice makes of a value that is one
_DATE = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D?")


def find_kind(published: PublishedDocument) -> str:
    """Return the kind of a returned form; empty for a file that is none, or has lost the cells that say so."""
    named = published.named_cells
    if EDITION not in named or YEAR not in named:
        return ""
    return named[KIND].text if KIND in named else DEFAULT_KIND


def recognize_excel_form(
    published: PublishedDocument, forms: Sequence[Form], period: Period | None = None
) -> RecognizedReport:
    """Read a returned form, which `find_kind` has found to be one.

    Raises `UserError` for a form of an unknown edition, and for one of another period than is asked for.
    """
    named = published.named_cells
    form = next((form for form in forms if form.edition == named[EDITION].text), None)
    form_period = parse_form_period(named[YEAR].text, form) if form else None
    if form is None or not form_period:
        raise UserError(_("form-edition-unknown"), _("make-new-form"))
    if period not in {None, form_period}:
        raise UserError(_("form-of-other-year", said=form_period, year=period), _("check-file-or-year"))
    named, rows = read_rows(form, published, named[LISTS].text.split() if LISTS in named else ())
    empty = fill_form(form, rows)
    form = empty.form
    facts, invalid = read_facts(form, named)
    texts = make_texts(form, named, facts, form_period)
    cells = _read_cells(named, empty)
    notes = (
        *published.notes,
        *describe_people(named),
        *_describe_other_office(named, texts),
        *_describe_other_totals(named, cells, form.kind.signs),
    )
    return RecognizedReport(
        replace(published, notes=notes),
        texts,
        RecognizedTables(tuple(make_rows(form, cells))),
        form_period,
        form,
        {address: named[address].location for address in form.slots if address in named},
        tuple(invalid),
        named[FOLDER].text if FOLDER in named else "",
    )


def parse_form_period(text: str, form: Form) -> Period | None:
    """Read the period of a form; None where the text is none that a report of this kind can have."""
    period = parse_period(text[:_MAX_PERIOD])
    return period if period and form.kind.calendar.has(period) else None


# ── figures ──────────────────────────────────────────────────────────────────────────


def _read_cells(named: _Cells, empty: Report) -> dict[str, RecognizedCell]:
    """Read every figure that still has its cell, by address.

    A total whose formula adds it up is added up here, from what was typed.
    """
    slots = empty.form.slots
    cells = {
        address: _read_cell(slots[address], cell, empty.form) for address, cell in named.items() if address in slots
    }
    for address in cells.keys() & empty.computed.keys():
        if named[address].formula:
            parts = [cells.get(part) for part in empty.list_parts(address)]
            cells[address] = _add_up(slots[address], parts)
    return cells


def _read_cell(slot: Slot, cell: NamedCell, form: Form) -> RecognizedCell:
    if cell.formula and not _YES_NO_FORMULA.fullmatch(cell.formula):
        return RecognizedCell(slot, "undecided", printed=cell.formula, reason="formula")
    if not slot.value_type.has_number_schema:
        return _read_other(slot, cell.text.strip(), form)
    read = read_value(cell.text, slot, form.kind.signs)
    if read.blank:
        return RecognizedCell(slot, "blank", printed=read.text.strip(), keep_text=read.keep_text)
    if read.reason or slot.value_type.find_fault(read.value):
        return RecognizedCell(slot, "undecided", printed=cell.text, reason=read.reason or "words")
    return RecognizedCell(slot, "read", read.value, read.number, read.text.strip(), keep_text=read.keep_text)


def _read_other(slot: Slot, text: str, form: Form) -> RecognizedCell:
    """Read what is no number: a text, a date, one of several choices."""
    if not text:
        return RecognizedCell(slot, "blank")
    value = _parse_other(slot.value_type, text, form)
    if slot.value_type.find_fault(value):
        return RecognizedCell(slot, "undecided", printed=text, reason="other")
    return RecognizedCell(slot, "read", other=value, printed=text)


def _add_up(slot: Slot, parts: Sequence[RecognizedCell | None]) -> RecognizedCell:
    """Add a total up; it is blank while one of its parts is missing or undecided, or while nothing was typed at all."""
    known = [part.value for part in parts if part is not None and part.state == "read" and part.value is not None]
    if not known or any(part is None or part.state == "undecided" for part in parts):
        return RecognizedCell(slot, "blank")
    total: Number = sum(known, start=0)
    return RecognizedCell(slot, "read", total, total, str(total))


def _describe_other_totals(named: _Cells, cells: Mapping[str, RecognizedCell], reading: Reading) -> Iterator[str]:
    """Describe the totals whose formula gives something else than the sum of their parts."""
    for address, cell in cells.items():
        result = read_value(named[address].text, cell.slot, reading) if named[address].formula else None
        if result and cell.state == "read" and result.value not in {None, cell.value}:
            yield _("formula-differs-from-sum", at=named[address].location, said=result.value, sum=cell.value)


# ── facts and texts ──────────────────────────────────────────────────────────────────


def read_facts(form: Form, named: _Cells) -> tuple[dict[str, Value], list[InvalidCell]]:
    """Read the facts that stand in no table, and the names of entries; what is no value of its type is invalid.

    So is a formula.
    """
    facts: dict[str, Value] = {}
    invalid = []
    names = (Fact(address, label, "text") for table in form.tables for address, label in table.names.items())
    published = Fact("published", form.labels["published"], "date")
    excluded = [Fact(EXCLUDED, form.labels[EXCLUDED], "texts")] if EXCLUDED in form.common_facts else []
    for fact in (*form.facts, *names, published, *excluded):
        cell = named.get(fact.id)
        if cell and (cell.text.strip() or cell.formula):
            value = cell.formula or _parse_fact(fact, cell.text.strip(), form)
            if fact.value_type.find_fault(value) or cell.formula:
                text = cell.formula or cell.text
                invalid.append(InvalidCell(cell.location, fact.label, text, fact.value_type, value))
            else:
                facts[fact.id] = value
    for section in form.sections:
        cell = named.get(f"prose.{section.id}")
        if cell and cell.formula:
            invalid.append(InvalidCell(cell.location, section.heading, cell.formula, VALUE_TYPES["text"], cell.formula))
    return facts, invalid


def _parse_fact(fact: Fact, text: str, form: Form) -> Value:
    """Return a fact as a value of its type, or the text itself where it is none."""
    if not fact.value_type.has_number_schema:
        return _parse_other(fact.value_type, text, form)
    name = "change" if fact.type == "year" else fact.type
    heading = Heading(
        fact.label, type=name, choices=fact.choices, places=fact.places, currency=fact.currency, unit=fact.unit
    )
    slot = Slot(fact.id, (heading,), ())
    value = read_value(text.removesuffix("%"), slot, form.kind.signs).value
    return text if value is None else value


def _parse_other(value_type: ValueType, text: str, form: Form) -> Value:
    """Return a text as a value of a type that is no number, or the text itself where it is none."""
    if value_type.name == "texts":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if value_type.name == "yes-no":
        marks = form.locale.file.marks
        yes_no = {marks.yes.lower(): True, marks.no.lower(): False}
        return {"true": True, "false": False, **yes_no}.get(text.lower(), text)
    if value_type.name == "date" and (match := _DATE.fullmatch(text)):
        with suppress(ValueError):  # there is no such day
            return date(*map(int, match.groups()))
    return text


def make_texts(form: Form, named: _Cells, facts: Mapping[str, Value], period: Period) -> ExtractedText:
    """Make what the texts of the report say, from the cells of facts and sections."""
    day = facts.get("published")
    others = {address: value for address, value in facts.items() if address != "published"}
    cells = {section.id: named.get(f"prose.{section.id}") for section in form.sections}
    return ExtractedText(
        office=_compose_author(form, others, period),
        year=period.year,
        published=day if isinstance(day, date) else None,
        headings={section.id: section.heading for section in form.sections},
        prose={
            section: _convert_text(cell.text)
            for section, cell in cells.items()
            if cell and cell.text.strip() and not cell.formula
        },
        facts=others,
    )


def _compose_author(form: Form, facts: Mapping[str, Value], period: Period) -> str:
    """Return the name of the office that reports, as a report with these facts prints it."""
    tree = nest_values({form.kind.period_fact: form.kind.write_period(period), **facts})
    return document.compose_author(fill_form(form, Facts("", "", tree)))


def _convert_text(text: str) -> str:
    """Return typed text as Markdown that prints as it is, a paragraph for each line."""
    return convert_to_markdown([Paragraph(line, escape_markdown(line.strip())) for line in text.splitlines()])


def describe_people(named: _Cells) -> Iterator[str]:
    """Say who filled the form in and who reviewed it, where they say so."""
    preparer, reviewer = (named[name].text.strip() if name in named else "" for name in (PREPARER, REVIEWER))
    if preparer:
        yield _("form-filled-in-by", name=preparer)
    if reviewer:
        yield _("form-reviewed-by", name=reviewer)


def _describe_other_office(named: _Cells, texts: ExtractedText) -> Iterator[str]:
    """Say where the form names another office than the one that it was sent to."""
    sent = named[OFFICE].text if OFFICE in named else ""
    if sent and texts.office and sent != texts.office:
        yield _("form-sent-to-other-office", sent=sent, office=texts.office)
