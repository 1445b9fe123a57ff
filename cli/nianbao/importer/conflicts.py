"""Files of which each would be the same data file, and that differ: in which values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nianbao.importer.pipeline import ImportedReport
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace.files import display_path

_LISTED = 5  # values that a message lists


def find_conflict(report: ImportedReport, others: Sequence[ImportedReport]) -> UserError | None:
    """Return the error for a file of which another one for the same data file differs, with the values that do."""
    for other in others:
        if differing := list(_list_differences(report, other)):
            return _make_error(report, other, differing)
    return None


def _make_error(report: ImportedReport, other: ImportedReport, differing: Sequence[tuple[str, str, str]]) -> UserError:
    lines = [
        _("same-target-value-differs", address=address, one=report.source, value=first, other=other.source, said=second)
        for address, first, second in differing[:_LISTED]
    ]
    if len(differing) > _LISTED:
        lines.append(_("same-target-more-differ", count=len(differing) - _LISTED))
    message = _(
        "same-target-not-imported", second=report.source, first=other.source, target=display_path(report.target)
    )
    return UserError("\n".join([message, *lines]), _("keep-one-or-separate"))


def _list_differences(report: ImportedReport, other: ImportedReport) -> Iterator[tuple[str, str, str]]:
    """List the addresses at which two data files have other values, with both, empty for one that is not there."""
    first, second = (_read_values(one) for one in (report, other))
    for address in dict.fromkeys((*first, *second)):
        values = [" ".join(str(found.get(address, "")).split()) for found in (first, second)]
        if values[0] != values[1]:
            yield address, values[0], values[1]


def _read_values(report: ImportedReport) -> dict[str, Any]:
    facts = parse(report.text, "")
    return _flatten(facts.tree) if isinstance(facts, Facts) else {}


def _flatten(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= _flatten(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return found
