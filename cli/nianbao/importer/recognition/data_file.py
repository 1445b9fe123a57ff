"""A recognized report as the text of a data file: its figures, its prose, and comments on what was not read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import tomli_w

from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.datafiles import formatter
from nianbao.datafiles.syntax_tree import BLANK, CellNode, EntryNode, Keys, SectionNode, SyntaxTree
from nianbao.importer.recognition.proof import find_unproven
from nianbao.importer.recognition.published import Place
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.recognition.tables.ambiguous_rows import Candidates
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow
from nianbao.model.form import Form
from nianbao.model.form import Section as FormSection
from nianbao.model.locale import Locale
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import format_number

_MAX_CANDIDATES = 24  # of a row that a comment lists
_MAX_COMMENT = 80  # characters of a published text in a comment
_Cells = Sequence[tuple[Slot, RecognizedCell]]  # of one row, each with its place in the form


def format_data_file(recognized: RecognizedReport, source: str, prose: Mapping[str, str] | None = None) -> str:
    """Return the text of the data file.

    `source` names the file that was imported; `prose`, by section, replaces the prose of the report. Cells that are
    blank or undecided are left out, with a comment at their row; totals that are printed are written, right or wrong.
    """
    form, texts = recognized.form, recognized.texts
    words = form.locale.say
    period = recognized.period
    preamble = (
        f"# {words('import-origin', name=form.name, period=period, source=_format_comment(source))}",
        *(f"# {note}" for note in _compose_notes(recognized)),
        BLANK,
    )
    top = [
        _make_entry(form.kind.period_fact, _format_value(form.kind.write_period(period))),
        _make_entry("edition", _format_value(form.edition)),
    ]
    top += [_make_entry("title", _format_value(texts.title))] if texts.title else []
    top += [_make_entry("published", texts.published.isoformat())] if texts.published else []
    prose = texts.prose if prose is None else prose
    headings = {section.id: _format_value(heading) for section, heading in _list_other_headings(recognized)}
    sections = [
        SectionNode(entries=tuple(top)),
        *_make_fact_sections(texts, form),
        *(_make_table_section(recognized, heading, table) for heading, table in _list_tables(recognized, found=True)),
        _make_section("headings", headings),
        _make_section("prose", {part.id: _format_prose(prose[part.id]) for part in form.sections if part.id in prose}),
    ]
    kept = tuple(section for section in sections if not section.keys or section.entries or section.tail)
    return ILLEGAL_CHARACTERS.sub("\ufffd", formatter.format_tree(SyntaxTree(preamble, kept, ()), form))


def format_embedded_facts(text: str, form: Form) -> str:
    """Format the facts (TOML) that a file of ours carries as a data file."""
    return formatter.format_text(f"{text.strip()}\n", form)


def _make_entry(address: str, raw: str, within: Keys = ()) -> EntryNode:
    keys = (*within, *address.split("."))
    return EntryNode(CellNode(keys, keys, raw))


def _make_section(name: str, values: Mapping[str, str]) -> SectionNode:
    return SectionNode((name,), (name,), entries=tuple(_make_entry(key, raw, (name,)) for key, raw in values.items()))


def _make_fact_sections(texts: ExtractedText, form: Form) -> Iterator[SectionNode]:
    """Write the facts that stand in no table, first the office's name; where it is unknown a comment asks for it."""
    author, _dot, name = form.author_address.partition(".")
    facts = {**({form.author_address: texts.office} if author and texts.office else {}), **texts.facts}
    groups: dict[str, dict[str, str]] = {author: {}} if author else {}
    for address, value in facts.items():
        group, _dot, key = address.partition(".")
        groups.setdefault(group, {})[key] = _format_value(value)
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
        yield say("import-invalid", label=cell.label, text=_format_comment(cell.text), expected=expected)
    tables = recognized.tables
    yield from (say("import-extra-row", row=_format_comment(row)) for row in tables.extra_rows)
    for place, row in tables.unread_rows:
        at = _describe_place(place, recognized.form.locale)
        yield say("import-unread-row-at" if at else "import-unread-row", place=at, row=_format_comment(row))
    yield from (say("import-truncated-row", row=_format_comment(row)) for row in tables.truncated_rows)
    for published_row, other in recognized.cells_of_other_editions:
        label = " · ".join(part.label for part in (*other.slot.rows[-1:], *other.slot.columns[-1:]))
        printed = _format_comment(other.printed) or other.value
        yield say("import-other-edition", edition=published_row.layout.form.edition, label=label, printed=printed)
    for section in recognized.missing_sections:
        yield say("import-no-section", heading=section.heading)
    for heading, _table in _list_tables(recognized, found=False):
        yield say("import-no-table", heading=heading)


