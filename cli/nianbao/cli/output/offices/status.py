"""The output of `report status`: which units have reported, level by level; a rollup prints the same."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec.structs import asdict

from nianbao.cli.output import findings
from nianbao.cli.output.finding_printer import FindingPrinter
from nianbao.cli.terminal import echo, print_text
from nianbao.export.rows import escape_formula
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.units.states import CONDITIONS, PlacedUnit, UnitCounts, UnitState
from nianbao.rollup.status import Status

MAX_NAMES = 20  # in one line
_CONDITIONS = {
    "right": N_("unit-right"),
    "errors": N_("unit-with-errors"),
    "broken": N_("unit-broken"),
    "missing": N_("unit-missing"),
}
assert tuple(_CONDITIONS) == CONDITIONS  # noqa: S101  # each has its words


def print_status(status: Status, period: str, today: date, *, deep: bool) -> None:
    """Print the states of offices, and what else is to be said of the folder."""
    FindingPrinter().print_all(status.findings)
    print_states(status.states, period, today, deep=deep)
    for state in status.states:
        if state.unit.id:
            echo(_("own-report-state", office=state.unit, file=state.file, state=_describe_own_condition(state)))
    print_names(_("folders-not-in-register"), status.unlisted, indent="")


def print_names(label: str, names: Sequence[object], indent: str = "  ") -> None:
    """Print how many names there are, and the first of them; nothing where there are none."""
    if names:
        more = _("and-other-names") if len(names) > MAX_NAMES else ""
        shown = join_words(names[:MAX_NAMES])
        echo(indent + _("names-with-count", words=label, count=len(names), names=shown, more=more))


def print_states(states: Sequence[UnitState], period: str, today: date, *, deep: bool) -> None:
    """Print for each office how many units of each level are in which state, and a tree of its units.

    The tree has the units directly below, with `deep` also those of further levels of which anything is to be said.
    """
    for state in states:
        heading = N_("units-of-office") if state.unit.id else N_("offices-of-period")
        echo(_(heading, office=state.unit, year=period))
        levels = state.count_levels()
        rows = [_make_counts_row(str(level), counts) for level, counts in enumerate(levels, 1)]
        if len(rows) > 1:
            rows.append(_make_counts_row(_("all-levels"), state.count()))
        headers = ("level", "units", "reported", "right", "errors", "broken", "missing", "outdated", "late", "edition")
        findings.print_table([_(_HEADERS[name]) for name in headers], rows)
        _print_tree(state, today, deep=deep)


_HEADERS = {
    "level": N_("head-level"),
    "units": N_("head-units"),
    "reported": N_("head-reported"),
    "right": N_("head-right"),
    "errors": N_("head-with-errors"),
    "broken": N_("head-broken"),
    "missing": N_("head-missing"),
    "outdated": N_("head-outdated"),
    "late": N_("head-late"),
    "edition": N_("head-other-edition"),
}


def _make_counts_row(level: str, counts: UnitCounts) -> tuple[str, ...]:
    return level, *map(str, asdict(counts).values())


def _print_tree(state: UnitState, today: date, *, deep: bool) -> None:
    """Print the units of an office; of further levels only those of which anything is to be said."""
    rows = [
        _make_tree_row(placed, today)
        for placed in state.walk()
        if placed.level == 1 or (deep and not _is_done(placed.state))
    ]
    if rows:
        echo("")
        headers = (
            _("head-unit-folder"),
            _("head-unit"),
            _("head-state"),
            _("head-term"),
            _("head-below"),
            _("head-why"),
        )
        findings.print_table(headers, rows)


def _is_done(state: UnitState) -> bool:
    return state.is_right and state.is_complete and not state.late and not state.stated_name


def _make_tree_row(placed: PlacedUnit, today: date) -> tuple[str, ...]:
    state = placed.state
    return (
        "  " * (placed.level - 1) + state.unit.id,
        str(state.unit),
        _describe_condition(state),
        _describe_term(state, today),
        _describe_below(state),
        _describe_reason(state),
    )


def _describe_condition(state: UnitState) -> str:
    parts = [_(_CONDITIONS[state.condition])]
    parts += [_("unit-outdated")] if state.is_outdated else []
    parts += [] if state.is_complete else [_("unit-incomplete")]
    parts += [_("unit-other-edition", edition=state.edition)] if state.is_other_edition else []
    return _("clause-separator").join(parts)


def _describe_own_condition(state: UnitState) -> str:
    """Describe the report of an office at the top, which reports to nobody here."""
    return _("unit-not-added-up") if state.condition == "missing" else _describe_condition(state)


def _describe_term(state: UnitState, today: date) -> str:
    """Say when a report was issued and whether that was late, or until when it is due."""
    if state.issued and state.due and state.late:
        return _("published-late", day=state.issued, count=(state.issued - state.due).days)
    if state.issued:
        return _("published-on", day=state.issued)
    days = state.count_days_left(today)
    if days is None:
        return ""
    return _("due-in-days", day=state.due, count=days) if days >= 0 else _("due-since", day=state.due, count=-days)


def _describe_below(state: UnitState) -> str:
    if not state.below:
        return ""
    counts = state.count()
    return _("right-of-units", right=counts.right, count=counts.units)


def _describe_reason(state: UnitState) -> str:
    """Say why a unit is not right: the first reason, and how many more there are."""
    parts = [finding.message for finding in state.reasons[:1]]
    if len(state.reasons) > 1:
        parts.append(_("and-more-reasons", count=len(state.reasons) - 1))
    if state.stated_office:
        parts.append(_("states-name-of-office", name=state.stated_name, office=state.stated_office))
    elif state.stated_name:
        parts.append(_("states-other-name", name=state.stated_name))
    return _("clause-separator").join(parts)


# ── for programs ─────────────────────────────────────────────────────────────────────


def status_data(status: Status, period: str, today: date, *, deep: bool) -> dict[str, Any]:
    """Return a status as plain values for JSON: the counts of each level, and the units, with `deep` of all levels."""
    return {
        "period": period,
        "day": today.isoformat(),
        "complete": status.is_complete,
        "findings": [findings.finding_data(finding) for finding in status.findings],
        "unlisted": list(status.unlisted),
        "offices": [
            {
                "office": state.unit.id,
                "name": state.unit.name,
                "state": state.condition,
                "outdated": state.is_outdated,
                "complete": state.is_complete,
                "levels": [asdict(counts) for counts in state.count_levels()],
                "total": asdict(state.count()),
                "units": [unit_data(placed, today) for placed in _list_shown(state, deep=deep)],
            }
            for state in status.states
        ],
    }


def print_csv(states: Sequence[UnitState], today: date, *, deep: bool) -> None:
    """Print a row for each unit, with `deep` of all levels, as CSV."""
    rows = [unit_data(placed, today) for state in states for placed in _list_shown(state, deep=deep)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (row[column] for column in _COLUMNS)
        writer.writerow(escape_formula(cell) if isinstance(cell, str) else _format_cell(cell) for cell in cells)
    print_text(text.getvalue(), nl=False)


_COLUMNS = (
    *(
        "level",
        "office",
        "name",
        "kind",
        "parent",
        "own",
        "state",
        "outdated",
        "complete",
        "late",
        "edition",
        "other_edition",
    ),
    *("due", "days_left", "issued", "units", "reported", "right", "stated_name", "stated_office", "file", "reason"),
)


def unit_data(placed: PlacedUnit, today: date) -> dict[str, Any]:
    """Return the state of one unit as plain values; `units`, `reported` and `right` count the units below it."""
    state, counts = placed.state, placed.state.count()
    return {
        "level": placed.level,
        "office": state.unit.id,
        "name": state.unit.name,
        "kind": state.unit.kind or None,
        "parent": placed.above[-1].id or None,
        "own": state.unit.own,
        "state": state.condition,
        "outdated": state.is_outdated,
        "complete": state.is_complete,
        "late": state.late is not None,
        "edition": state.edition or None,
        "other_edition": state.is_other_edition,
        "due": state.due.isoformat() if state.due else None,
        "days_left": state.count_days_left(today),
        "issued": state.issued.isoformat() if state.issued else None,
        "units": counts.units,
        "reported": counts.reported,
        "right": counts.right,
        "stated_name": state.stated_name or None,
        "stated_office": state.stated_office or None,
        "file": state.file,
        "reason": state.reasons[0].message if state.reasons else None,
        "reasons": [findings.finding_data(finding) for finding in state.reasons],
    }


def _list_shown(state: UnitState, *, deep: bool) -> list[PlacedUnit]:
    return [placed for placed in state.walk() if deep or placed.level == 1]


def _format_cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
