"""A data file to start from: every row of a form with its label, every fact that its text may use."""

from collections.abc import Iterator
from typing import Any

import tomli_w

from nianbao.form import Fact, Form
from nianbao.grid import Slot, Table


def write(form: Form, year: int) -> str:
    """Write the text of a data file for a year: figures 0, totals left out, since they are computed."""
    return "\n".join(_lines(form, year)) + "\n"


def _lines(form: Form, year: int) -> Iterator[str]:
    yield f"# {form.name}，{year} 年度"
    yield "# 一行一项；不写的格是 0，各项之和不必写，由程序相加。写好后运行：report build"
    yield ""
    yield f"year    = {year}"
    yield f'edition = "{form.edition}"' + (f"  # {form.document}" if form.document else "")
    yield f"# published = {year + 1}-01-31  # 成文日期，写上才印落款"
    for group in dict.fromkeys(fact.id.split(".")[0] for fact in form.facts):
        if group == "agency":
            yield from _facts(form, group)
    for table in form.tables:
        yield from _table(form, table)
    for group in dict.fromkeys(fact.id.split(".")[0] for fact in form.facts):
        if group != "agency":
            yield from _facts(form, group)
    yield ""
    yield "# 本机关自己的事实写在 [own]，名称自定；各部分的正文可以在 [prose] 里改写，"
    yield "# 用 {{ own.名称 }} 取数，{{ standard }} 代表标准文字。例如："
    yield "#"
    yield "# [own]"
    yield "# hotline_cases = 120"
    yield "#"
    yield "# [prose]"
    section = next((part.id for part in form.sections if part.text and part.heading), "overview")
    yield f'# {section} = """'
    yield "# {{ standard }}"
    yield "#"
    yield "# 全年接办热线诉求{{ own.hotline_cases }}件。"
    yield '# """'


def _facts(form: Form, group: str) -> Iterator[str]:
    facts = [fact for fact in form.facts if fact.id.split(".")[0] == group]
    yield ""
    yield f"[{group}]"
    width = max(len(_key(fact)) for fact in facts)
    for fact in facts:
        unit = f"（{fact.unit}）" if fact.unit else ""
        value = _value(fact.ask if fact.ask is not None else _blank(fact))
        hidden = "# " if fact.ask is None else ""
        yield f"{hidden}{_key(fact).ljust(width)} = {value}  # {fact.label}{unit}"


def _key(fact: Fact) -> str:
    return fact.id.split(".", 1)[1]


def _blank(fact: Fact) -> Any:  # noqa: ANN401  # a value of the fact's kind
    blanks: dict[str, Any] = {"text": "", "texts": [], "share": 100, "date": ""}
    return blanks.get(fact.kind, 0)


def _value(value: object) -> str:
    text = tomli_w.dumps({"value": value}).removeprefix("value = ").strip()
    return text.replace("\n    ", "").replace(",\n]", "]").replace("\n", "")


def _table(form: Form, table: Table) -> Iterator[str]:
    yield ""
    heading = next((part.heading for part in form.sections if part.table == table.id), table.label)
    yield f"# {heading}"
    yield f"[{table.id}]"
    totals = {relation.total for relation in form.relations.get(table.id, ())}
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots():
        rows.setdefault(_row(slot), []).append(slot)
    rows = {row: slots for row, slots in rows.items() if row not in totals}
    width = max(map(len, rows), default=0)
    for row, slots in rows.items():
        cells = [f"{_column(slot)} = 0" for slot in slots if not _is_total(slot, totals)]
        yield f"{row.ljust(width)} = {{ {', '.join(cells)} }}  # {slots[0].row_label}"


def _is_total(slot: Slot, totals: set[str]) -> bool:
    columns = ".".join(part.id for part in slot.columns if part.id)
    return columns in totals


def _row(slot: Slot) -> str:
    path = slot.rows or slot.columns[:-1]
    return ".".join(part.id for part in path if part.id)


def _column(slot: Slot) -> str:
    path = slot.columns if slot.rows else slot.columns[-1:]
    return ".".join(part.id for part in path if part.id)
