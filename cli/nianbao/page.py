"""The page: a report put into words by its templates, as Markdown in which no fact can become markup."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from nianbao import markdown, prose
from nianbao.form import Form, Section
from nianbao.grid import Table
from nianbao.kind import KINDS
from nianbao.markdown import Markdown, escape
from nianbao.names import names
from nianbao.report import Report
from nianbao.template import Load, environment, filled, filled_text

Draw = Callable[[Table], Markdown]  # how a table stands on the page
DrawProse = Callable[[str, Markdown], Markdown]  # how the prose of a section (by its id) stands on the page
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, production 2 [Char]


def title(report: Report) -> str:
    """Return the title: as the data file says it, else as the form makes it from the facts."""
    given = report.values.get("title")
    return str(given) if given else _of_form(report, report.form.title)


def author(report: Report) -> str:
    """Return who issues the document, as the form says."""
    return _of_form(report, report.form.author)


@dataclass(frozen=True, slots=True)
class Page:
    """A report put into words: Markdown with its head (YAML), and a place for each table and each section of prose.

    `figures` are those of the tables, cell by cell. `prose` is what the data file says itself in more than words,
    by section: it comes from a stranger, and is read apart from the page.
    """

    form: Form
    text: Markdown
    figures: dict[str, list[str]]
    prose: Mapping[str, Markdown] = field(default_factory=dict)


def composed(report: Report, load: Load) -> Page:
    """Put a report into words for the press; raises `TemplateFault` where a template fails."""
    shown = {table.id: [show(report, slot.address) for slot in table.slots] for table in report.form.tables}
    own: dict[str, Markdown] = {}

    def apart(section: str, text: Markdown) -> Markdown:
        own[section] = markdown.bounded(text)
        return _place("prose", section)

    text = _render(report, load, lambda table: _place("table", table.id), apart)
    return Page(report.form, text, shown, own)


def _place(kind: str, name: str) -> Markdown:
    """Write the division that the press replaces."""
    return Markdown(f'::: {{{kind}="{name}"}}\n:::')


def marked(form: Form) -> dict[str, Markdown]:
    """Draw each table of a form with a mark in every cell for a figure: FIGURE1E, FIGURE2E … in order of the cells."""
    return {
        table.id: _drawn(table, {slot.address: f"FIGURE{at}E" for at, slot in enumerate(table.slots, 1)})
        for table in form.tables
    }


def render(report: Report, load: Load, reduced: Mapping[str, Markdown] | None = None) -> Markdown:
    """Put a report into words, its tables drawn in characters; raises `TemplateFault` where a template fails.

    `reduced` has what is to be printed of the prose of some sections instead of all of it.
    """
    instead = reduced or {}
    return _render(report, load, lambda table: grid_table(report, table), instead.get)


def _render(report: Report, load: Load, drawn: Draw, prose_drawn: DrawProse) -> Markdown:
    known = names(report) | {"title": title(report)}

    def body(section: Section) -> Markdown:
        """Put a section into words: its table, if it has one, and its text."""
        text = _text(report, section, load, known)
        if section.id in report.prose and not markdown.is_words(text):
            text = prose_drawn(section.id, text)
        tables = [drawn(table) for table in report.form.tables if table.id == section.table]
        return Markdown("\n\n".join(filter(None, [*tables, text])))

    sections = [
        {"id": section.id, "heading": report.heading(section.id), "body": body(section)}
        for section in report.form.sections
    ]
    form = {"name": report.form.name, "document": report.form.document, "edition": report.form.edition}
    more = {"author": author(report), "form": form, "sections": sections}
    text = filled(environment(load), report.form.template, known | more)
    return _legal(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def _legal(text: str) -> Markdown:
    """Replace what XML cannot hold, and leave out the byte order mark, which PDF/A forbids and nobody sees."""
    return Markdown(ILLEGAL.sub("\ufffd", text).replace(markdown.MARK, ""))


def texts(report: Report, load: Load) -> dict[str, str]:
    """Return the plain text of each section, one paragraph a line, as it would be printed; tables are no text."""
    return plain(bodies(report, load))


def plain(bodies: Mapping[str, Markdown]) -> dict[str, str]:
    """Return the plain text of sections, one paragraph a line."""
    return {section: markdown.plain(text) for section, text in bodies.items()}


def bodies(report: Report, load: Load) -> dict[str, Markdown]:
    """Return the text of each section that has one, as it would be printed, as Markdown; tables are no text."""
    known = names(report) | {"title": title(report)}
    return {
        section.id: _text(report, section, load, known)
        for section in report.form.sections
        if not section.table or section.id in report.prose
    }


def faults(report: Report) -> Iterator[tuple[str, prose.Fault]]:
    """Find what is wrong with the placeholders of the prose, section by section."""
    known = names(report) | {"title": "", prose.STANDARD: ""}
    for section, text in report.prose.items():
        yield from ((section, fault) for fault in prose.faults(text, known))


def show(report: Report, address: str) -> str:
    """Print one figure of a table as its cell has it."""
    slot = report.form.slots[address]
    return KINDS[slot.kind].show(report.figures[address]) + slot.tail


def grid_table(report: Report, table: Table) -> Markdown:
    """Write one table of the form with its figures, in a division that tells the press about it."""
    return _drawn(table, {slot.address: show(report, slot.address) for slot in table.slots})


def _drawn(table: Table, texts: Mapping[str, str]) -> Markdown:
    grid = table.lay_out()
    figures = {(cell.row, cell.column): texts[cell.slot.address] for cell in grid.cells if cell.slot}
    widths = " ".join(f"{width:g}" for width in table.widths or [1.0] * grid.columns)
    bands = " ".join(f"{band.head}+{band.body}" for band in grid.bands)
    opening = f'::: {{#{table.id} .form labels="{grid.labels}" bands="{bands}" widths="{widths}"}}'
    return Markdown(f"{opening}\n\n{markdown.table(grid, figures)}\n\n: {escape(table.label)}\n\n:::")


def _text(report: Report, section: Section, load: Load, known: dict[str, object]) -> Markdown:
    """Write the standard text of a section, or the data file's own, which may hold the standard one."""
    standard = Markdown(filled(environment(load), section.text, known).strip() if section.text else "")
    own = report.prose.get(section.id)
    if own is None:
        return standard
    return Markdown(prose.written(_legal(own), known | {prose.STANDARD: standard}, section.id))


def _of_form(report: Report, text: str) -> str:
    return filled_text(text, f"templates/forms/{report.form.edition}.toml", names(report), plain=True)
