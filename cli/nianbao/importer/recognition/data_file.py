"""A recognised report as the text of a data file: its figures, its prose, and comments on what was not read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import tomli_w

from nianbao.compose.document import ILLEGAL
from nianbao.datafiles import formatter
from nianbao.datafiles.syntax_tree import BLANK, CellNode, EntryNode, Keys, SectionNode, SyntaxTree
from nianbao.importer.recognition.printed_values import Number
from nianbao.importer.recognition.recognized_report import Recognised
from nianbao.importer.recognition.sections import Told
from nianbao.importer.recognition.tables.ambiguous_rows import Readings
from nianbao.importer.recognition.tables.cells import Cell as Read
from nianbao.importer.recognition.tables.cells import Line
from nianbao.model.form import Form
from nianbao.model.form import Section as Heading
from nianbao.model.table import Slot, Table
from nianbao.model.value_types import KINDS

_READINGS = 24  # of a row that a comment lists
_WHY = {  # comments stay Chinese, as the data file does
    "together": "几格的数字连在一起，格式的等式定不下来",
    "column": "看不出属于哪一列",
    "no-column": "表里没有这一列",
    "words": "不是一个数",
    "twice": "文件里有两个数",
    "formula": "是公式，没有采用",
}


def write(recognised: Recognised, source: str, prose: Mapping[str, str] | None = None) -> str:
    """Write the data file. `source` names the file that was imported; `prose` stands in place of what it says.

    Cells that are blank or undecided are left out, with a comment at their row; totals that are printed are
    written, right or wrong.
    """
    form, said = recognised.form, recognised.told
    opening = (
        f"# {form.name}，{recognised.year} 年度。由 report import 从 {_comment(source)} 读出，数字照原文，不作改动。"
    )
    preamble = (opening, *(f"# {note}" for note in _notes(recognised)), BLANK)
    top = [_entry("year", str(recognised.year)), _entry("edition", _value(form.edition))]
    top += [_entry("title", _value(said.title))] if said.title else []
    top += [_entry("published", said.published.isoformat())] if said.published else []
    texts = said.prose if prose is None else prose
    sections = [
        SectionNode(entries=tuple(top)),
        *_facts(said, form),
        *(_table(recognised, heading, table) for heading, table in _tables(recognised, found=True)),
        _plain("headings", {part.id: _value(heading) for part, heading in _headings(recognised)}),
        _plain("prose", {part.id: _long(texts[part.id]) for part in form.sections if part.id in texts}),
    ]
    kept = tuple(section for section in sections if not section.keys or section.entries or section.tail)
    return ILLEGAL.sub("\ufffd", formatter.format_tree(SyntaxTree(preamble, kept, ()), form))


def carried(text: str, form: Form) -> str:
    """Lay out the facts that a file of ours carries as a data file."""
    return formatter.format_text(f"{text.strip()}\n", form)


def _entry(address: str, raw: str, within: Keys = ()) -> EntryNode:
    keys = (*within, *address.split("."))
    return EntryNode(CellNode(keys, keys, raw))


def _plain(name: str, values: Mapping[str, str]) -> SectionNode:
    return SectionNode((name,), (name,), entries=tuple(_entry(key, raw, (name,)) for key, raw in values.items()))


def _facts(said: Told, form: Form) -> Iterator[SectionNode]:
    """Write the facts that stand in no table, first who reports, which a person is asked for where it is not said."""
    author, _dot, name = form.author_at.partition(".")
    facts = {**({form.author_at: said.office} if author and said.office else {}), **said.facts}
    groups: dict[str, dict[str, str]] = {author: {}} if author else {}
    for address, value in facts.items():
        group, _dot, key = address.partition(".")
        groups.setdefault(group, {})[key] = _value(value)
    for group, values in groups.items():
        asked = () if name in values else (f'# {name} = ""  # 文件里没有写机关名称，请写上',)
        if group == author and asked:
            yield SectionNode((group,), (group,), tail=asked, entries=_plain(group, values).entries)
        elif values:
            yield _plain(group, values)


def _headings(recognised: Recognised) -> Iterator[tuple[Heading, str]]:
    """Give the sections that the file heads otherwise than the form."""
    for section in recognised.form.sections:
        heading = recognised.told.headings.get(section.id, "")
        if section.heading and heading not in {"", section.heading}:
            yield section, heading


def _notes(recognised: Recognised) -> Iterator[str]:
    """Say what the file has and the form has no place for, and what it lacks."""
    for fault in recognised.faults:
        yield f"{fault.label}：“{_comment(fault.shown)}”没有记下，应为{KINDS[fault.kind].words}"
    yield from (f"表里多出的一行，没有记下：{_comment(row)}" for row in recognised.tables.notes)
    yield from (f"文件到这一行中间断了，没有记下：{_comment(row)}" for row in recognised.tables.cut)
    for line, cell in recognised.unplaced:
        label = " · ".join(part.label for part in (*cell.slot.rows[-1:], *cell.slot.columns[-1:]))
        yield f"{line.shape.form.edition} 版的格，本版没有地方记：{label} = {_comment(cell.printed) or cell.value}"
    for section in recognised.absent:
        yield f"没有找到“{section.heading}”这一部分，生成时会用标准文字"
    for heading, _table in _tables(recognised, found=False):
        yield f"没有找到“{heading}”的表格"


def _tables(recognised: Recognised, *, found: bool) -> Iterator[tuple[str, Table]]:
    """Give the tables of which something was found, or nothing, each with the heading of its section."""
    form = recognised.form
    for table in form.tables:
        if any(slot.address in recognised.placed for slot in table.slots) == found:
            yield next((part.heading for part in form.sections if part.table == table.id), table.label), table


def _table(recognised: Recognised, heading: str, table: Table) -> SectionNode:
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots:
        rows.setdefault(slot.row, []).append(slot)
    absent = [
        slots[0].row_label
        for slots in rows.values()
        if recognised.placed.keys().isdisjoint(slot.address for slot in slots)
    ]
    remarks = [f"# 文件里没有找到的行：{'、'.join(absent)}"] if absent else []
    entries: list[EntryNode] = []
    for row, slots in rows.items():
        cells = [(slot, recognised.placed[slot.address]) for slot in slots if slot.address in recognised.placed]
        if not cells:
            continue
        remarks += [f"# {words}" for words in _undecided(cells, recognised.lines[cells[0][0].address])]
        keys = (table.id, *row.split("."))
        figures = [
            _entry(slot.column, _number(cell.value), keys).cell for slot, cell in cells if cell.value is not None
        ]
        if figures:
            beside = "；".join([slots[0].row_label, *_remarks(cells, len(slots))])
            entries.append(EntryNode(CellNode(keys, keys, "{}"), tuple(figures), tuple(remarks), f"# {beside}"))
            remarks = []
        elif any(cell.state == "blank" for _, cell in cells):
            together = any(cell.why == "together" for _, cell in cells)
            said = f"印作“{_comment(cells[0][1].printed)}”，各格是 0 或空白" if together else "整行空白"
            remarks.append(f"# {slots[0].row_label}：{said}")
    return SectionNode(
        (table.id,), (table.id,), above=(BLANK, f"# {heading}"), entries=tuple(entries), tail=tuple(remarks)
    )


def _undecided(cells: Sequence[tuple[Slot, Read]], line: Line) -> Iterator[str]:
    """Tell why cells were left out, those of the same print together, with the readings of each."""
    groups: dict[tuple[str, str], list[tuple[Slot, Read]]] = {}
    for slot, cell in cells:
        if cell.state == "undecided":
            groups.setdefault((cell.why, cell.printed), []).append((slot, cell))
    for (why, printed), group in groups.items():
        row = group[0][0].row_label
        shown = f"印作“{_comment(printed)}”，" if printed else ""
        heads = "、".join(_head(slot) for slot, _ in group)
        if why == "together" and line.readings:
            options = _readings(line.readings, [_head(cell.slot) for cell in line.cells])
        else:
            options = "、".join(dict.fromkeys(_number(option) for _, cell in group for option in cell.options))
        yield f"未定：{row}（{heads}）{shown}{_WHY[why]}" + (f"：{options}" if options else "")


def _readings(readings: Readings, heads: Sequence[str]) -> str:
    """List the readings of a row, those with a figure in every cell where there are any."""
    vectors = readings.full or readings.vectors
    listed = ["、".join(map(_number, vector)) for vector in vectors[:_READINGS]]
    more = f"；等 {len(vectors)} 种" if len(vectors) > _READINGS else ""
    others = len(readings.vectors) - len(vectors)
    blank = f"；若有空白的格，另有 {others} 种" if others else ""
    return f"依次为{'、'.join(heads)}，可能是 {'；'.join(listed)}{more}{blank}" if listed else "读法太多，没有列出"


def _remarks(cells: Sequence[tuple[Slot, Read]], size: int) -> Iterator[str]:
    blank = [_head(slot) for slot, cell in cells if cell.state == "blank" and not cell.printed]
    nothing = [_head(slot) for slot, cell in cells if cell.state == "blank" and cell.why == "together"]
    if nothing:
        yield "0 或空白：" + ("其余各格" if len(nothing) > size // 2 else "、".join(nothing))
    if blank:
        yield "空白：" + ("其余各格" if len(blank) > size // 2 else "、".join(blank))
    signs: dict[str, list[str]] = {}
    for slot, cell in cells:
        if cell.printed and cell.told and cell.why != "together":
            signs.setdefault(cell.printed, []).append(_head(slot))
    yield from (f"{'、'.join(heads)}印作“{_comment(printed)}”" for printed, heads in signs.items())
    runs = {cell.printed for _, cell in cells if cell.why == "together"}
    if runs and all(cell.state != "undecided" for _, cell in cells):
        yield f"连印作“{_comment(runs.pop())}”，只有这一种读法"


def _head(slot: Slot) -> str:
    return slot.columns[-1].label


def _number(value: Number | None) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _comment(text: str) -> str:
    """Write a text so that it stays within its comment."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).strip()
    return plain if len(plain) <= 80 else plain[:79] + "…"  # noqa: PLR2004  # characters of one remark


def _value(value: object) -> str:
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def _long(text: str) -> str:
    """Write prose as it stands between quotes, if it can be, else with escapes."""
    plain = ILLEGAL.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if "'''" not in plain and not plain.endswith("'") and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain):
        return f"'''\n{plain}\n'''"
    return tomli_w.dumps({"value": plain}, multiline_strings=True).removeprefix("value = ").strip()
