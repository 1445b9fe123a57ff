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

from collections.abc import Iterator, Sequence

from nianbao.checks.context import CheckContext
from nianbao.model.aggregate import Aggregate, UnitTotals, find_accepted_cells, find_differences
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Number

LEVEL = "warning"
SCOPE = "units"
_MAX_UNITS = 5  # that a message names


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every cell that is not the sum of the units of this office."""
    if context.units is None:
        return
    differences = list(find_differences(context.report, context.units))
    as_added_up = _list_old_sums(context, context.units) if differences else frozenset()
    old = [address for address, _total in differences if address in as_added_up]
    if old:
        yield _make_change_finding(context, context.units, old)
    for address, total in differences:
        if address not in old:
            message = _describe_difference(context, context.units, address, total)
            fix = _("rollup-again-or-accept", year=context.report.year, office=context.office)
            notes = tuple(_describe_left_out(context.units))
            yield context.make_finding(address, message, label=_("expected-value", value=total), notes=notes, fix=fix)


def _list_old_sums(context: CheckContext, units: UnitTotals) -> frozenset[str]:
    """List the cells that are as the last rollup wrote them, if the register had other units then."""
    record = units.record
    if not record or record.units is None or record.units.keys() == {below.unit.id for below in units.state.below}:
        return frozenset()
    figures = context.report.figures.items()
    old = {address for address, figure in figures if figure == record.figures.get(address, 0)}
    return frozenset(old - find_accepted_cells(context.report).keys())


def _make_change_finding(context: CheckContext, units: UnitTotals, addresses: Sequence[str]) -> Finding:
    """Make one finding of all cells that are the sums of other units."""
    now, before = {below.unit.id: below.unit.name for below in units.state.below}, units.record and units.record.units
    joined = [name for office, name in now.items() if office not in (before or {})]
    left = [name for office, name in (before or {}).items() if office not in now]
    notes = [
        f"{words}: {join_words(names[:_MAX_UNITS])}{_count_all(names)}"
        for words, names in ((_("units-joined"), joined), (_("units-gone"), left))
        if names
    ]
    labels = [context.report.form.labels[address] for address in addresses]
    notes += [f"{_('cells-of-old-sums')}: {join_words(labels[:_MAX_UNITS])}{_count_all(labels)}"]
    notes += _describe_left_out(units)
    fix = _("rollup-again", year=context.report.year, office=context.office)
    message = _("sums-of-other-units", count=len(addresses))
    return context.make_finding("", message, notes=tuple(notes), fix=fix, place=Place(context.report.facts.file))


def _describe_difference(context: CheckContext, units: UnitTotals, address: str, total: Number) -> str:
    return _(
        "figure-differs-from-units",
        label=context.report.form.labels[address],
        figure=context.report.figures[address],
        total=total,
        parts=_describe_contributions(units.aggregate, address),
    )


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
            yield f"{words}: {join_words(left_out[:_MAX_UNITS])}{_count_all(left_out)}"


def _count_all(names: Sequence[object]) -> str:
    """Say how many there are, where that is more than a message names."""
    return _("and-others-in-all", count=len(names)) if len(names) > _MAX_UNITS else ""
