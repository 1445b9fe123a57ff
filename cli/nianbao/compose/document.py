"""The document: a report put into words by its templates, as Markdown in which no fact can become markup."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from nianbao.compose import markdown, prose, template_context
from nianbao.compose.markdown import Markdown, escape
from nianbao.compose.templating import LoadTemplate, fill_template, fill_text, make_environment
from nianbao.model.finding import UserError
from nianbao.model.form import Form, Section
from nianbao.model.report import Report
from nianbao.model.table import Table
from nianbao.model.value_types import VALUE_TYPES

DrawTable = Callable[[Table], Markdown]  # how a table stands on the page
DrawProse = Callable[[str, Markdown], Markdown]  # how the prose of a section (by its id) stands on the page
ILLEGAL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, production 2 [Char]


@dataclass(frozen=True, eq=False)
class Document:
    """A report put into words: its title, and the text of each section by its id, empty where it has none.

    Texts are Markdown, as they would be printed. Tables are not text: they stand where a page is made of it.
    """

    report: Report
    title: str
    texts: Mapping[str, Markdown]
    load: LoadTemplate

    @cached_property
    def bodies(self) -> dict[str, Markdown]:
        """The texts of the sections that have no table, or prose of the data file beside it."""
        report = self.report
        return {
            section.id: self.texts[section.id]
            for section in report.form.sections
            if not section.table or section.id in report.prose
        }

    @cached_property
    def plain(self) -> dict[str, str]:
        """The same as plain text, one paragraph a line."""
        return {section: markdown.to_plain_text(text) for section, text in self.bodies.items()}


def compose(report: Report, load: LoadTemplate) -> Document:
    """Put a report into words; raises `TemplateFillError` where a template fails."""
    heading = compose_title(report)
    known = template_context.make_names(report) | {"title": heading}
    texts = {section.id: _compose_text(report, section, load, known) for section in report.form.sections}
    return Document(report, heading, texts, load)


def compose_title(report: Report) -> str:
    """Return the title: as the data file says it, else as the form makes it from the facts."""
    given = report.values.get("title")
    return str(given) if given else _fill_form_text(report, report.form.title)


def compose_author(report: Report) -> str:
    """Return who issues a report, as the form says; an empty text where the facts do not tell."""
    if at := report.form.author_at:
        return str(report.values.get(at, ""))
    with suppress(UserError):
        return _fill_form_text(report, report.form.author)
    return ""


@dataclass(frozen=True, slots=True)
class Page:
    """A document for the renderer: Markdown with its head (YAML), and a place for each table and section of prose.

    `figures` are those of the tables, cell by cell. `prose` is what the data file says itself in more than words,
    by section: it comes from a stranger, and is read apart from the page.
    """

    form: Form
    text: Markdown
    figures: dict[str, list[str]]
    prose: Mapping[str, Markdown] = field(default_factory=dict)


def make_page(document: Document) -> Page:
    """Make the page that every format is printed from; raises `TemplateFillError` where its template fails."""
    report = document.report
    shown = {table.id: [format_figure(report, slot.address) for slot in table.slots] for table in report.form.tables}
    own: dict[str, Markdown] = {}

    def apart(section: str, text: Markdown) -> Markdown:
        own[section] = markdown.limit_brackets(text)
        return _make_placeholder("prose", section)

    text = _fill_page(document, lambda table: _make_placeholder("table", table.id), apart)
    return Page(report.form, text, shown, own)


def _make_placeholder(kind: str, name: str) -> Markdown:
    """Write the division that the renderer replaces."""
    return Markdown(f'::: {{{kind}="{name}"}}\n:::')


FACTS_ID = "facts"  # see the script in `templates/formats/html/template.html`


def draw_marked_tables(form: Form) -> dict[str, Markdown]:
    """Draw each table of a form with a mark in every cell for a figure: FIGURE1E, FIGURE2E … in order of the cells."""
    return {
        table.id: _draw_with_texts(table, {slot.address: f"FIGURE{at}E" for at, slot in enumerate(table.slots, 1)})
        for table in form.tables
    }


def list_reserved_ids(form: Form) -> list[str]:
    """Name the places of a page that prose may not take: its tables, and in a web page the facts that it carries."""
    return [*(table.id for table in form.tables), FACTS_ID]


def make_markdown(document: Document, reduced: Mapping[str, Markdown] | None = None) -> Markdown:
    """Write a document as Markdown, its tables drawn in characters; raises `TemplateFillError`.

    `reduced` has what is to be printed of the prose of some sections instead of all of it.
    """
    instead = reduced or {}
    return _fill_page(document, lambda table: draw_table(document.report, table), instead.get)


def _fill_page(document: Document, drawn: DrawTable, prose_drawn: DrawProse) -> Markdown:
    """Fill the template of the page."""
    report, form = document.report, document.report.form

    def body(section: Section) -> Markdown:
        """Put the table of a section, if it has one, before its text."""
        text = document.texts[section.id]
        if section.id in report.prose and not markdown.has_only_plain_paragraphs(text):
            text = prose_drawn(section.id, text)
        tables = [drawn(table) for table in form.tables if table.id == section.table]
        return Markdown("\n\n".join(filter(None, [*tables, text])))

    names = template_context.make_names(report) | {
        "title": document.title,
        "author": _fill_form_text(report, form.author),
        "form": {"name": form.name, "document": form.document, "edition": form.edition},
        "sections": [
            {"id": section.id, "heading": report.heading(section.id), "body": body(section)}
            for section in form.sections
        ],
    }
    text = fill_template(make_environment(document.load), form.template, names)
    return _replace_illegal(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def _replace_illegal(text: str) -> Markdown:
    """Replace what XML cannot hold, and leave out the byte order mark, which PDF/A forbids and nobody sees."""
    return Markdown(ILLEGAL_CHARACTERS.sub("\ufffd", text).replace(markdown.BYTE_ORDER_MARK, ""))


def find_placeholder_faults(report: Report) -> Iterator[tuple[str, prose.PlaceholderFault]]:
    """Find what is wrong with the placeholders of the prose, section by section."""
    known = template_context.make_names(report) | {"title": "", prose.STANDARD: ""}
    for section, text in report.prose.items():
        yield from ((section, fault) for fault in prose.find_faults(text, known))


def format_figure(report: Report, address: str) -> str:
    """Print one figure of a table as its cell has it."""
    slot = report.form.slots[address]
    return VALUE_TYPES[slot.kind].show(report.figures[address]) + slot.tail


def draw_table(report: Report, table: Table) -> Markdown:
    """Write one table of the form with its figures, in a division that describes it to the renderer."""
    return _draw_with_texts(table, {slot.address: format_figure(report, slot.address) for slot in table.slots})


def _draw_with_texts(table: Table, texts: Mapping[str, str]) -> Markdown:
    grid = table.lay_out()
    figures = {(cell.row, cell.column): texts[cell.slot.address] for cell in grid.cells if cell.slot}
    widths = " ".join(f"{width:g}" for width in table.widths or [1.0] * grid.columns)
    bands = " ".join(f"{band.head}+{band.body}" for band in grid.bands)
    opening = f'::: {{#{table.id} .form labels="{grid.labels}" bands="{bands}" widths="{widths}"}}'
    return Markdown(f"{opening}\n\n{markdown.draw_grid_table(grid, figures)}\n\n: {escape(table.label)}\n\n:::")


def _compose_text(report: Report, section: Section, load: LoadTemplate, known: dict[str, object]) -> Markdown:
    """Write the standard text of a section, or the data file's own, which may hold the standard one."""
    own = report.prose.get(section.id)
    standard = Markdown()
    if section.text and (own is None or prose.STANDARD in own):
        standard = Markdown(fill_template(make_environment(load), section.text, known).strip())
    if own is None:
        return standard
    return Markdown(prose.fill_prose(_replace_illegal(own), known | {prose.STANDARD: standard}, section.id))


def _fill_form_text(report: Report, text: str) -> str:
    return fill_text(
        text, f"templates/forms/{report.form.edition}.toml", template_context.make_names(report), plain=True
    )
