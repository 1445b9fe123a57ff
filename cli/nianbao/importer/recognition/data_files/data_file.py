"""A recognized report as the text of a data file: its figures, its prose, and comments on what was not read."""

from collections.abc import Iterator, Mapping

from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.datafiles import formatter
from nianbao.datafiles.syntax_tree import BLANK, SectionNode, SyntaxTree
from nianbao.importer.recognition.data_files.comments import describe_place, format_comment
from nianbao.importer.recognition.data_files.tables import list_tables, make_table_sections
from nianbao.importer.recognition.data_files.toml_values import format_prose, format_value, make_entry
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.model.form import EXCLUDED, Form
from nianbao.model.form import Section as FormSection


def format_data_file(recognized: RecognizedReport, source: str, prose: Mapping[str, str] | None = None) -> str:
    """Return the text of the data file.

    `source` names the file that was imported; `prose`, by section, replaces the prose of the report. Cells that are
    blank or undecided are left out, with a comment at their row; totals that are printed are written, right or wrong.
    """
    form, texts = recognized.form, recognized.texts
    words = form.locale.say
    period = recognized.period
    preamble = (
        f"# {words('import-origin', name=form.name, period=period, source=format_comment(source))}",
        *(f"# {note}" for note in _compose_notes(recognized)),
        BLANK,
    )
    top = [
        make_entry(form.kind.period_fact, format_value(form.kind.write_period(period))),
        make_entry("edition", format_value(form.edition)),
    ]
    top += [make_entry("title", format_value(texts.title))] if texts.title else []
    top += [make_entry("published", texts.published.isoformat())] if texts.published else []
    top += [make_entry(EXCLUDED, format_value(texts.facts[EXCLUDED]))] if EXCLUDED in texts.facts else []
    prose = texts.prose if prose is None else prose
    headings = {section.id: format_value(heading) for section, heading in _list_other_headings(recognized)}
    sections = [
        SectionNode(entries=tuple(top)),
        *_make_fact_sections(texts, form),
        *(
            section
            for heading, table in list_tables(recognized, found=True)
            for section in make_table_sections(recognized, heading, table)
        ),
        _make_section("headings", headings),
        _make_section("prose", {part.id: format_prose(prose[part.id]) for part in form.sections if part.id in prose}),
    ]
    kept = tuple(part for part in sections if not part.keys or part.entries or part.tail or part.is_array)
    return ILLEGAL_CHARACTERS.sub("\ufffd", formatter.format_tree(SyntaxTree(preamble, kept, ()), form))


def format_embedded_facts(text: str, form: Form) -> str:
    """Format the facts (TOML) that a file of ours carries as a data file."""
    return formatter.format_text(f"{text.strip()}\n", form)


def _make_section(name: str, values: Mapping[str, str]) -> SectionNode:
    return SectionNode((name,), (name,), entries=tuple(make_entry(key, raw, (name,)) for key, raw in values.items()))


def _make_fact_sections(texts: ExtractedText, form: Form) -> Iterator[SectionNode]:
    """Write the facts that stand in no table, first the office's name; where it is unknown a comment asks for it."""
    author, _dot, name = form.author_address.partition(".")
    elsewhere = {EXCLUDED, *(address for table in form.tables for address in table.names)}
    own = {address: value for address, value in texts.facts.items() if address not in elsewhere}
    facts = {**({form.author_address: texts.office} if author and texts.office else {}), **own}
    groups: dict[str, dict[str, str]] = {author: {}} if author else {}
    for address, value in facts.items():
        group, _dot, key = address.partition(".")
        groups.setdefault(group, {})[key] = format_value(value)
    for group, values in groups.items():
        if group == author and name not in values:
            comment = f'# {name} = ""  # {form.locale.say("import-no-office")}'
            yield SectionNode((group,), (group,), tail=(comment,), entries=_make_section(group, values).entries)
        elif values:
            yield _make_section(group, values)


def _list_other_headings(recognized: RecognizedReport) -> Iterator[tuple[FormSection, str]]:
    """Give the sections that have another heading in the file than in the form, with that heading."""
    for section in recognized.form.sections:
        heading = recognized.texts.headings.get(section.id, "")
        if section.heading and heading not in {"", section.heading}:
            yield section, heading


def _compose_notes(recognized: RecognizedReport) -> Iterator[str]:
    """Describe what the file has and the form has no place for, and what the file lacks."""
    say = recognized.form.locale.say
    for cell in recognized.invalid_cells:
        expected = cell.value_type.describe(recognized.form.locale)
        yield say("import-invalid", label=cell.label, text=format_comment(cell.text), expected=expected)
    tables = recognized.tables
    yield from (say("import-extra-row", row=format_comment(row)) for row in tables.extra_rows)
    for place, row in tables.unread_rows:
        at = describe_place(place, recognized.form.locale)
        yield say("import-unread-row-at" if at else "import-unread-row", place=at, row=format_comment(row))
    yield from (say("import-truncated-row", row=format_comment(row)) for row in tables.truncated_rows)
    for published_row, other in recognized.cells_of_other_editions:
        label = " · ".join(part.label for part in (*other.slot.rows[-1:], *other.slot.columns[-1:]))
        printed = format_comment(other.printed) or other.value
        yield say("import-other-edition", edition=published_row.layout.form.edition, label=label, printed=printed)
    for section in recognized.missing_sections:
        yield say("import-no-section", heading=section.heading)
    for heading, _table in list_tables(recognized, found=False):
        yield say("import-no-table", heading=heading)
