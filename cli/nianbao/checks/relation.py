"""Judge the relations between figures that a form defines (勾稽关系), for every rule that they name."""

from collections.abc import Iterator

from nianbao.checks.causes.evidence import Known
from nianbao.checks.causes.findings import make_cause_findings, make_order_findings
from nianbao.checks.causes.search import find_causes
from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every relation of the form that is not satisfied.

    The cause of several is a finding that names those as its effects; see `causes.effects`.
    """
    if not context.report.broken:
        return
    known = Known(context)
    for cause in find_causes(known):
        yield from make_cause_findings(known, cause)
    yield from make_order_findings(known, [one for one in known.equations if not one.is_equality and not one.holds])
