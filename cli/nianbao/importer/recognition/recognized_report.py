"""A published report recognised: its texts, its tables in their editions, and the edition of a data file for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from nianbao.importer.recognition.labels import parse_label
from nianbao.importer.recognition.published import Paragraph, PublishedDocument
from nianbao.importer.recognition.sections import ExtractedText, extract_text
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow, RecognizedTables
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.importer.recognition.tables.recognize import recognize_tables
from nianbao.model.finding import Stop
from nianbao.model.form import Form, Section
from nianbao.model.i18n import _, series

_MIN_CONFLICTS = 3  # rows that stand twice with other figures: not a slip, another report


class InvalidCell(NamedTuple):
    """A fact of a form that came back which is no value of its kind: its cell, what it is called, what stands there."""

    at: str
    label: str
    shown: str
    kind: str
    value: object


@dataclass(frozen=True)
class RecognizedReport:
    """What was made of a published report.

    `form` is the edition that holds most of its figures, the one in force for its year where several do. Of a form
    that we sent out, `places` says in which cell each figure stands, by address, `faults` what else could not be
    read, and `folder` to which office it went.
    """

    published: PublishedDocument
    told: ExtractedText
    tables: RecognizedTables
    year: int
    form: Form
    places: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[InvalidCell, ...] = ()
    folder: str = ""

    @cached_property
    def placed(self) -> dict[str, RecognizedCell]:
        """Every cell that the form has a place for, by its address there."""
        return {address: cell for line in self.tables.lines for address, cell in match_cells(line, self.form)}

    @cached_property
    def lines(self) -> dict[str, RecognizedRow]:
        """The published row of every cell that the form has a place for."""
        return {address: line for line in self.tables.lines for address, _ in match_cells(line, self.form)}

    @cached_property
    def unplaced(self) -> list[tuple[RecognizedRow, RecognizedCell]]:
        """The cells with a figure that belong to another edition and have no place in this one."""
        found = []
        for line in self.tables.lines:
            kept = {id(cell) for _, cell in match_cells(line, self.form)}
            found += [(line, cell) for cell in line.cells if id(cell) not in kept and cell.state != "blank"]
        return found

    @property
    def undecided(self) -> list[RecognizedCell]:
        """The cells that could not be read, those of other editions too."""
        return [cell for line in self.tables.lines for cell in line.cells if cell.state == "undecided"]

    @property
    def missing_sections(self) -> list[Section]:
        """The sections of the form that have a text, and of which no heading was found."""
        return [part for part in self.form.sections if part.text and part.heading and part.id not in self.told.headings]

    @property
    def missing(self) -> list[str]:
        """The figures of the form that were not found at all, by address."""
        return [address for address in self.form.slots if address not in self.placed]


def recognize(published: PublishedDocument, forms: Sequence[Form], year: int = 0) -> RecognizedReport:
    """Recognise a published report by its forms; a year that is given counts more than what the file says.

    Raises `Stop` for a file that has none of the forms' tables, that has those of two reports, and for one
    whose year cannot be told.
    """
    said = extract_text(published, forms)
    known = year or said.year
    in_force = next((form for form in forms if form.in_force(known)), forms[-1])
    found = recognize_tables(published, list_layouts(forms), in_force.edition)
    if not found.lines:
        raise Stop(
            _("没有认出年报的表格"),
            _("检查是不是选错了文件；表格若是图片，先做文字识别（OCR）")
            if said.headings
            else _("这不像{names}；检查是不是选错了文件", names=series(dict.fromkeys(form.name for form in forms))),
        )
    if len(found.conflicting_rows) >= _MIN_CONFLICTS:
        first, _second = found.conflicting_rows[0]
        raise Stop(
            _(
                "文件里像有两份报告：“{label}”等 {count} 行各有两种数",
                label=_row_label(first),
                count=len(found.conflicting_rows),
            ),
            _("分成两个文件，各自导入"),
        )
    if not known:
        raise Stop(_("看不出是哪一年度的报告"), _("用 --year 写明，例如 --year 2023"))
    held = {line.block for line in found.lines}
    rest = tuple(block for at, block in enumerate(published.blocks) if at not in held or isinstance(block, Paragraph))
    said = extract_text(replace(published, blocks=rest), forms)  # what is left of the tables stands in the prose
    return RecognizedReport(published, said, found, known, _choose_form(found, forms, in_force))


def match_cells(line: RecognizedRow, form: Form) -> Iterable[tuple[str, RecognizedCell]]:
    """Give the cells of a row with their addresses in a form: the same, else of a row with its label as alias."""
    for cell in line.cells:
        address = cell.slot.address
        if address in form.slots and form.slots[address].kind == cell.slot.kind:
            yield address, cell
        elif line.shape.form is not form and (row := _find_row_by_alias(line, form)):
            other = f"{row}.{cell.slot.column}"
            if other in form.slots:
                yield other, cell


def _find_row_by_alias(line: RecognizedRow, form: Form) -> str:
    label = parse_label(line.shape.rows[line.row][-1].label) if line.shape.rows else None
    for address, slot in form.slots.items():
        aliases = slot.rows[-1].aliases if slot.rows and address.startswith(f"{line.shape.table.id}.") else ()
        if any(parse_label(alias) == label for alias in aliases):
            return address.removesuffix(f".{slot.column}")
    return ""


def _choose_form(found: RecognizedTables, forms: Sequence[Form], in_force: Form) -> Form:
    """Choose the edition that has a place for most figures; one that is not 0 counts before all that are."""
    counts = {form.edition: (0, 0) for form in forms}
    for line in found.lines:
        for form in forms:
            cells = [cell for _, cell in match_cells(line, form) if cell.state != "blank"]
            some, all_ = counts[form.edition]
            counts[form.edition] = (some + sum(cell.value != 0 for cell in cells), all_ + len(cells))
    return max(forms, key=lambda form: (*counts[form.edition], form is in_force))


def _row_label(line: RecognizedRow) -> str:
    return line.cells[0].slot.row_label
