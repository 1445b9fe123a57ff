"""Findings about broken relations: about their cause, or about one of them if none is known."""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from nianbao.checks.causes import slips
from nianbao.checks.causes.components import group_connected
from nianbao.checks.causes.evidence import Equation, Known
from nianbao.checks.causes.hypotheses import Hypothesis
from nianbao.checks.causes.rows import Row
from nianbao.checks.causes.search import Cause
from nianbao.checks.relation_words import SIGN_TEXTS, describe_check, describe_sides, is_sum
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _, join_words, translate
from nianbao.model.relations import Check
from nianbao.model.report import Number, Report
from nianbao.model.value_types import format_number

_MOST_EXPLAINED = 8  # candidates that get a line each; the others are named
_FEW_ROWS = 2  # rows not written that get a line each even if nothing speaks for one of them

_WAY_TEXTS = {
    "row-left-out": N_("row-left-out"),
    "row-of-last-year": N_("row-of-last-year"),
    "rows-swapped": N_("rows-swapped"),
    "row-shifted": N_("row-shifted"),
    "figures-swapped": N_("figures-swapped"),
}


def make_cause_findings(known: Known, cause: Cause) -> Iterator[Finding]:
    """Make the finding about the cause of some equations, and one about each of the others, which are its effects."""
    first, *others = _sort_equations(cause)
    effects = [make_check_finding(known.report, other.check) for other in others]
    if cause.hypotheses:
        finding = _make_cause_finding(known, cause, first)
    else:
        finding = make_check_finding(known.report, first.check)
    yield replace(finding, effects=tuple(one.key for one in effects))
    yield from effects


def _make_cause_finding(known: Known, cause: Cause, first: Equation) -> Finding:
    report, best, check = known.report, _choose_shown(known, cause), first.check
    values = tuple(cause.hypotheses[0].values.items())
    is_of_rows = len(cause.hypotheses) == 1 and best.way != "figure"
    said = describe_check(report, check)
    return Finding(
        rule=check.relation.rule,
        level=check.relation.level,
        place=report.facts.find_place(best.address),
        message=_describe_way(known, best) if is_of_rows else said,
        address=best.address,
        label=_make_label(known, cause, first),
        notes=(
            *([said] if is_of_rows else []),
            *describe_sides(report, check),
            *_describe_cause(known, cause),
            *_describe_zero_total(report, check),
        ),
        fix=_give_reason(check),
        candidates=tuple(dict.fromkeys(place for one in cause.hypotheses for place in one.places)),
        change=values if cause.is_certain else (),
        likely_change=values if cause.hypotheses[0].outcome.statements and not cause.is_certain else (),
    )


def make_order_findings(known: Known, equations: Sequence[Equation]) -> Iterator[Finding]:
    """Make the findings about relations that are no equality; of those that share figures, all are effects of one."""
    for group in group_connected(equations):
        findings = [make_check_finding(known.report, one.check) for one in group]
        shared = Counter(cell for one in group for cell in one.cells)
        most = max(shared.values(), default=0)
        common = tuple(sorted(shared, key=lambda cell: -shared[cell]))
        if most == len(group):
            common = tuple(cell for cell in shared if shared[cell] == most)
        first = replace(findings[0], candidates=common, effects=tuple(one.key for one in findings[1:]))
        if len(group) > 1:
            place = known.report.facts.find_place(common[0])
            first = replace(first, place=place, address=common[0], label=_("check-this-figure-first"))
        yield first
        yield from findings[1:]


def _sort_equations(cause: Cause) -> Sequence[Equation]:
    """Sort the equations of a cause: first one that is an error, and those of which its figure is the total."""
    equations = cause.equations
    if cause.hypotheses and cause.is_certain:
        address = cause.hypotheses[0].address
        equations = tuple(sorted(equations, key=lambda one: _find_total(one.check) != address))
    first = next((one for one in equations if one.check.relation.level == "error"), equations[0])
    return (first, *(one for one in equations if one is not first))