# ── tables ───────────────────────────────────────────────────────────────────────────


def _list_tables(recognized: RecognizedReport, *, found: bool) -> Iterator[tuple[str, Table]]:
    """Give the tables of which something was found, or nothing, each with the heading of its section."""
    form = recognized.form
    for table in form.tables:
        if any(slot.address in recognized.cells_by_address for slot in table.slots) == found:
            yield next((part.heading for part in form.sections if part.table == table.id), table.label), table


def _make_table_section(recognized: RecognizedReport, heading: str, table: Table) -> SectionNode:
    """Write the figures of a table, a line for each row, with comments above a row on what was left out."""
    found, locale = recognized.cells_by_address, recognized.form.locale
    unproven = set(find_unproven(recognized))
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots:
        rows.setdefault(slot.row, []).append(slot)
    missing = [slots[0].row_label for slots in rows.values() if all(slot.address not in found for slot in slots)]
    join = locale.file.lists.join.join
    comments = [f"# {locale.say('import-missing-rows', rows=join(missing))}"] if missing else []
    entries: list[EntryNode] = []
    for row, slots in rows.items():
        cells = [(slot, found[slot.address]) for slot in slots if slot.address in found]
        if not cells:
            continue
        published_row = recognized.rows_by_address[cells[0][0].address]
        comments += [f"# {words}" for words in _describe_undecided(cells, published_row, locale)]
        keys = (table.id, *row.split("."))
        figures = [
            _make_entry(slot.column, format_number(cell.value), keys).cell
            for slot, cell in cells
            if cell.value is not None
        ]
        if figures:
            separator = locale.say("import-separator")
            evidence = [] if published_row.evidence == "label" else [locale.say(f"import-by-{published_row.evidence}")]
            notes = [*_describe_cells(cells, len(slots), locale), *_describe_unproven(cells, unproven, locale)]
            beside = separator.join([slots[0].row_label, *evidence, *notes])
            entries.append(EntryNode(CellNode(keys, keys, "{}"), tuple(figures), tuple(comments), f"# {beside}"))
            comments = []
        elif any(cell.state == "blank" for _, cell in cells):
            what = _describe_blank_row(cells, locale)
            comments.append(f"# {locale.say('import-row', label=slots[0].row_label, what=what)}")
    above = (BLANK, f"# {heading}")
    return SectionNode((table.id,), (table.id,), above=above, entries=tuple(entries), tail=tuple(comments))


def _describe_blank_row(cells: _Cells, locale: Locale) -> str:
    if any(cell.reason == "together" for _, cell in cells):
        return locale.say("import-zero-or-blank-row", printed=_format_comment(cells[0][1].printed))
    return locale.say("import-blank-row")


def _describe_undecided(cells: _Cells, row: RecognizedRow, locale: Locale) -> Iterator[str]:
    """Describe why cells were left out, those with the same printed text together, with the figures of each."""
    groups: dict[tuple[str, str], list[tuple[Slot, RecognizedCell]]] = {}
    for slot, cell in cells:
        if cell.state == "undecided":
            groups.setdefault((cell.reason, cell.printed), []).append((slot, cell))
    for (reason, printed), group in groups.items():
        columns = _join_columns([slot for slot, _ in group], locale)
        if reason == "together" and row.candidates:
            options = _describe_candidates(row.candidates, [cell.slot for cell in row.cells], locale)
        else:
            listed = dict.fromkeys(format_number(option) for _, cell in group for option in cell.options)
            options = locale.file.lists.join.join(listed)
        why = locale.say(f"import-{reason}")
        why = locale.say("import-printed", printed=_format_comment(printed), why=why) if printed else why
        why = locale.say("import-options", why=why, options=options) if options else why
        place = _describe_place(row.place, locale, group[0][1].left)
        key = "import-undecided-at" if place else "import-undecided"
        yield locale.say(key, place=place, row=group[0][0].row_label, columns=columns, why=why)


