"""Judge the relations between figures that a form defines (勾稽关系), for every rule that they name."""

from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.causes.evidence import Known, make_equation
from nianbao.checks.causes.findings import make_cause_findings, make_order_findings
from nianbao.checks.causes.search import find_causes
from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.relations import Check
from nianbao.model.report import Report

_SAME_ORDER = 10  # a figure that is at most this many times last year's, or a part of it, is of the same order


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every relation of the form that is not satisfied.

    The cause of several is a finding that names those as its effects; see `causes.effects`.
    """
    if not context.report.broken:
        return
    known = Known(context)
    broken = known.list_checks(context.report.broken)
    explained: set[Check] = set()
    if any(check.is_equality for check in broken):
        for cause in find_causes(known):
            yield from make_cause_findings(known, cause)
            explained.update(equation.check for equation in cause.equations)
    others = [check for check in broken if not check.is_equality and check not in explained]
    others = [check for check in others if not _is_usual(context.report, check)]
    others.sort(key=lambda check: not check.relation.is_linear)
    yield from make_order_findings(known, [make_equation(context.report, check) for check in others])


def _is_usual(report: Report, check: Check) -> bool:
    """Return whether a figure beyond a fixed bound, which is only a warning, is of the order of last year's."""
    bound = any(part.constant for part in check.parts)
    addresses = [address for part in check.parts for address in part.addresses]
    before = report.previous
    if not bound or check.relation.level == "error" or before is None or not before.figures.keys() >= set(addresses):
        return False
    now, then = (abs(Decimal(sum(one.figures.get(address, 0) for address in addresses))) for one in (report, before))
    return 0 < now <= then * _SAME_ORDER and then <= now * _SAME_ORDER
