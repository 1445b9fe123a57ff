"""The output of `report compare` on a terminal: what is repeated, the values side by side, the changed paragraphs."""

from collections.abc import Iterator, Sequence
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.screen import get_screen
from nianbao.cli.terminal import StyledText, echo
from nianbao.compare.comparison import ComparedSection, Comparison
from nianbao.compare.figures import ComparedTable, ComparedValue
from nianbao.compare.page import format_change, format_percent, format_value, list_lost
from nianbao.compare.runs import Runs, TokenRun
from nianbao.model.i18n import N_, _
from nianbao.model.value_types import format_number

_MAX_REPEATS = 10
_MAX_SAME = 40  # characters of unchanged words that are printed whole between two changes
_CONTEXT = 12  # characters that are left of longer ones, at each end
_STATES = {"new": N_("compare-state-new"), "gone": N_("compare-state-gone")}


def print_comparison(comparison: Comparison) -> None:
    """Print what is repeated, the values that are not 0 in both reports, and the paragraphs that have changed."""
    _print_repeats(comparison)
    for table in comparison.tables:
        _print_table(table, comparison)
    for value in list_lost(comparison):
        echo(_describe_loss(value, comparison), hang=2)
    for section in comparison.sections:
        _print_section(section, comparison)
    if not comparison.is_changed:
        echo(_("compare-nothing-changed", before=comparison.before_label, after=comparison.after_label))


def _print_repeats(comparison: Comparison) -> None:
    repeats = comparison.repeats
    if not repeats:
        return
    echo(StyledText(_("compare-repeats", count=len(repeats)), bold=True))
    for title, words in repeats[:_MAX_REPEATS]:
        echo("  " + _("compare-repeat", section=title or _("compare-opening"), count=len(words), words=words), hang=2)
    if len(repeats) > _MAX_REPEATS:
        echo("  " + _("more-items-see-json", count=len(repeats) - _MAX_REPEATS))
    echo("")


def _print_table(table: ComparedTable, comparison: Comparison) -> None:
    shown = comparison.select_values(table)
    if comparison.is_one_report and not shown:
        return
    echo(StyledText(table.label or _("compare-outside-tables"), bold=True))
    if shown:
        heads = (_("head-what"), comparison.before_label, comparison.after_label, _("head-change"), _("head-percent"))
        findings.print_table(heads, [_make_row(value, comparison) for value in shown])
    if len(shown) < len(table.values):
        left_out = N_("compare-same-left-out") if comparison.is_one_report else N_("compare-empty-left-out")
        echo("  " + _(left_out, count=len(table.values) - len(shown)))
    echo("")


def _make_row(value: ComparedValue, comparison: Comparison) -> tuple[str, ...]:
    locale = comparison.after.report.form.locale
    label = value.label + locale.put_in_brackets(value.unit)
    state = _(_STATES[value.status]) if value.status in _STATES else format_change(value.change, locale)
    before, after = (format_value(one, value, locale) for one in (value.before, value.after))
    return label, before, after, state, format_percent(value.percent, locale)


def _describe_loss(value: ComparedValue, comparison: Comparison) -> str:
    locale = comparison.after.report.form.locale
    handed, taken = (format_value(one, value, locale) for one in (value.carried, value.after))
    return _("compare-lost", label=value.label, handed=handed, taken=taken)


def _print_section(section: ComparedSection, comparison: Comparison) -> None:
    title = section.title or _("compare-opening")
    share = section.repetition.share
    state = _("compare-section-repeats", share=share) if share and not comparison.is_one_report else ""
    if not section.is_changed:
        state = _("compare-section-same")
    echo(StyledText(title, bold=True), f"  {state}" if state else "")
    changed = [runs for runs in (section.heading, *section.paragraphs) if any(run.is_changed for run in runs)]
    if not changed:
        return
    if get_screen().width:
        heads = (comparison.before_label, comparison.after_label)
        findings.print_table(heads, [(_join(_mark(runs, "before")), _join(_mark(runs, "after"))) for runs in changed])
    else:
        for runs in changed:
            echo("  " + _join(_mark(runs, "both")))
    echo("")


def _join(words: Iterator[str]) -> str:
    return "".join(words)


def _mark(runs: Runs, side: str) -> Iterator[str]:
    """Yield the words of one side, or of both, with what was taken out in [-…-] and what was put in in {+…+}."""
    for at, run in enumerate(runs):
        if not run.is_changed:
            yield _shorten(run, is_first=at == 0, is_last=at == len(runs) - 1)
            continue
        if run.before and side != "after":
            yield f"[-{run.before}-]"
        if run.after and side != "before":
            yield f"{{+{run.after}+}}"


def _shorten(run: TokenRun, *, is_first: bool, is_last: bool) -> str:
    """Leave out the middle of long unchanged words, of a paragraph's first ones the beginning, of its last the end."""
    words = run.after
    if len(words) <= _MAX_SAME:
        return words
    return ("" if is_first else words[:_CONTEXT]) + "…" + ("" if is_last else words[-_CONTEXT:])


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values for JSON, with every value and every paragraph."""
    return {
        "before": comparison.before_label,
        "after": comparison.after_label,
        "repeats": [{"section": title, "words": words} for title, words in comparison.repeats],
        "tables": [
            {"id": table.id, "label": table.label, "values": [value_data(value) for value in table.values]}
            for table in comparison.tables
        ],
        "sections": [
            {
                "id": section.id,
                "heading": section.title,
                "share": section.repetition.share,
                "paragraphs": [_runs_data(runs) for runs in section.paragraphs],
            }
            for section in comparison.sections
        ],
    }


def value_data(value: ComparedValue) -> dict[str, Any]:
    """Return a value of both reports as plain values for JSON."""
    return {
        "address": value.address,
        "label": value.label,
        "unit": value.unit or None,
        "before": _plain(value.before),
        "after": _plain(value.after),
        "change": _plain(value.change),
        "percent": _plain(value.percent),
        "status": value.status,
        "carried": _plain(value.carried),
    }


def _plain(value: object) -> object:
    """Return a value for JSON: a decimal with its digits, as text."""
    return value if isinstance(value, bool | int | str | None) else format_number(value)  # type: ignore[arg-type]


def _runs_data(runs: Sequence[TokenRun]) -> list[Any]:
    return [{"before": run.before, "after": run.after} if run.is_changed else run.after for run in runs]
