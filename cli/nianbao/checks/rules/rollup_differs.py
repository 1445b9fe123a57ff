"""上级报告里的一格与下级单位之和不相等。

下级单位和本级是名册 data/offices.toml 里写明上级的那些；有错误的单位不计入。不写的总数随各项，不另外报。
单位不齐时，不是由 report rollup 汇总的报告只报比合计还少的格，其余无法判断。
汇总以后改动过的格也在此列：重新汇总；确实应当不同的，用 [[accept]] 写明理由。

不对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    [dist-2]
    name = "某县"
    parent = "city"
    # data/dist-1/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }
    # data/dist-2/2023.toml
    [requests]
    received        = { person = 2 }
    outcome.granted = { person = 2 }
    # data/city/2023.toml
    [requests]
    received        = { person = 6 }
    outcome.granted = { person = 6 }

对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    [dist-2]
    name = "某县"
    parent = "city"
    # data/dist-1/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }
    # data/dist-2/2023.toml
    [requests]
    received        = { person = 2 }
    outcome.granted = { person = 2 }
    # data/city/2023.toml
    [requests]
    received        = { person = 5 }
    outcome.granted = { person = 5 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.aggregate import Aggregate, UnitTotals, find_differences
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words

LEVEL = "warning"
SCOPE = "units"
_MAX_UNITS = 5  # that a message names


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every cell that is not the sum of the units of this office."""
    if context.units is None:
        return
    for address, total in find_differences(context.report, context.units):
        message = _(
            "figure-differs-from-units",
            label=context.report.form.labels[address],
            figure=context.report.figures[address],
            total=total,
            parts=_describe_contributions(context.units.aggregate, address),
        )
        fix = _("rollup-again-or-accept", year=context.report.year, office=context.office)
        notes = tuple(_describe_left_out(context.units))
        yield context.make_finding(address, message, label=_("expected-value", value=total), notes=notes, fix=fix)


def _describe_contributions(aggregate: Aggregate, address: str) -> str:
    """Describe the units that contribute to a cell, the largest first."""
    contributions = aggregate.sort_contributions(address)
    if not contributions:
        return _("units-all-zero", count=len(aggregate.counted))
    listed = join_words(
        _("unit-and-figure", unit=report.unit, figure=figure) for report, figure in contributions[:_MAX_UNITS]
    )
    rest = contributions[_MAX_UNITS:]
    more = _("other-units-with-sum", count=len(rest), sum=sum(figure for _report, figure in rest)) if rest else ""
    return listed + more


def _describe_left_out(units: UnitTotals) -> Iterator[str]:
    """Describe the units that are not in the sum."""
    for words, left_out in (
        (_("missing-not-counted"), list(units.missing)),
        (_("with-errors-not-counted"), [report.unit for report in units.aggregate.broken]),
    ):
        if left_out:
            more = _("and-others-in-all", count=len(left_out)) if len(left_out) > _MAX_UNITS else ""
            yield f"{words}: {join_words(left_out[:_MAX_UNITS])}{more}"
