"""A recognized report as the text of a data file: its figures, its prose, and comments on what was not read."""

import re
from collections.abc import Iterator, Mapping, Sequence

import tomli_w

from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.datafiles import formatter
from nianbao.datafiles.syntax_tree import BLANK, CellNode, EntryNode, Keys, SectionNode, SyntaxTree
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.recognition.tables.ambiguous_rows import Candidates
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow
from nianbao.model.form import Form
from nianbao.model.form import Section as FormSection
from nianbao.model.table import Slot, Table
from nianbao.model.value_types import format_number

_MAX_CANDIDATES = 24  # of a row that a comment lists
_MAX_COMMENT = 80  # characters of a published text in a comment
_REASONS = {  # comments stay Chinese, as the data file does
    "together": "几格的数字连在一起，格式的等式定不下来",
    "column": "看不出属于哪一列",
    "no-column": "表里没有这一列",
    "words": "不是一个数",
    "twice": "文件里有两个数",
    "formula": "是公式，没有采用",
}

_Cells = Sequence[tuple[Slot, RecognizedCell]]  # of one row, each with its place in the form


def format_data_file(recognized: RecognizedReport, source: str, prose: Mapping[str, str] | None = None) -> str:
    """Return the text of the data file.

    `source` names the file that was imported; `prose`, by section, replaces the prose of the report. Cells that are
    blank or undecided are left out, with a comment at their row; totals that are printed are written, right or wrong.
    """
    form, texts = recognized.form, recognized.texts
    origin = f"由 report import 从 {_format_comment(source)} 读出，数字照原文，不作改动。"
    preamble = (
        f"# {form.name}，{recognized.year} 年度。{origin}",
        *(f"# {note}" for note in _compose_notes(recognized)),
        BLANK,
    )
    top = [_make_entry("year", str(recognized.year)), _make_entry("edition", _format_value(form.edition))]
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
            comment = f'# {name} = ""  # 文件里没有写机关名称，请写上'
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
    for cell in recognized.invalid_cells:
        expected = cell.value_type.describe(recognized.form.locale)
        yield f"{cell.label}：“{_format_comment(cell.text)}”没有记下，应为{expected}"
    tables = recognized.tables
    yield from (f"表里多出的一行，没有记下：{_format_comment(row)}" for row in tables.extra_rows)
    yield from (f"文件到这一行中间断了，没有记下：{_format_comment(row)}" for row in tables.truncated_rows)
    for published_row, other in recognized.cells_of_other_editions:
        label = " · ".join(part.label for part in (*other.slot.rows[-1:], *other.slot.columns[-1:]))
        printed = _format_comment(other.printed) or other.value
        yield f"{published_row.layout.form.edition} 版的格，本版没有地方记：{label} = {printed}"
    for section in recognized.missing_sections:
        yield f"没有找到“{section.heading}”这一部分，生成时会用标准文字"
    for heading, _table in _list_tables(recognized, found=False):
        yield f"没有找到“{heading}”的表格"


# ── tables ───────────────────────────────────────────────────────────────────────────


def _list_tables(recognized: RecognizedReport, *, found: bool) -> Iterator[tuple[str, Table]]:
    """Give the tables of which something was found, or nothing, each with the heading of its section."""
    form = recognized.form
    for table in form.tables:
        if any(slot.address in recognized.cells_by_address for slot in table.slots) == found:
            yield next((part.heading for part in form.sections if part.table == table.id), table.label), table