def _describe_place(place: Place, locale: Locale, left: float | None = None) -> str:
    """Say where a row or a cell stands in the file; empty where that is not known."""
    if place.sheet and place.row:
        return place.name_cell(left)
    for key, number in (("page", place.page), ("line", place.line), ("row", place.row), ("table", place.table)):
        if number:
            return locale.say(f"import-place-{key}", number=number, table=place.table)
    return ""


def _describe_candidates(candidates: Candidates, slots: Sequence[Slot], locale: Locale) -> str:
    """List the figures that a row may have, those of every cell where there are any."""
    rows = candidates.complete or candidates.distinct
    listed = [locale.file.lists.join.join(map(format_number, figures)) for figures in rows[:_MAX_CANDIDATES]]
    if not listed:
        return locale.say("import-too-many" if candidates.too_many else "import-none-fits")
    if len(rows) > _MAX_CANDIDATES:
        listed.append(locale.say("import-candidates-more", count=len(rows)))
    if others := len(candidates.distinct) - len(rows):
        listed.append(locale.say("import-candidates-blank", count=others))
    ways = locale.say("import-separator").join(listed)
    return locale.say("import-candidates", columns=_join_columns(slots, locale), candidates=ways)


def _describe_cells(cells: _Cells, size: int, locale: Locale) -> Iterator[str]:
    """Describe the cells of a row of `size` cells that are blank, or print more than their figure."""
    blank = [slot for slot, cell in cells if cell.state == "blank" and not cell.printed]
    zero_or_blank = [slot for slot, cell in cells if cell.state == "blank" and cell.reason == "together"]
    for key, slots in (("import-zero-or-blank", zero_or_blank), ("import-blank", blank)):
        if slots:
            is_most = len(slots) > size // 2
            yield locale.say(key, columns=locale.say("import-other-cells") if is_most else _join_columns(slots, locale))
    columns: dict[str, list[Slot]] = {}  # by what they print
    for slot, cell in cells:
        if cell.printed and cell.keep_text and cell.reason != "together":
            columns.setdefault(cell.printed, []).append(slot)
    for printed, slots in columns.items():
        of_columns = _join_columns(slots, locale)
        yield locale.say("import-printed-columns", columns=of_columns, printed=_format_comment(printed))
    together = {cell.printed for _, cell in cells if cell.reason == "together"}
    if together and all(cell.state != "undecided" for _, cell in cells):
        yield locale.say("import-only-reading", printed=_format_comment(together.pop()))


def _describe_unproven(cells: _Cells, unproven: AbstractSet[str], locale: Locale) -> Iterator[str]:
    """Name the cells of a row that were read from a scan, and that no sum confirms."""
    slots = [slot for slot, _cell in cells if slot.address in unproven]
    if slots:
        yield locale.say("import-unproven", columns=_join_columns(slots, locale))


def _join_columns(slots: Sequence[Slot], locale: Locale) -> str:
    return locale.file.lists.join.join(slot.columns[-1].label for slot in slots)


# ── values ───────────────────────────────────────────────────────────────────────────


def _format_comment(text: str) -> str:
    """Return a text that stays within its comment: one line, and not too long."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).strip()
    return plain if len(plain) <= _MAX_COMMENT else plain[: _MAX_COMMENT - 1] + "…"


def _format_value(value: object) -> str:
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def _format_prose(text: str) -> str:
    """Return prose as a TOML string: between quotes without escapes, if it can be, else with escapes."""
    plain = ILLEGAL_CHARACTERS.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if "'''" not in plain and not plain.endswith("'") and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain):
        return f"'''\n{plain}\n'''"
    return tomli_w.dumps({"value": plain}, multiline_strings=True).removeprefix("value = ").strip()
