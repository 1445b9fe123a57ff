"""A recognised report as the text of a data file: its figures, its prose, and comments on what was not read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import tomli_w

from nianbao.compose.document import ILLEGAL
from nianbao.datafiles import formatter
from nianbao.datafiles.syntax_tree import BLANK, Cell, Document, Entry, Keys, Section
from nianbao.importer.recognition.printed_values import Number
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.sections import ExtractedText
from nianbao.importer.recognition.tables.ambiguous_rows import Candidates
from nianbao.importer.recognition.tables.cells import RecognizedCell as Read
from nianbao.importer.recognition.tables.cells import RecognizedRow
from nianbao.model.form import Form
from nianbao.model.form import Section as Heading
from nianbao.model.table import Slot, Table
from nianbao.model.value_types import KINDS

_MAX_CANDIDATES = 24  # of a row that a comment lists
_REASONS = {  # comments stay Chinese, as the data file does
    "together": "几格的数字连在一起，格式的等式定不下来",
    "column": "看不出属于哪一列",
    "no-column": "表里没有这一列",
    "words": "不是一个数",
    "twice": "文件里有两个数",
    "formula": "是公式，没有采用",
}


def format_data_file(recognised: RecognizedReport, source: str, prose: Mapping[str, str] | None = None) -> str:
    """Write the data file. `source` names the file that was imported; `prose` stands in place of what it says.

    Cells that are blank or undecided are left out, with a comment at their row; totals that are printed are
    written, right or wrong.
    """
    form, said = recognised.form, recognised.told
    origin = f"由 report import 从 {_format_comment(source)} 读出，数字照原文，不作改动。"
    opening = f"# {form.name}，{recognised.year} 年度。{origin}"
    preamble = (opening, *(f"# {note}" for note in _compose_notes(recognised)), BLANK)
    top = [_make_entry("year", str(recognised.year)), _make_entry("edition", _format_value(form.edition))]
    top += [_make_entry("title", _format_value(said.title))] if said.title else []
    top += [_make_entry("published", said.published.isoformat())] if said.published else []
    texts = said.prose if prose is None else prose
    sections = [
        Section(entries=tuple(top)),
        *_make_fact_sections(said, form),
        *(_make_table_section(recognised, heading, table) for heading, table in _list_tables(recognised, found=True)),
        _make_section(
            "headings", {part.id: _format_value(heading) for part, heading in _list_other_headings(recognised)}
        ),
        _make_section("prose", {part.id: _format_prose(texts[part.id]) for part in form.sections if part.id in texts}),
    ]
    kept = tuple(section for section in sections if not section.keys or section.entries or section.tail)
    return ILLEGAL.sub("\ufffd", formatter.write(Document(preamble, kept, ()), form))


def format_embedded_facts(text: str, form: Form) -> str:
    """Lay out the facts that a file of ours carries as a data file."""
    return formatter.lay_out(f"{text.strip()}\n", form)


def _make_entry(address: str, raw: str, within: Keys = ()) -> Entry:
    keys = (*within, *address.split("."))
    return Entry(Cell(keys, keys, raw))


def _make_section(name: str, values: Mapping[str, str]) -> Section:
    return Section((name,), (name,), entries=tuple(_make_entry(key, raw, (name,)) for key, raw in values.items()))


def _make_fact_sections(said: ExtractedText, form: Form) -> Iterator[Section]:
    """Write the facts that stand in no table, first who reports, which a person is asked for where it is not said."""
    author, _dot, name = form.author_at.partition(".")
    facts = {**({form.author_at: said.office} if author and said.office else {}), **said.facts}
    groups: dict[str, dict[str, str]] = {author: {}} if author else {}
    for address, value in facts.items():
        group, _dot, key = address.partition(".")
        groups.setdefault(group, {})[key] = _format_value(value)
    for group, values in groups.items():
        asked = () if name in values else (f'# {name} = ""  # 文件里没有写机关名称，请写上',)
        if group == author and asked:
            yield Section((group,), (group,), tail=asked, entries=_make_section(group, values).entries)
        elif values:
            yield _make_section(group, values)


def _list_other_headings(recognised: RecognizedReport) -> Iterator[tuple[Heading, str]]:
    """Give the sections that the file heads otherwise than the form."""
    for section in recognised.form.sections:
        heading = recognised.told.headings.get(section.id, "")
        if section.heading and heading not in {"", section.heading}:
            yield section, heading


def _compose_notes(recognised: RecognizedReport) -> Iterator[str]:
    """Say what the file has and the form has no place for, and what it lacks."""
    for fault in recognised.faults:
        yield f"{fault.label}：“{_format_comment(fault.shown)}”没有记下，应为{KINDS[fault.kind].words}"
    yield from (f"表里多出的一行，没有记下：{_format_comment(row)}" for row in recognised.tables.notes)
    yield from (f"文件到这一行中间断了，没有记下：{_format_comment(row)}" for row in recognised.tables.truncated_rows)
    for line, cell in recognised.unplaced:
        label = " · ".join(part.label for part in (*cell.slot.rows[-1:], *cell.slot.columns[-1:]))
        printed = _format_comment(cell.printed) or cell.value
        yield f"{line.shape.form.edition} 版的格，本版没有地方记：{label} = {printed}"
    for section in recognised.missing_sections:
        yield f"没有找到“{section.heading}”这一部分，生成时会用标准文字"
    for heading, _table in _list_tables(recognised, found=False):
        yield f"没有找到“{heading}”的表格"


def _list_tables(recognised: RecognizedReport, *, found: bool) -> Iterator[tuple[str, Table]]:
    """Give the tables of which something was found, or nothing, each with the heading of its section."""
    form = recognised.form
    for table in form.tables:
        if any(slot.address in recognised.placed for slot in table.slots) == found:
            yield next((part.heading for part in form.sections if part.table == table.id), table.label), table


def _make_table_section(recognised: RecognizedReport, heading: str, table: Table) -> Section:
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots:
        rows.setdefault(slot.row, []).append(slot)
    absent = [
        slots[0].row_label
        for slots in rows.values()
        if recognised.placed.keys().isdisjoint(slot.address for slot in slots)
    ]
    remarks = [f"# 文件里没有找到的行：{'、'.join(absent)}"] if absent else []
    entries: list[Entry] = []
    for row, slots in rows.items():
        cells = [(slot, recognised.placed[slot.address]) for slot in slots if slot.address in recognised.placed]
        if not cells:
            continue
        remarks += [f"# {words}" for words in _describe_undecided(cells, recognised.lines[cells[0][0].address])]
        keys = (table.id, *row.split("."))
        figures = [
            _make_entry(slot.column, _format_number(cell.value), keys).cell
            for slot, cell in cells
            if cell.value is not None
        ]
        if figures:
            beside = "；".join([slots[0].row_label, *_describe_cells(cells, len(slots))])
            entries.append(Entry(Cell(keys, keys, "{}"), tuple(figures), tuple(remarks), f"# {beside}"))
            remarks = []
        elif any(cell.state == "blank" for _, cell in cells):
            together = any(cell.why == "together" for _, cell in cells)
            said = f"印作“{_format_comment(cells[0][1].printed)}”，各格是 0 或空白" if together else "整行空白"
            remarks.append(f"# {slots[0].row_label}：{said}")
    return Section((table.id,), (table.id,), above=(BLANK, f"# {heading}"), entries=tuple(entries), tail=tuple(remarks))


def _describe_undecided(cells: Sequence[tuple[Slot, Read]], line: RecognizedRow) -> Iterator[str]:
    """Tell why cells were left out, those of the same print together, with the readings of each."""
    groups: dict[tuple[str, str], list[tuple[Slot, Read]]] = {}
    for slot, cell in cells:
        if cell.state == "undecided":
            groups.setdefault((cell.why, cell.printed), []).append((slot, cell))
    for (why, printed), group in groups.items():
        row = group[0][0].row_label
        shown = f"印作“{_format_comment(printed)}”，" if printed else ""
        heads = "、".join(_get_column_label(slot) for slot, _ in group)
        if why == "together" and line.readings:
            options = _describe_candidates(line.readings, [_get_column_label(cell.slot) for cell in line.cells])
        else:
            options = "、".join(dict.fromkeys(_format_number(option) for _, cell in group for option in cell.options))
        yield f"未定：{row}（{heads}）{shown}{_REASONS[why]}" + (f"：{options}" if options else "")


def _describe_candidates(readings: Candidates, heads: Sequence[str]) -> str:
    """List the readings of a row, those with a figure in every cell where there are any."""
    vectors = readings.full or readings.figures_of_all
    listed = ["、".join(map(_format_number, vector)) for vector in vectors[:_MAX_CANDIDATES]]
    more = f"；等 {len(vectors)} 种" if len(vectors) > _MAX_CANDIDATES else ""
    others = len(readings.figures_of_all) - len(vectors)
    blank = f"；若有空白的格，另有 {others} 种" if others else ""
    return f"依次为{'、'.join(heads)}，可能是 {'；'.join(listed)}{more}{blank}" if listed else "读法太多，没有列出"


def _describe_cells(cells: Sequence[tuple[Slot, Read]], size: int) -> Iterator[str]:
    blank = [_get_column_label(slot) for slot, cell in cells if cell.state == "blank" and not cell.printed]
    nothing = [_get_column_label(slot) for slot, cell in cells if cell.state == "blank" and cell.why == "together"]
    if nothing:
        yield "0 或空白：" + ("其余各格" if len(nothing) > size // 2 else "、".join(nothing))
    if blank:
        yield "空白：" + ("其余各格" if len(blank) > size // 2 else "、".join(blank))
    signs: dict[str, list[str]] = {}
    for slot, cell in cells:
        if cell.printed and cell.told and cell.why != "together":
            signs.setdefault(cell.printed, []).append(_get_column_label(slot))
    yield from (f"{'、'.join(heads)}印作“{_format_comment(printed)}”" for printed, heads in signs.items())
    runs = {cell.printed for _, cell in cells if cell.why == "together"}
    if runs and all(cell.state != "undecided" for _, cell in cells):
        yield f"连印作“{_format_comment(runs.pop())}”，只有这一种读法"


def _get_column_label(slot: Slot) -> str:
    return slot.columns[-1].label


def _format_number(value: Number | None) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _format_comment(text: str) -> str:
    """Write a text so that it stays within its comment."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).strip()
    return plain if len(plain) <= 80 else plain[:79] + "…"  # noqa: PLR2004  # characters of one remark


def _format_value(value: object) -> str:
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def _format_prose(text: str) -> str:
    """Write prose as it stands between quotes, if it can be, else with escapes."""
    plain = ILLEGAL.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if "'''" not in plain and not plain.endswith("'") and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain):
        return f"'''\n{plain}\n'''"
    return tomli_w.dumps({"value": plain}, multiline_strings=True).removeprefix("value = ").strip()