def _make_label(known: Known, cause: Cause, first: Equation) -> str:
    best = cause.hypotheses[0]
    if cause.is_certain:
        return _("expected-value", value=_format_values(known, best))
    gap = abs(first.gap)
    if len(cause.hypotheses) == 1 and first.is_internal:
        if _find_total(first.check) == best.address:
            return _("says-but-parts-sum-to", left=first.left.value, right=first.right.value)
        return _("may-be-value", value=_format_values(known, best))
    return _("gap-in-figures", gap=gap) if first.is_internal else _("gap-to-last-year", gap=gap)


def _describe_cause(known: Known, cause: Cause) -> Iterator[str]:
    """Say why the cause is one, or describe the hypotheses, the likeliest first."""
    is_one = len(cause.hypotheses) == 1 and (cause.is_certain or cause.equations[0].is_internal)
    if is_one:
        if why := slips.describe(known, cause.hypotheses[0]):
            yield why
        return
    groups = _group_hypotheses(known, cause)
    explained, named = groups[:_MOST_EXPLAINED], groups[_MOST_EXPLAINED:]
    for number, group in enumerate(explained, 1):
        yield f"{number}. {_describe_group(known, group, cause)}"
    if named:
        names = [_name_place(known, one.address) for group in named for one in group]
        yield _("other-candidates", count=len(names), names=join_words(names))
    if not cause.equations[0].is_internal and known.report.previous:
        yield _("or-last-year-is-wrong", file=known.report.previous.facts.file)


def _choose_shown(known: Known, cause: Cause) -> Hypothesis:
    """Choose where a cause is shown: at the likeliest, or where only the sums speak for a row, at a written figure."""
    best = cause.hypotheses[0]
    if cause.is_certain or best.way != "row-left-out" or slips.describe(known, best):
        return best
    return next((one for one in cause.hypotheses if one.way != "row-left-out"), best)


def _group_hypotheses(known: Known, cause: Cause) -> list[tuple[Hypothesis, ...]]:
    """Group the rows that may have been left out of which one is as likely as the other; each other by itself."""
    alike = [one for one in cause.hypotheses if one.way == "row-left-out" and not slips.describe(known, one)]
    if len(alike) <= _FEW_ROWS or len({_format_row_values(known, one) for one in alike}) > 1:
        return [(one,) for one in cause.hypotheses]
    return [tuple(alike) if one is alike[0] else (one,) for one in cause.hypotheses if one not in alike[1:]]


def _describe_group(known: Known, group: Sequence[Hypothesis], cause: Cause) -> str:
    if len(group) > 1:
        return _("one-of-rows-left-out", count=len(group), values=_format_row_values(known, group[0]))
    what = _describe_hypothesis(known, group[0])
    mended = () if cause.equations[0].is_internal else cause.equations
    why = slips.describe(known, group[0], mended)
    return _("hypothesis-and-why", what=what, why=why) if why else what


def _format_row_values(known: Known, one: Hypothesis) -> str:
    row = known.rows.by_cell[next(iter(one.values))]
    return _format_row(known.report, row, one).partition(" = ")[2]


def _name_place(known: Known, address: str) -> str:
    """Name a figure or row by its label, with its address."""
    slot = known.report.form.slots.get(address)
    label = f"{slot.row_label} · {slot.columns[-1].label}" if slot else _label_row(known, address)
    return _("label-and-address", label=label, address=address)


def _describe_hypothesis(known: Known, one: Hypothesis) -> str:
    if one.way != "figure":
        return f"{_describe_way(known, one)} ({_format_values(known, one)})"
    now = known.report.figures[one.address]
    key = N_("figure-then-needed") if one.address in known.rows.written else N_("figure-not-written")
    return _(key, place=_name_place(known, one.address), now=format_number(now), needed=_format_values(known, one))


