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
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Report

LEVEL = "error"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every key that the form does not define."""
    report = context.report
    for entry in report.entries:
        if not entry.known:
            yield _make_finding(context, entry.address)
    sections = {section.id for section in report.form.sections}
    with_heading = {section.id for section in report.form.sections if section.heading}
    for table, known in (("prose", sections), ("headings", with_heading)):
        entries = report.facts.tree.get(table)
        for key in entries if isinstance(entries, dict) else ():
            if key not in known:
                yield _make_finding(context, f"{table}.{key}", known)


def _make_finding(context: CheckContext, address: str, known: set[str] | None = None) -> Finding:
    above, _dot, key = address.rpartition(".")
    if known is None:
        known = _list_siblings(context.report, above)
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import, and only needed for mistakes

    nearest = get_close_matches(key, sorted(known), 1)
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
