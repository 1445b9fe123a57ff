"""The output of `report list`: one line for each report, those that are missing one after another in one."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from nianbao.build.overview import ReportState
from nianbao.cli.output import findings
from nianbao.cli.terminal import echo
from nianbao.model.i18n import N_, _, join_words

_STATES = {
    "missing": N_("state-missing"),
    "broken": N_("state-broken"),
    "errors": N_("state-errors"),
    "warnings": N_("state-warnings"),
    "clean": N_("state-clean"),
}


def print_listing(states: Sequence[ReportState], today: date) -> None:
    """Print a table of reports, and how many are in which state."""
    if not states:
        echo(_("no-report-here"))
        return
    has_kinds = len({state.key.kind for state in states}) > 1
    rows = []
    for _key, group in groupby(states, key=lambda state: (state.key.kind, state.key.office, state.state == "missing")):
        same = list(group)
        if same[0].state == "missing":
            rows.append(_make_row(same, today))
        else:
            rows += [_make_row([state], today) for state in same]
    heads = (_("head-office"), _("head-kind-of-report"), _("head-year"), _("head-data"), _("head-files"), _("head-due"))
    shown = [0, *([1] if has_kinds else []), 2, 3, 4, 5]
    findings.print_table([heads[at] for at in shown], [[row[at] for at in shown] for row in rows])
    counts = Counter(str(state.state) for state in states)
    parts = [_("state-count", state=_(words), count=counts[name]) for name, words in _STATES.items() if counts[name]]
    echo(_("clause-separator").join([_("reports-count", count=len(states)), *parts]))


def _make_row(states: Sequence[ReportState], today: date) -> tuple[str, ...]:
    """Return the row of a report, or of several that are missing."""
    first, last = states[0], states[-1]
    period = str(first.key.period) if first is last else f"{first.key.period}–{last.key.period}"
    office, kind, _period = last.key
    return office, kind, period, _describe_data(last), _describe_files(last), _describe_due(last, today)


def _describe_data(state: ReportState) -> str:
    if state.check and state.check.readable and state.check.findings:
        return findings.describe_counts(state.check.findings)
    return _(_STATES[state.state])


def _describe_files(state: ReportState) -> str:
    stale = [suffix for suffix, is_state in sorted(state.files.items()) if is_state == "stale"]
    current = [suffix for suffix, is_state in sorted(state.files.items()) if is_state == "current"]
    parts = [_("files-current", formats=join_words(current))] if current else []
    parts += [_("files-stale", formats=join_words(stale))] if stale else []
    return _("clause-separator").join(parts)


def _describe_due(state: ReportState, today: date) -> str:
    if state.due is None:
        return ""
    late = state.count_late_days(today)
    if state.published:
        return _("published-late", day=state.published, count=late) if late else _("published-on", day=state.published)
    return _("due-since", day=state.due, count=late) if late else _("due-on", day=state.due)


def listing_data(states: Sequence[ReportState], today: date) -> dict[str, Any]:
    """Return the reports with their states as plain values for JSON."""
    return {"reports": [_state_data(state, today) for state in states]}


def _state_data(state: ReportState, today: date) -> dict[str, Any]:
    counts = Counter(finding.level for finding in state.check.findings) if state.check else Counter[str]()
    return {
        **findings.key_data(state.key),
        "file": state.data,
        "state": state.state,
        "findings": {"error": counts["error"], "warning": counts["warning"], "note": counts["note"]},
        "error": state.error.message if state.error else None,
        "files": dict(sorted(state.files.items())),
        "due": state.due.isoformat() if state.due else None,
        "published": state.published.isoformat() if state.published else None,
        "days_late": state.count_late_days(today),
    }
