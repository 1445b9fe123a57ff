"""适用的格子空着，不知道是 0 还是忘了写。

0 是一个结果，空着不是：适用而没有发生的写 0；本机关不可能发生的，写进 does_not_apply。
每张表只提醒一次。格式文件用 expected = true 写明哪些行、列应当填满。

不对:

    [staff]
    all.value = 10

对:

    [staff]
    all.value      = 10
    external.value = 0
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words, translate
from nianbao.model.report import Report

LEVEL = "warning"
SCOPE = "figures"
_NAMED = 3  # addresses in a message


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find the tables of which cells that apply and should be filled are blank."""
    report = context.report
    for table in report.form.tables:
        if table.id not in report.facts.tree:
            continue
        blank = [
            slot.address
            for slot in table.expected_slots
            if slot.address not in report.figures
            and slot.address not in report.values
            and slot.address not in report.excluded
            and slot.address not in report.unread
        ]
        if blank:
            message = _("cells-blank", label=translate(table.label or table.id), count=len(blank))
            note = _("blank-cells-begin", addresses=join_words(_name(report, address) for address in blank[:_NAMED]))
            place = report.facts.find_key(table.id)
            yield context.make_finding(table.id, message, notes=(note,), fix=_("write-zero-or-exclude"), place=place)


def _name(report: Report, address: str) -> str:
    """Name a cell: of an entry, which the data file does not number, with the line of the entry."""
    line = report.facts.find_place(address).line if any(key.isdigit() for key in address.split(".")) else 0
    return _("address-of-entry", address=address, line=line) if line else address
