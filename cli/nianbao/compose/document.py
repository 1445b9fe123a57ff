"""The document: the text of a report, composed with its templates, as Markdown in which no fact can become markup."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct, field

from nianbao.compose import markdown, prose, template_context
from nianbao.compose.filling import fill_form_text, make_template_names
from nianbao.compose.markdown import Markdown, escape
from nianbao.compose.pictures import DrawnPicture, Earlier, compose_pictures
from nianbao.compose.printed_tables import LaidOut, lay_out_tables
from nianbao.compose.templating import LoadTemplate, fill_template, make_environment
from nianbao.model.finding import UserError
from nianbao.model.form import Form, Section
from nianbao.model.report import Report
from nianbao.model.table import Table

OwnProse = Mapping[str, Markdown]  # by section
DrawTable = Callable[[Table], Markdown]  # writes a table for the page
DrawProse = Callable[[str, Markdown], Markdown]  # writes the prose of a section (by its id) for the page
ILLEGAL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, production 2 [Char]
FACTS_ID = "facts"  # id of the script element in `templates/formats/html/template.html`


class Document(Struct, frozen=True, eq=False, dict=True):
    """The text of a report: its title, and the text of each section by its id, empty where it has none.

    Texts are Markdown, as they would be printed. Tables are not part of them: they are added when a page is made.
    """

    report: Report
    title: str
    texts: Mapping[str, Markdown]
    load_template: LoadTemplate

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


def compose(report: Report, load_template: LoadTemplate) -> Document:
    """Compose the text of a report with its templates; raises `TemplateFillError` where a template fails."""
    title = compose_title(report)
    names = make_template_names(report) | {"title": title}
    texts = {section.id: _compose_text(report, section, load_template, names) for section in report.form.sections}
    return Document(report, title, texts, load_template)


def compose_title(report: Report) -> str:
    """Return the title: the one in the data file, else the form's, filled with the facts."""
    title = report.values.get("title")
    return str(title) if title else fill_form_text(report, report.form.title)


def compose_heading(report: Report, section: str) -> str:
    """Return the heading of a section: that of the data file, else the form's, filled with the facts."""
    if written := report.headings.get(section):
        if "{" not in written:
            return written
        names = template_context.make_names(report)
        return prose.fill_prose(written, names, f"headings.{section}", report.form.locale, plain=True)
    heading = next(part.heading for part in report.form.sections if part.id == section)
    return fill_form_text(report, heading) if "{" in heading else heading


def compose_author(report: Report) -> str:
    """Return who issues a report, as the form defines it; an empty text where the facts for it are missing."""
    if address := report.form.author_address:
        return str(report.values.get(address, ""))
    with suppress(UserError):
        return fill_form_text(report, report.form.author)
    return ""


class Page(Struct, frozen=True):
    """A document for the renderer: Markdown with YAML metadata, and a placeholder for each table and section of prose.

    `figures` has the figures of each table, by its id, in order of its cells. `prose` has, by section, the data file's
    own prose that is more than plain paragraphs: its author is not trusted, and pandoc reads it apart from the page.
    `headings` has the heading of each section by the section's address.
    """

    form: Form
    text: Markdown
    figures: dict[str, list[str]]
    prose: Mapping[str, Markdown] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[DrawnPicture] = ()


def make_page(document: Document, earlier: Earlier | None = None) -> Page:
    """Make the page from which every format is rendered; raises `TemplateFillError` where its template fails.

    `earlier` has the reports of the periods before that pictures draw.
    """
    report = document.report
    form, laid_out = lay_out_tables(report)
    figures = {table.page_id: [format_figure(report, slot.address) for slot in table.slots] for table in form.tables}
    pictures = compose_pictures(report, earlier or {})
    text, own_prose = write_page(document, laid_out, pictures)
    headings = {f"prose.{section.id}": compose_heading(report, section.id) for section in report.form.sections}
    on_one_line = {at: " ".join(text.split()) for at, text in headings.items()}
    return Page(form, text, figures, own_prose, on_one_line, pictures)


