"""数据文件里有格式不认识的键。

拼错的键如果放过，它的数字就悄悄地丢了，所以不认识的键一律算错，并给出最接近的写法。
本机关自己的事实写在 [own] 里，名称自定。

不对:

    [requests]
    recieved = { person = 1 }

对:

    [requests]
    received        = { person = 1 }
    outcome.granted = { person = 1 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words, translate
from nianbao.model.report import Report

LEVEL = "error"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every key that the form does not define."""
    report = context.report
    period = report.form.kind.period_fact
    for entry in report.entries:
        is_period = entry.address.endswith(f".{period}") and period not in report.facts.tree  # told by year-differs
        if not entry.known and not is_period:
            yield _make_finding(context, entry.address)
    sections = {section.id for section in report.form.sections}
    with_heading = {section.id for section in report.form.sections if section.heading}
    for table, known in (("prose", sections), ("headings", with_heading)):
        entries = report.facts.tree.get(table)
        for key in entries if isinstance(entries, dict) else ():
            if key not in known:
                yield _make_finding(context, f"{table}.{key}", known)


def find_misspelt(report: Report) -> set[str]:
    """Find the addresses that a data file does not have, and for which an unknown key of it seems to be meant."""
    found: set[str] = set()
    written = {entry.address for entry in report.entries}
    for entry in report.entries:
        above, _dot, key = entry.address.rpartition(".")
        if not entry.known:
            nearest = _find_nearest(report, above, key, _list_siblings(report, above))
            found.update(f"{above}.{near}" if above else near for near in nearest)
    return found - written


def _make_finding(context: CheckContext, address: str, known: set[str] | None = None) -> Finding:
    above, _dot, key = address.rpartition(".")
    if known is None:
        known = _list_siblings(context.report, above)
    nearest = _find_nearest(context.report, above, key, known)
    choices = join_words(sorted(known))
    allowed = _("keys-of-table", table=above, choices=choices) if above else _("keys-here", choices=choices)
    fix = allowed if choices else _("delete-line")
    return context.make_finding(
        address,
        _("unknown-key", key=key),
        label=_("is-it-nearest", near=nearest[0]) if nearest else "",
        fix="" if nearest else fix,
        place=context.report.facts.find_key(address),
    )


def _list_siblings(report: Report, above: str) -> set[str]:
    start = f"{above}." if above else ""
    known = (*report.form.value_types, *report.form.groups, *report.form.list_codes(above))
    return {address.removeprefix(start).split(".")[0] for address in known if address.startswith(start)} - {""}


def _find_nearest(report: Report, above: str, key: str, known: set[str]) -> list[str]:
    """Find the key that is nearest to another one by its letters or its label; none if nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import, and only needed for mistakes

    return get_close_matches(key, sorted(known), 1) or _find_by_label(report, above, key)[:1]


def _find_by_label(report: Report, above: str, key: str) -> list[str]:
    """Find the keys below an address that stand for a table, a row, a column or a fact whose label has the words."""
    start = f"{above}." if above else ""
    labels = {table.id: table.label for table in report.form.tables} | {one.id: one.label for one in report.form.facts}
    found = [address.removeprefix(start) for address, label in labels.items() if key in translate(label)]
    for address, slot in report.form.slots.items():
        below = f"{address.removeprefix(start)}."
        found += [
            heading.id
            for heading in (*slot.rows, *slot.columns)
            if heading.id and address.startswith(start) and below.startswith(f"{heading.id}.") and key in heading.label
        ]
    return list(dict.fromkeys(found))
