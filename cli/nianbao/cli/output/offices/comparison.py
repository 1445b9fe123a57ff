"""The output of `report compare --all`: each key figure of all offices side by side, and what does not follow."""

from decimal import Decimal
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.output.comparison import value_data
from nianbao.cli.terminal import StyledText, echo
from nianbao.compare.figures import ComparedValue
from nianbao.compare.offices import OfficePair, OfficesComparison
from nianbao.compare.page import format_change, format_percent, format_value
from nianbao.model.i18n import _, join_words
from nianbao.model.value_types import format_number

_MAX_OFFICES = 30  # of a key figure; of more those are shown whose change is largest


def print_offices_comparison(comparison: OfficesComparison) -> None:
    """Print a table for each key figure, what does not follow from last year, and which offices lack a report.

    Figures of which no office has any are named together.
    """
    empty: list[str] = []
    for address, figure in comparison.figures.items():
        if all(value.is_empty for _pair, value in comparison.list_values(address)):
            empty.append(figure.label)
        else:
            _print_figure(comparison, address)
    locale = comparison.form.locale
    if empty:
        echo(_("compare-figures-all-zero", figures=join_words(empty)))
        echo("")
    links = [(pair, link) for pair in comparison.compared for link in pair.links]
    if links:
        echo(StyledText(_("compare-links-broken", count=len(links)), bold=True))
        heads = (_("head-unit"), _("head-what"), _("head-expected"), _("head-found"), _("head-change"))
        rows = [
            (
                pair.name,
                link.label,
                locale.format_number(link.expected),
                locale.format_number(link.found),
                format_change(link.found - link.expected, locale),
            )
            for pair, link in links
        ]
        findings.print_table(heads, rows)
        echo("")
    for pair in comparison.pairs:
        if pair.missing:
            echo(_("office-without-year", office=pair.name, year=pair.missing), err=True)
        if pair.unread:
            data = comparison.store.of_office(pair.office).data(comparison.after)
            echo(_("compare-figures-unread", data=data, count=pair.unread), err=True)


def _print_figure(comparison: OfficesComparison, address: str) -> None:
    locale = comparison.form.locale
    values = comparison.list_values(address)
    shown = [(pair, value) for pair, value in values if not value.is_empty]
    figure = comparison.figures[address]
    echo(StyledText(locale.add_unit(figure.label, figure.unit), bold=True))
    if len(shown) > _MAX_OFFICES:
        largest = sorted(shown, key=_measure_change, reverse=True)[:_MAX_OFFICES]
        shown = [one for one in shown if one in largest]
    periods = (locale.format_period(period) for period in (comparison.before, comparison.after))
    total = comparison.add_up(address)
    rows = [_make_row(comparison, pair, value) for pair, value in shown]
    rows += [(_("compare-sum-of-leaves"), *_format(comparison, total))] if total else []
    findings.print_table((_("head-unit"), *periods, _("head-change"), _("head-percent")), rows)
    if omitted := len(values) - len(shown):
        echo("  " + _("compare-offices-left-out", count=omitted))
    echo("")


def _measure_change(one: tuple[OfficePair, ComparedValue]) -> Decimal:
    return abs(Decimal(one[1].change or 0))


def _make_row(comparison: OfficesComparison, pair: OfficePair, value: ComparedValue) -> tuple[str, ...]:
    name = pair.name if pair.leaf else _("unit-with-units-below", name=pair.name)
    return name, *_format(comparison, value)


def _format(comparison: OfficesComparison, value: ComparedValue) -> tuple[str, ...]:
    locale = comparison.form.locale
    both = (format_value(one, value, locale) for one in (value.before, value.after))
    return *both, format_change(value.change, locale), format_percent(value.percent, locale)


def offices_comparison_data(comparison: OfficesComparison) -> dict[str, Any]:
    """Return the comparison as plain values for JSON."""
    totals = {address: comparison.add_up(address) for address in comparison.figures}
    return {
        "before": str(comparison.before),
        "after": str(comparison.after),
        "totals": [value_data(total) for total in totals.values() if total],
        "offices": [
            {
                "office": pair.office,
                "name": pair.name,
                "leaf": pair.leaf,
                "missing": str(pair.missing) if pair.missing else None,
                "values": [value_data(value) for value in pair.values],
                "broken": [
                    {"label": link.label, "expected": format_number(link.expected), "found": format_number(link.found)}
                    for link in pair.links
                ],
            }
            for pair in comparison.pairs
        ],
    }
