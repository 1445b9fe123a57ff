"""一个主要的数比去年多到五倍以上，或者少到五分之一以下。

可能是真的，也可能是多写或少写了一位、元与万元弄混、统计口径变了。请核对；属实的，最好在正文里说明原因。
看哪些数，由格式文件的 key_figures 列出；两年都不到 10 的不看。这只是告知，不妨碍生成。

不对:

    # data/2019.toml
    [requests]
    received        = { person = 12 }
    outcome.granted = { person = 12 }
    # data/2020.toml
    [requests]
    received        = { person = 120 }
    outcome.granted = { person = 120 }

对:

    # data/2019.toml
    [requests]
    received        = { person = 12 }
    outcome.granted = { person = 12 }
    # data/2020.toml
    [requests]
    received        = { person = 21 }
    outcome.granted = { person = 21 }
"""

from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import add_up_claim
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.report import Number
from nianbao.model.value_types import format_number

LEVEL = "note"
SCOPE = "last_year"
FACTOR = 5
SMALL_FIGURE = 10  # figures below this leap by chance


def judge(case: CheckContext) -> Iterator[Finding]:
    """Find every key figure that leaps from last year's."""
    report, before = case.report, case.report.previous
    if before is None:
        return
    for address in report.form.key_figures:
        known = address in before.form.value_types
        now, then = add_up_claim(report, address), add_up_claim(before, address) if known else None
        if now is None or then is None or max(now, then) < SMALL_FIGURE:
            continue
        if now > FACTOR * then or then > FACTOR * now:
            label = report.form.labels.get(address, address)
            message = _(
                "{label}: 去年 {then}，今年 {now}，{times}",
                label=_(label),
                then=format_number(then),
                now=format_number(now),
                times=_describe_factor(now, then),
            )
            yield case.make_finding(address, message, notes=(_("去年的数据：{file}", file=before.facts.file),))


def _describe_factor(now: Number, then: Number) -> str:
    if not now or not then:
        return _("一年是 0")
    rate = max(Decimal(now) / then, Decimal(then) / now)
    return _("是去年的 {rate:.1f} 倍", rate=rate) if now > then else _("去年是今年的 {rate:.1f} 倍", rate=rate)
