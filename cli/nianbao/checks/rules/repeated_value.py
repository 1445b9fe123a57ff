"""本应各不相同的值写了两次。

列表的 key 是合起来不得重复的列；标明 unique 的列里，同一组的各项也不得相同。
两行相同多半是同一件事写了两遍，会算两次。大小写和首尾空白不同的，也算相同。

不对:

    [[bodies]]
    name = "Vienna"

    [[bodies]]
    name = "Vienna"

对:

    [[bodies]]
    name = "Vienna"

    [[bodies]]
    name = "Athens"
"""

from collections.abc import Iterator, Sequence

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Report
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every row that has the same values as another one in columns that are unique."""
    report = context.report
    for table in report.form.tables:
        for columns, rows in _list_unique(table):
            seen: dict[tuple[str, ...], str] = {}
            for slots in rows:
                values = tuple(_read(report, slot) for slot in slots)
                if not any(values):
                    continue
                first = seen.setdefault((_get_parent(slots[0]), *values), slots[0].address)
                if first != slots[0].address:
                    where = report.facts.find_place(first)
                    message = _("values-written-twice", columns=join_words(columns), line=where.line)
                    yield context.make_finding(slots[0].address, message)


def _list_unique(table: Table) -> Iterator[tuple[list[str], Sequence[tuple[Slot, ...]]]]:
    """List the columns that are unique together, by their labels, with their cells row by row."""
    key = table.list_rules.key if table.list_rules else ()
    for lines in table.lines:
        width, ids = len(lines.columns), [column.ids for column in lines.columns]
        unique = [(at,) for at, column in enumerate(lines.columns) if column.said.get("unique")]
        for places in [*([tuple(map(ids.index, key))] if key else []), *unique]:
            rows = [tuple(lines.slots[start + at] for at in places) for start in range(0, len(lines.slots), width)]
            yield [lines.columns[at].path[-1].label for at in places], rows


def _read(report: Report, slot: Slot) -> str:
    value = report.values.get(slot.address, report.figures.get(slot.address, ""))
    return " ".join(str(value).split()).casefold()


def _get_parent(slot: Slot) -> str:
    """Return the ids above the entry that a row is: only entries of the same heading are compared."""
    return slot.row.rpartition(".")[0]
