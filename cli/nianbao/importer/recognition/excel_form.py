"""A form that was sent out as a spreadsheet and comes back: read by the names of its cells, with nothing to guess."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from nianbao.compose import document
from nianbao.importer.recognition.markdown import convert_to_markdown, escape_markdown
from nianbao.importer.recognition.printed_values import Number, read_value
from nianbao.importer.recognition.published import NamedCell, Paragraph, PublishedDocument
from nianbao.importer.recognition.recognized_report import InvalidCell, RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow, RecognizedTables
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.model.facts import Facts, Tree
from nianbao.model.finding import Stop
from nianbao.model.form import Fact, Form
from nianbao.model.i18n import _
from nianbao.model.report import Report, fill
from nianbao.model.table import Heading, Slot
from nianbao.model.value_types import KINDS, Value

# A cell's name is this and the address of a figure, a fact or a text, or one of the four that say which form it is.
PREFIX = "nianbao."
EDITION, YEAR, FOLDER, OFFICE = ("form.edition", "form.year", "form.folder", "form.office")
_DATE = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D?")


def recognize_excel_form(published: PublishedDocument, forms: Sequence[Form], year: int = 0) -> RecognizedReport | None:
    """Read a form that came back; None where a file is none, or has lost what says so.

    Raises `Stop` for a form of an edition that there is not, and for one of another year than is wanted.
    """
    named = published.named
    if EDITION not in named or YEAR not in named:
        return None
    form = next((form for form in forms if form.edition == named[EDITION].text), None)
    if form is None or not named[YEAR].text.isdecimal():
        raise Stop(_("看不出这是哪一版、哪一年度的表"), _("用 report form 重新做一张表，把数填进去"))
    said = int(named[YEAR].text)
    if year not in {0, said}:
        raise Stop(
            _("这是 {said} 年度的表，不是 {year} 年度的", said=said, year=year), _("检查是不是收错了文件，或改 --year")
        )
    facts, faults = _read_facts(form, named)
    empty = fill(form, Facts("", "", {}))
    told = _make_texts(form, named, facts, said)
    cells = _read_cells(named, empty)
    notes = [*published.notes, *_describe_other_office(named, told), *_describe_other_totals(named, cells)]
    return RecognizedReport(
        replace(published, notes=tuple(notes)),
        told,
        RecognizedTables(lines=list(_make_rows(form, cells))),
        said,
        form,
        {address: named[address].at for address in form.slots if address in named},
        tuple(faults),
        named[FOLDER].text if FOLDER in named else "",
    )


# ── figures ──────────────────────────────────────────────────────────────────────────


def _read_cells(named: Mapping[str, NamedCell], empty: Report) -> dict[str, RecognizedCell]:
    """Read every figure that still has its cell. A total that adds itself up is added up here, from what was typed."""
    slots = empty.form.slots
    cells = {address: _read_cell(slots[address], cell) for address, cell in named.items() if address in slots}
    for address in cells.keys() & empty.computed.keys():
        if named[address].formula:
            parts = [cells.get(part) for part in empty.parts(address)]
            cells[address] = _add_up(slots[address], parts)
    return cells


def _read_cell(slot: Slot, cell: NamedCell) -> RecognizedCell:
    if cell.formula:
        return RecognizedCell(slot, "undecided", printed=cell.formula, why="formula")
    said = read_value(cell.text, slot)
    if said.blank:
        return RecognizedCell(slot, "blank", printed=said.text.strip(), told=said.told)
    if said.why or KINDS[slot.kind].wrong(said.value):
        return RecognizedCell(slot, "undecided", printed=cell.text, why=said.why or "words")
    return RecognizedCell(slot, "read", said.value, said.number, said.text.strip(), told=said.told)


def _add_up(slot: Slot, parts: Sequence[RecognizedCell | None]) -> RecognizedCell:
    """Add a total up; it stays open while one of its parts does, or while nothing was typed at all."""
    known = [part.value for part in parts if part is not None and part.state == "read" and part.value is not None]
    if not known or any(part is None or part.state == "undecided" for part in parts):
        return RecognizedCell(slot, "blank")
    total: Number = sum(known, start=0)
    return RecognizedCell(slot, "read", total, total, str(total))


def _describe_other_totals(named: Mapping[str, NamedCell], cells: Mapping[str, RecognizedCell]) -> Iterator[str]:
    """Tell of totals whose formula gives something else than the sum of their parts."""
    for address, cell in cells.items():
        said = read_value(named[address].text, cell.slot) if named[address].formula else None
        if said and cell.state == "read" and said.value not in {None, cell.value}:
            yield _(
                "{at}：公式的结果是 {said}，各格之和是 {sum}，取了各格之和",
                at=named[address].at,
                said=said.value,
                sum=cell.value,
            )


def _make_rows(form: Form, cells: Mapping[str, RecognizedCell]) -> Iterator[RecognizedRow]:
    seen: set[str] = set()
    for shape in list_layouts([form]):
        for row, slots in enumerate(shape.slots):
            found = tuple(cells[slot.address] for slot in slots if slot.address in cells and slot.address not in seen)
            seen |= {cell.slot.address for cell in found}
            if found:
                yield RecognizedRow(shape, row, found, 0)


# ── facts and texts ──────────────────────────────────────────────────────────────────


def _read_facts(form: Form, named: Mapping[str, NamedCell]) -> tuple[dict[str, Value], list[InvalidCell]]:
    """Read the facts that stand in no table; what is no value of its kind is a fault, and so is a formula."""
    facts: dict[str, Value] = {}
    faults = []
    for fact in (*form.facts, Fact("published", form.labels["published"], "date")):
        cell = named.get(fact.id)
        if cell and (cell.text.strip() or cell.formula):
            value = cell.formula or _parse_fact(fact, cell.text.strip())
            if KINDS[fact.kind].wrong(value) or cell.formula:
                faults.append(InvalidCell(cell.at, fact.label, cell.formula or cell.text, fact.kind, value))
            else:
                facts[fact.id] = value
    for section in form.sections:
        cell = named.get(f"prose.{section.id}")
        if cell and cell.formula:
            faults.append(InvalidCell(cell.at, section.heading, cell.formula, "text", cell.formula))
    return facts, faults


def _parse_fact(fact: Fact, text: str) -> Value:
    """Read a fact as its kind is written; a text that is not stays one."""
    if fact.kind == "texts":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if fact.kind == "text":
        return text
    if fact.kind == "date":
        match = _DATE.fullmatch(text)
        with suppress(ValueError):  # there is no such day
            return date(*map(int, match.groups())) if match else text
        return text
    # A share is read as money is: both may have decimals.
    slot = Slot(
        fact.id, (Heading(fact.label, kind="money" if fact.kind == "share" else fact.kind, unit=fact.unit),), ()
    )
    said = read_value(text.removesuffix("%"), slot).value
    return text if said is None else said


def _make_texts(form: Form, named: Mapping[str, NamedCell], facts: dict[str, Value], year: int) -> ExtractedText:
    day = facts.pop("published", None)
    cells = {section.id: named.get(f"prose.{section.id}") for section in form.sections}
    return ExtractedText(
        office=_compose_author(form, facts, year),
        year=year,
        published=day if isinstance(day, date) else None,
        headings={section.id: section.heading for section in form.sections},
        prose={
            at: _convert_text(cell.text)
            for at, cell in cells.items()
            if cell and cell.text.strip() and not cell.formula
        },
        facts=facts,
    )


def _compose_author(form: Form, facts: Mapping[str, Value], year: int) -> str:
    tree: Tree = {"year": year}
    for address, value in facts.items():
        *groups, name = address.split(".")
        below = tree
        for group in groups:
            below = below.setdefault(group, {})
        below[name] = value
    return document.author(fill(form, Facts("", "", tree)))


def _convert_text(text: str) -> str:
    """Write what was typed as Markdown that reads as it is, a line a paragraph."""
    return convert_to_markdown([Paragraph(line, escape_markdown(line.strip())) for line in text.splitlines()])


def _describe_other_office(named: Mapping[str, NamedCell], told: ExtractedText) -> Iterator[str]:
    sent = named[OFFICE].text if OFFICE in named else ""
    if sent and told.office and sent != told.office:
        yield _("这张表是发给 {sent} 的，填的是 {office}", sent=sent, office=told.office)