def _make_table_section(recognized: RecognizedReport, heading: str, table: Table) -> SectionNode:
    """Write the figures of a table, a line for each row, with comments above a row on what was left out."""
    found = recognized.cells_by_address
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots:
        rows.setdefault(slot.row, []).append(slot)
    missing = [slots[0].row_label for slots in rows.values() if all(slot.address not in found for slot in slots)]
    comments = [f"# 文件里没有找到的行：{'、'.join(missing)}"] if missing else []
    entries: list[EntryNode] = []
    for row, slots in rows.items():
        cells = [(slot, found[slot.address]) for slot in slots if slot.address in found]
        if not cells:
            continue
        published_row = recognized.rows_by_address[cells[0][0].address]
        comments += [f"# {words}" for words in _describe_undecided(cells, published_row)]
        keys = (table.id, *row.split("."))
        figures = [
            _make_entry(slot.column, format_number(cell.value), keys).cell
            for slot, cell in cells
            if cell.value is not None
        ]
        if figures:
            beside = "；".join([slots[0].row_label, *_describe_cells(cells, len(slots))])
            entries.append(EntryNode(CellNode(keys, keys, "{}"), tuple(figures), tuple(comments), f"# {beside}"))
            comments = []
        elif any(cell.state == "blank" for _, cell in cells):
            comments.append(f"# {slots[0].row_label}：{_describe_blank_row(cells)}")
    above = (BLANK, f"# {heading}")
    return SectionNode((table.id,), (table.id,), above=above, entries=tuple(entries), tail=tuple(comments))


def _describe_blank_row(cells: _Cells) -> str:
    if any(cell.reason == "together" for _, cell in cells):
        return f"印作“{_format_comment(cells[0][1].printed)}”，各格是 0 或空白"
    return "整行空白"


def _describe_undecided(cells: _Cells, row: RecognizedRow) -> Iterator[str]:
    """Describe why cells were left out, those with the same printed text together, with the figures of each."""
    groups: dict[tuple[str, str], list[tuple[Slot, RecognizedCell]]] = {}
    for slot, cell in cells:
        if cell.state == "undecided":
            groups.setdefault((cell.reason, cell.printed), []).append((slot, cell))
    for (reason, printed), group in groups.items():
        quoted = f"印作“{_format_comment(printed)}”，" if printed else ""
        columns = "、".join(_get_column_label(slot) for slot, _ in group)
        if reason == "together" and row.candidates:
            options = _describe_candidates(row.candidates, [_get_column_label(cell.slot) for cell in row.cells])
        else:
            options = "、".join(dict.fromkeys(format_number(option) for _, cell in group for option in cell.options))
        yield f"未定：{group[0][0].row_label}（{columns}）{quoted}{_REASONS[reason]}" + (
            f"：{options}" if options else ""
        )


def _describe_candidates(candidates: Candidates, columns: Sequence[str]) -> str:
    """List the figures that a row may have, those of every cell where there are any."""
    rows = candidates.complete or candidates.distinct
    listed = ["、".join(map(format_number, figures)) for figures in rows[:_MAX_CANDIDATES]]
    more = f"；等 {len(rows)} 种" if len(rows) > _MAX_CANDIDATES else ""
    others = len(candidates.distinct) - len(rows)
    blank = f"；若有空白的格，另有 {others} 种" if others else ""
    return f"依次为{'、'.join(columns)}，可能是 {'；'.join(listed)}{more}{blank}" if listed else "读法太多，没有列出"


def _describe_cells(cells: _Cells, size: int) -> Iterator[str]:
    """Describe the cells of a row of `size` cells that are blank, or print more than their figure."""
    blank = [slot for slot, cell in cells if cell.state == "blank" and not cell.printed]
    zero_or_blank = [slot for slot, cell in cells if cell.state == "blank" and cell.reason == "together"]
    for words, slots in (("0 或空白：", zero_or_blank), ("空白：", blank)):
        if slots:
            yield words + ("其余各格" if len(slots) > size // 2 else "、".join(map(_get_column_label, slots)))
    columns: dict[str, list[str]] = {}  # by what they print
    for slot, cell in cells:
        if cell.printed and cell.keep_text and cell.reason != "together":
            columns.setdefault(cell.printed, []).append(_get_column_label(slot))
    yield from (f"{'、'.join(labels)}印作“{_format_comment(printed)}”" for printed, labels in columns.items())
    together = {cell.printed for _, cell in cells if cell.reason == "together"}
    if together and all(cell.state != "undecided" for _, cell in cells):
        yield f"连印作“{_format_comment(together.pop())}”，只有这一种读法"


def _get_column_label(slot: Slot) -> str:
    return slot.columns[-1].label


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
