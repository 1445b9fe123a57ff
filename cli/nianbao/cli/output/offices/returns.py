"""The output of `report return`: what went back to which unit, and files that no longer apply."""

from collections.abc import Sequence
from typing import Any

from nianbao.cli.errors import print_warning
from nianbao.cli.output import findings
from nianbao.cli.terminal import echo
from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _, join_words
from nianbao.returns.write import WrittenReturn

_WHAT = {"return": N_("returned-for-correction"), "reminder": N_("reminded-of-report")}


def print_returns(results: Sequence[WrittenReturn], done: int, outdated: Sequence[str], former: Sequence[str]) -> None:
    """Print what was written for each unit, how many units need nothing, and which files no longer apply.

    `outdated` are files of units that are right by now, `former` those of units that have left the register.
    """
    written = [one for one in results if one.files]
    rows = [
        (one.unit.id, one.unit.name, _(_WHAT[one.what]), str(one.faults or ""), str(one.day or ""), file.path, state)
        for one in written
        for file in one.files
        for state in [_("file-written") if file.changed else _("file-unchanged")]
    ]
    if rows:
        heads = (_("head-unit-folder"), _("head-unit"), _("head-state"), _("head-faults"), _("head-answer-by"))
        findings.print_table([*heads, _("head-file"), ""], rows)
    for one in written:
        if one.left_out:
            print_warning(_("texts-left-out-of-form", unit=one.unit, sections=join_words(one.left_out)))
    if outdated:
        print_warning(_("returns-no-longer-apply", files=join_words(outdated)))
    if former:
        print_warning(_("returns-of-former-units", files=join_words(former)))
    counts = {what: sum(one.what == what for one in written) for what in _WHAT}
    echo(_("returns-count", returned=counts["return"], reminded=counts["reminder"], done=done))


def returns_data(
    results: Sequence[WrittenReturn],
    period: str,
    outdated: Sequence[str],
    former: Sequence[str],
    errors: Sequence[UserError],
) -> dict[str, Any]:
    """Return what was written as plain values for JSON."""
    return {
        "period": period,
        "units": [
            {
                "office": one.unit.id,
                "name": one.unit.name,
                "what": one.what,
                "errors": one.faults,
                "warnings": one.doubts,
                "by": one.day.isoformat() if one.day else None,
                "files": [{"path": file.path, "changed": file.changed} for file in one.files],
                "texts_left_out": list(one.left_out),
            }
            for one in results
        ],
        "outdated": list(outdated),
        "former": list(former),
        "errors": findings.errors_data(errors),
    }
