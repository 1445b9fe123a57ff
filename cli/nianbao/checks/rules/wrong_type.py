"""该写数字的地方写了文字、小数或负数，或者值的种类不对。

件数是不小于 0 的整数，只有“本年增/减”可以是负数；金额最多四位小数；文字要加引号，日期不加引号。
数字加了引号就成了文字，不能相加，所以也算错。

不对:

    [requests]
    received = { person = "1" }

对:

    [requests]
    received        = { person = 1 }
    outcome.granted = { person = 1 }
"""

from collections.abc import Iterator

from nianbao.checks.causes.signs import judge_without_sign
from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _, translate
from nianbao.model.pictures import PICTURES
from nianbao.model.report import Report, ReportEntry
from nianbao.model.values.faults import describe_value
from nianbao.model.values.repairs import Repair, mend_header, repair_value

LEVEL = "error"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every value that is not of the value type of its address."""
    report = context.report
    for entry in report.invalid_entries:
        if entry.known and (fault := _describe_fault(entry)):
            label = report.form.labels.get(entry.address, entry.address)
            place = report.facts.find_place(entry.address)
            repair = repair_value(place.text, entry.value_type) if entry.value_type else None
            said, fix = (
                _propose(context, entry.address, place, repair)
                if repair
                else ("", _describe_header(place) or _describe_row(report, entry))
            )
            yield context.make_finding(entry.address, f"{translate(label)}: {fault}", label=said, fix=fix, place=place)
    for table in ("prose", "headings"):
        entries = report.facts.tree.get(table)
        for key, value in entries.items() if isinstance(entries, dict) else ():
            if not isinstance(value, str):
                yield context.make_finding(f"{table}.{key}", _("must-be-text", value=describe_value(value)))


def _propose(context: CheckContext, address: str, place: Place, repair: Repair) -> tuple[str, str]:
    """Say what a value should be, and what to write; for one without its sign, only as far as other figures fit."""
    verdict = judge_without_sign(context, address, place, repair.after) if repair.drops_sign else "fits"
    if verdict != "fits":
        return _("may-be-value", value=repair.after) if verdict == "may" else "", ""
    said = _("sign-too-many", value=repair.after) if repair.drops_sign else _("expected-value", value=repair.after)
    return said, _describe_repair(place, repair)


def _describe_repair(place: Place, repair: Repair) -> str:
    line = place.replace_text(repair.after).strip()
    return _("write-line-or-run-fix", line=line) if repair.certain else _("write-line", line=line)


def _describe_header(place: Place) -> str:
    """Say how the header of a table is written that has the brackets of a list; an empty text for anything else."""
    line = mend_header(place)
    return _("write-line", line=line) if line else ""


def _describe_row(report: Report, entry: ReportEntry) -> str:
    """Say how the row of a table is written whose figures have no names; an empty text for anything else."""
    start = f"{entry.address}."
    names = [address.removeprefix(start) for address in report.form.slots if address.startswith(start)]
    if entry.value_type or not names or any("." in name for name in names):
        return ""
    values = entry.value if isinstance(entry.value, list) else [entry.value]
    is_sure = len(values) == len(names) and all(type(value) is int for value in values)
    cells = ", ".join(
        f"{name} = {value}" for name, value in zip(names, values if is_sure else "…" * len(names), strict=True)
    )
    return _("write-line", line=f"{entry.address.rpartition('.')[2]} = {{ {cells} }}")


def _describe_fault(entry: ReportEntry) -> str:
    if entry.value_type:
        return entry.fault
    if entry.address.startswith("own."):
        return _("own-fact-wrong-type", value=describe_value(entry.value))
    if entry.address in {"accept", PICTURES}:
        return ""  # a list of tables, which has its own rule
    return "" if isinstance(entry.value, dict) else _("must-be-table", value=describe_value(entry.value))
