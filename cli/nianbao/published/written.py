"""A recognised report as the text of a data file: its figures, its prose, and comments on what was not read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import tomli_w

from nianbao.form import Form
from nianbao.grid import Slot, Table
from nianbao.layout import lay_out
from nianbao.page import ILLEGAL
from nianbao.published.recognised import Recognised
from nianbao.published.runs import Readings
from nianbao.published.tables import Cell, Line
from nianbao.published.values import Number

_READINGS = 24  # of a row that a comment lists
_WHY = {  # comments stay Chinese, as the data file does
    "together": "几格的数字连在一起，格式的等式定不下来",
    "column": "看不出属于哪一列",
    "no-column": "表里没有这一列",
    "words": "不是一个数",
    "twice": "文件里有两个数",
}


def write(recognised: Recognised, source: str, prose: Mapping[str, str] | None = None) -> str:
    """Write the data file. `source` names the file that was imported; `prose` stands in place of what it says.

    Cells that are blank or undecided are left out, with a comment at their row; totals that are printed are
    written, right or wrong.
    """
    text = "\n".join(_lines(recognised, source, recognised.told.prose if prose is None else prose)) + "\n"
    return lay_out(ILLEGAL.sub("\ufffd", text), recognised.form)


def carried(text: str, form: Form) -> str:
    """Lay out the facts that a file of ours carries as a data file."""
    return lay_out(f"{text.strip()}\n", form)


def _lines(recognised: Recognised, source: str, prose: Mapping[str, str]) -> Iterator[str]:
    form, said = recognised.form, recognised.told
    yield f"# {form.name}，{recognised.year} 年度。由 report import 从 {_comment(source)} 读出，数字照原文，不作改动。"
    yield from (f"# {note}" for note in _notes(recognised))
    yield ""
    yield f"year = {recognised.year}"
    yield f'edition = "{form.edition}"'
    if said.title:
        yield f"title = {_value(said.title)}"
    if said.published:
        yield f"published = {said.published.isoformat()}"
    yield ""
    yield "[agency]"
    yield f"name = {_value(said.office)}" if said.office else "# name = \"\"  # 文件里没有写机关名称"
    headings = {section.id: said.headings.get(section.id, "") for section in form.sections if section.heading}
    own = {part.id: headings[part.id] for part in form.sections if headings.get(part.id, part.heading) not in {"", part.heading}}
    if own:
        yield ""
        yield "[headings]"
        yield from (f"{section} = {_value(heading)}" for section, heading in own.items())
    for table in form.tables:
        yield from _table(recognised, form, table)
    if prose:
        yield ""
        yield "[prose]"
        for section in form.sections:
            if section.id in prose:
                yield f"{section.id} = {_long(prose[section.id])}"


def _notes(recognised: Recognised) -> Iterator[str]:
    """Say what the file has and the form has no place for, and what it lacks."""
    yield from (f"表里多出的一行，没有记下：{_comment(row)}" for row in recognised.tables.notes)
    yield from (f"文件到这一行中间断了，没有记下：{_comment(row)}" for row in recognised.tables.cut)
    for line, cell in recognised.unplaced:
        label = " · ".join(part.label for part in (*cell.slot.rows[-1:], *cell.slot.columns[-1:]))
        yield f"{line.shape.form.edition} 版的格，本版没有地方记：{label} = {_comment(cell.printed) or cell.value}"
    for section in recognised.form.sections:
        if section.text and section.heading and section.id not in recognised.told.headings:
            yield f"没有找到“{section.heading}”这一部分，生成时会用标准文字"


def _table(recognised: Recognised, form: Form, table: Table) -> Iterator[str]:
    yield ""
    heading = next((part.heading for part in form.sections if part.table == table.id), table.label)
    yield f"# {heading}"
    yield f"[{table.id}]"
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots():
        rows.setdefault(slot.row, []).append(slot)
    absent = [slots[0].row_label for slots in rows.values() if not any(slot.address in recognised.placed for slot in slots)]
    if absent:
        yield f"# 文件里没有找到的行：{'、'.join(absent)}"
    for row, slots in rows.items():
        cells = [(slot, recognised.placed[slot.address]) for slot in slots if slot.address in recognised.placed]
        if not cells:
            continue
        yield from (f"# {words}" for words in _undecided(cells, recognised.lines[cells[0][0].address]))
        figures = [f"{slot.column} = {_number(cell.value)}" for slot, cell in cells if cell.value is not None]
        if figures:
            remarks = [slots[0].row_label, *_remarks(cells, len(slots))]
            yield f"{row} = {{ {', '.join(figures)} }}  # {'；'.join(remarks)}"
        elif any(cell.state == "blank" for _, cell in cells):
            together = any(cell.why == "together" for _, cell in cells)
            said = f"印作“{_comment(cells[0][1].printed)}”，各格是 0 或空白" if together else "整行空白"
            yield f"# {slots[0].row_label}：{said}"


def _undecided(cells: Sequence[tuple[Slot, Cell]], line: Line) -> Iterator[str]:
    """Tell why cells were left out, those of the same print together, with the readings of each."""
    groups: dict[tuple[str, str], list[tuple[Slot, Cell]]] = {}
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


def _remarks(cells: Sequence[tuple[Slot, Cell]], size: int) -> Iterator[str]:
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


def _value(text: str) -> str:
    return tomli_w.dumps({"value": text}).removeprefix("value = ").strip()


def _long(text: str) -> str:
    """Write prose as it stands between quotes, if it can be, else with escapes."""
    plain = ILLEGAL.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    if "'''" not in plain and not plain.endswith("'") and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain):
        return f"'''\n{plain}\n'''"
    return tomli_w.dumps({"value": plain}, multiline_strings=True).removeprefix("value = ").strip()