def write_page(document: Document, laid_out: LaidOut, pictures: Sequence[DrawnPicture]) -> tuple[Markdown, OwnProse]:
    """Write the text of a page, and the prose that is read apart from it, as a `Page` has them."""
    own_prose: dict[str, Markdown] = {}

    def collect_prose(section: str, text: Markdown) -> Markdown:
        own_prose[section] = markdown.limit_brackets(text)
        return _make_placeholder("prose", section)

    text = _fill_page(
        document, laid_out, lambda table: _make_placeholder("table", table.page_id), collect_prose, pictures
    )
    return text, own_prose


def _make_placeholder(kind: str, name: str) -> Markdown:
    """Return the fenced division that the renderer replaces by a table or the prose of a section."""
    return Markdown(f'::: {{{kind}="{name}"}}\n:::')


def describe_marked_tables(form: Form) -> dict[str, dict[str, object]]:
    """Describe each table of a form to the renderer, with a mark in every figure cell: FIGURE1E, FIGURE2E …

    `rows` has for each row of the grid its cells, each a text and the rows and columns that it spans; `bands` has for
    each block how many rows are headers and how many are body.
    """
    return {
        table.page_id: _describe_marked_table(table)
        | {"landscape": any(section.landscape for section in form.sections if section.table == table.id)}
        for table in form.tables
    }


def _describe_marked_table(table: Table) -> dict[str, object]:
    grid = table.make_grid()
    marks = {slot.address: f"FIGURE{i}E" for i, slot in enumerate(table.slots, 1)}
    rows: list[list[tuple[str, int, int]]] = [[] for _row in range(grid.rows)]
    for cell in grid.cells:
        text = marks[cell.slot.address] if cell.slot else cell.text
        rows[cell.row].append((text, cell.rowspan, cell.colspan))
    return {
        "caption": table.label,
        "labels": grid.label_columns,
        "bands": [(band.header_rows, band.body_rows) for band in grid.blocks],
        "widths": list(table.widths or [1.0] * grid.columns),
        "rows": rows,
    }


def list_reserved_ids(form: Form) -> list[str]:
    """List the ids that prose may not use: those of the tables, and that of the facts embedded in a web page."""
    return [*(table.page_id for table in form.tables), FACTS_ID]


def make_markdown(document: Document, reduced: Mapping[str, Markdown] | None = None) -> Markdown:
    """Write a document as Markdown with its tables as grid tables; raises `TemplateFillError` where its template fails.

    `reduced` has, by section, the prose to print in place of the whole of it.
    """
    printed_prose = reduced or {}
    _form, laid_out = lay_out_tables(document.report)
    return _fill_page(document, laid_out, lambda table: draw_table(document.report, table), printed_prose.get)