def _describe_way(known: Known, one: Hypothesis) -> str:
    """Say in which way rows or figures went wrong."""
    slots = known.report.form.slots
    labels = [known.report.form.labels[place] if place in slots else _label_row(known, place) for place in one.places]
    previous = known.report.previous
    return _(_WAY_TEXTS[one.way], first=labels[0], second=labels[-1], file=previous.facts.file if previous else "")


def _label_row(known: Known, address: str) -> str:
    row = next(row for row in known.rows.all if row.address == address)
    return known.report.form.slots[row.cells[0]].row_label


def _format_values(known: Known, one: Hypothesis) -> str:
    """Format what figures should be: one value, or rows as they are written in a data file."""
    if one.way == "figure":
        return format_number(one.values[one.address])
    rows = [row for row in known.rows.all if not one.values.keys().isdisjoint(row.cells)]
    return _("clause-separator").join(_format_row(known.report, row, one) for row in rows)


def _format_row(report: Report, row: Row, one: Hypothesis) -> str:
    values: dict[str, Number] = {cell: report.figures.get(cell, 0) for cell in row.cells} | dict(one.values)
    cells = [
        f"{column} = {format_number(values[cell])}"
        for column, cell in zip(row.columns, row.cells, strict=True)
        if cell in one.values or (values[cell] and cell not in report.computed)
    ]
    return f"{row.address.partition('.')[2]} = {{ {', '.join(cells)} }}"


def make_check_finding(report: Report, check: Check) -> Finding:
    """Make the finding that a relation does not hold, without its cause."""
    address = _choose_figure(report, check)
    return Finding(
        rule=check.relation.rule,
        level=check.relation.level,
        place=report.facts.find_place(address),
        message=describe_check(report, check),
        address=address,
        label="" if _counts_rows(check) else _describe_gap(report, address, check),
        notes=(*describe_sides(report, check), *_describe_zero_total(report, check)),
        fix=_give_reason(check),
        candidates=tuple(slot.address for part in check.parts if not part.term.previous for slot in part.slots),
    )


def _give_reason(check: Check) -> str:
    """Return why a relation must hold, and the article that asks for it, as far as the form says so."""
    why, source = translate(check.relation.why), check.relation.source
    return _("reason-by-source", why=why, source=source) if why and source else why or source


def _choose_figure(report: Report, check: Check) -> str:
    """Choose the figure at which a check is reported: its total, or the first written figure of a sum that is not 0."""
    asked = check.condition.parts if check.condition else ()
    parts = (*asked, *check.parts) if _counts_rows(check) else (*check.parts, *asked)
    addresses = [slot.address for part in parts for slot in part.slots]
    written = [address for address in addresses if address not in report.computed] or addresses
    if not is_sum(check) or _find_total(check) in written:
        return addresses[0]
    return next((address for address in written if report.figures.get(address)), written[0])


def _counts_rows(check: Check) -> bool:
    """Tell whether a check asks for some of several cells, which may be blank, because of another figure."""
    counted = [part for part in check.left if part.term.function == "count"]
    return bool(check.condition and counted) and sum(len(part.slots) for part in counted) != 1


def _find_total(check: Check) -> str:
    """Return the address of the total of a check, or an empty text."""
    return check.left[0].slots[0].address if check.relation.total else ""


def _describe_gap(report: Report, address: str, check: Check) -> str:
    left, right = report.add_up_sides(check)
    if not is_sum(check):
        is_said = len(check.left) == 1 or check.relation.sign == "!="
        return _(SIGN_TEXTS[check.relation.sign][1], left=left, right=right) if is_said else ""
    if _find_total(check) == address:
        return _("says-but-parts-sum-to", left=left, right=right)
    return _("figure-and-gap", figure=report.figures.get(address, 0), gap=abs(left - right))


def _describe_zero_total(report: Report, check: Check) -> Iterator[str]:
    """Describe the two possible reasons for a written total of 0 whose parts are not 0."""
    left, right = report.add_up_sides(check)
    if check.relation.total and left == 0 and right:
        yield _("blank-or-split-cell")
