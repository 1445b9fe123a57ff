"""Judge the relations between figures that a form defines (勾稽关系), for every rule that they name."""

import re
from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.causes.evidence import Equation, Known, make_equation
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
    explained: set[Equation] = set()
    for cause in find_causes(known):
        yield from make_cause_findings(known, cause)
        explained.update(cause.equations)
    others = [one for one in known.equations if not one.is_equality and not one.holds and one not in explained]
    others += [
        make_equation(context.report, check)
        for check in context.report.broken
        if not check.relation.is_linear and re.search(check.relation.when, context.author)
    ]
    yield from make_order_findings(known, [one for one in others if not _is_usual(context.report, one.check)])


def _is_usual(report: Report, check: Check) -> bool:
    """Return whether a figure beyond a fixed bound, which is only a warning, is of the order of last year's."""
    bound = any(part.constant for part in check.parts)
    addresses = [address for part in check.parts for address in part.addresses]
    before = report.previous
    if not bound or check.relation.level == "error" or before is None or not before.figures.keys() >= set(addresses):
        return False
    now, then = (abs(Decimal(sum(one.figures[address] for address in addresses))) for one in (report, before))
    return 0 < now <= then * _SAME_ORDER and then <= now * _SAME_ORDER
