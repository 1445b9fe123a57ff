"""格式规定的表整个没有写。

一格不写就是 0，但整张表不写，可能是忘了；没有发生也要写出来，例如一行 0。
各行都在而表名那一行不见了的，也在这里报，指出应当加在哪里。

不对:

    # 没有 [review_litigation]

对:

    [review_litigation]
    review = { total = 0 }
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from nianbao.checks.context import CheckContext
from nianbao.checks.rules import missing_fact, unknown_key
from nianbao.model.finding import Finding, FindingKey, Level, Place
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.model.tables.slots import Slot

LEVEL: Level = "error"
SCOPE = "figures"
_PROSE = "prose"  # the table of texts, whose header stands behind a comment mark in a new file


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every table of the form that is not in the data file, and the table whose first line is not."""
    report = context.report
    lost = dict(_find_lost_headers(report))
    for id_, (stranger, rows) in lost.items():
        shown = _("table-header-missing", id=id_, table=stranger)
        message = shown if stranger else _("first-table-header-missing", id=id_)
        effects = _list_effects(context, id_, rows)
        place = report.facts.find_key(rows[0])
        yield replace(
            context.make_finding(id_, message, fix=_("put-table-header-here", id=id_), place=place), effects=effects
        )
    there = report.facts.tree.keys() | lost
    missing = [table for table in report.form.tables if table.id not in there] if report.facts.tree else []
    misspelt = unknown_key.find_misspelt(report) if missing else set()
    for table in missing:
        if table.id not in misspelt and any(_is_expected(report, slot) for slot in table.slots):
            message = _("table-missing", id=table.id, label=table.label)
            fix = _("add-table-with-rows", id=table.id)
            yield context.make_finding(table.id, message, fix=fix, place=Place(report.facts.file))


def _is_expected(report: Report, slot: Slot) -> bool:
    """Return whether a cell is for a figure that applies; a table without any may be left out."""
    return slot.value_type.is_number and slot.address not in report.excluded


def _find_lost_headers(report: Report) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Find the tables that are not there while their rows stand in another one: that one, and the rows."""
    strangers: dict[str, list[str]] = {}
    for entry in report.invalid_entries:
        if not entry.known:
            strangers.setdefault(entry.address.rpartition(".")[0], []).append(entry.address)
    known = (report.form.groups, report.form.value_types)
    if _PROSE not in report.facts.tree:
        sections = {section.id for section in report.form.sections}
        for table, addresses in strangers.items():
            texts = [one for one in addresses if one.rpartition(".")[2] in sections]
            if texts:
                yield _PROSE, (table, texts)
                break
    for id_ in report.form.first_keys:
        if id_ in report.facts.tree or id_ not in report.form.groups:
            continue
        for table, addresses in strangers.items():
            rows = [one for one in addresses if any(f"{id_}.{one.rpartition('.')[2]}" in names for names in known)]
            if len(rows) * 2 > len(addresses):
                yield id_, (table, rows)
                break


def _list_effects(context: CheckContext, table: str, rows: Sequence[str]) -> tuple[FindingKey, ...]:
    """List the findings that a lost header causes: its rows are unknown keys, and facts in it are missing."""
    missing = missing_fact.judge(context.for_rule("missing-fact", LEVEL))
    unknown = unknown_key.judge(context.for_rule("unknown-key", LEVEL))
    return (
        *(one.key for one in unknown if one.address in rows),
        *(one.key for one in missing if one.address.startswith(f"{table}.")),
    )