def _fill_page(
    document: Document,
    laid_out: LaidOut,
    draw_one_table: DrawTable,
    draw_prose: DrawProse,
    pictures: Sequence[DrawnPicture] = (),
) -> Markdown:
    """Fill the template of the page."""
    report, form = document.report, document.report.form

    def make_body(section: Section) -> Markdown:
        """Put the table of a section, if it has one, before its text, and its pictures after it."""
        text = document.texts[section.id]
        if section.id in report.prose and not markdown.has_only_plain_paragraphs(text):
            text = draw_prose(section.id, text)
        tables = _draw_tables(report, section.table, laid_out, draw_one_table)
        drawn = [_make_placeholder("picture", one.name) for one in pictures if one.section == section.id]
        return Markdown("\n\n".join(filter(None, [*tables, text, *drawn])))

    names = make_template_names(report) | {
        "title": document.title,
        "author": fill_form_text(report, form.author),
        "sections": [
            {
                "id": section.id,
                "heading": compose_heading(report, section.id),
                "body": make_body(section),
                "landscape": section.landscape,
            }
            for section in form.sections
        ],
    }
    text = fill_template(_make_environment(form, document.load_template), form.template, names)
    return _replace_illegal(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def _draw_tables(report: Report, table: str, laid_out: LaidOut, draw_one_table: DrawTable) -> Iterator[Markdown]:
    """Write a table of the form as the page prints it: its tables, what is left out of them, and its notes."""
    if table not in laid_out:
        return
    printed, say = laid_out[table], report.form.locale.say
    yield from map(draw_one_table, printed.tables)
    of_form = next(one for one in report.form.tables if one.id == table)
    has_numbers = any(slot.value_type.is_number for slot in of_form.slots)
    without = say("table-without-figures") if has_numbers or not of_form.slots else ""
    nothing = of_form.list_rules.none if of_form.list_rules else without
    if not printed.tables and printed.applies and nothing:
        yield escape(nothing)
    elif printed.left_out:
        yield escape(say("table-rows-left-out" if has_numbers else "table-rows-without-text", count=printed.left_out))
    for words, columns in (
        ("table-columns-left-out", printed.columns_left_out),
        ("table-columns-of-zeros", printed.columns_of_zeros),
    ):
        if printed.tables and columns:
            yield escape(say(words, columns=report.form.locale.join(columns)))
    for number, note in enumerate(printed.notes, 1):
        yield escape(f"[{number}] {' '.join(note.split())}")


def _replace_illegal(text: str) -> Markdown:
    """Replace what XML cannot hold, and remove the byte order mark, which PDF/A forbids and which is invisible."""
    return Markdown(ILLEGAL_CHARACTERS.sub("\ufffd", text).replace(markdown.BYTE_ORDER_MARK, ""))


def find_placeholder_faults(report: Report) -> Iterator[tuple[str, prose.PlaceholderFault]]:
    """Find the faults in placeholders of the prose and of headings; yields the address of the text with each."""
    names = template_context.make_names(report)
    for section, text in report.headings.items():
        if "{" in text:  # as few do
            yield from ((f"headings.{section}", fault) for fault in prose.find_faults(text, names))
    names |= {"title": "", prose.STANDARD: ""}
    for section, text in report.prose.items():
        yield from ((f"prose.{section}", fault) for fault in prose.find_faults(text, names))


def format_figure(report: Report, address: str) -> str:
    """Return the text of the value at an address as its table cell shows it."""
    slot, figure = report.form.slots[address], report.figures.get(address)
    value = report.values.get(address) if figure is None else figure
    if value is None:
        return template_context.get_nothing(report, slot)
    return slot.value_type.format(value, report.form.locale) + slot.suffix


def draw_table(report: Report, table: Table) -> Markdown:
    """Write a table of the form with its figures, in a division whose attributes say what a grid table cannot."""
    grid = table.make_grid()
    figures = {(cell.row, cell.column): format_figure(report, cell.slot.address) for cell in grid.cells if cell.slot}
    widths = " ".join(f"{width:g}" for width in table.widths or [1.0] * grid.columns)
    bands = " ".join(f"{band.header_rows}+{band.body_rows}" for band in grid.blocks)
    opening = f'::: {{#{table.page_id} .form labels="{grid.label_columns}" bands="{bands}" widths="{widths}"}}'
    return Markdown(f"{opening}\n\n{markdown.draw_grid_table(grid, figures)}\n\n: {escape(table.label)}\n\n:::")


def _compose_text(report: Report, section: Section, load_template: LoadTemplate, names: dict[str, object]) -> Markdown:
    """Compose the standard text of a section, or the data file's own prose, which may contain the standard text."""
    own_prose = report.prose.get(section.id)
    standard = Markdown()
    if section.text and (own_prose is None or prose.STANDARD in own_prose):
        standard = Markdown(fill_template(_make_environment(report.form, load_template), section.text, names).strip())
    if own_prose is None:
        return standard
    prose_names = template_context.make_names(report) | {"title": names["title"], prose.STANDARD: standard}
    address, text = f"prose.{section.id}", _replace_illegal(own_prose)
    return Markdown(prose.fill_prose(text, prose_names, address, report.form.locale))


def _make_environment(form: Form, load_template: LoadTemplate) -> ImmutableSandboxedEnvironment:
    return make_environment(load_template, form.locale, trim_blocks=form.kind.trim_blocks)
