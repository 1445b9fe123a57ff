"""Effects of mistakes: findings that a cause explains become notes of that cause, so that each mistake is told once."""

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from nianbao.model.finding import LEVELS, Finding, FindingKey
from nianbao.model.i18n import N_, _
from nianbao.model.report import Report

_MOST_MENDED = 10  # causes for which the report is judged again
_MOST_NOTES = 12  # effects that are named


def find_effects(
    findings: Sequence[Finding],
    mend_cause: Callable[[Finding], Report | None],
    judge: Callable[[Report], Sequence[Finding]],
) -> list[Finding]:
    """Add to each cause that can be mended, as its effects, the findings that go when it is.

    Notes are effects only where it is certain what figures should be, and if not only their messages change.
    """
    gone: dict[FindingKey, list[FindingKey]] = {}
    for cause in findings if len(findings) > 1 else ():
        mended = mend_cause(cause) if len(gone) < _MOST_MENDED else None
        if mended:
            others = [one for one in findings if one is not cause and (cause.change or one.level != "note")]
            gone[cause.key] = [one.key for one in _list_gone(others, judge(mended))]
    return [replace(one, effects=tuple(dict.fromkeys((*one.effects, *gone.get(one.key, ()))))) for one in findings]


def _list_gone(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[Finding]:
    """List the findings that are gone; of notes, those of a rule and an address that has none any more."""
    left, noted = {one.key for one in after}, {(one.rule, one.address) for one in after}
    return (
        one for one in before if one.key not in left and (one.level != "note" or (one.rule, one.address) not in noted)
    )


def drop_accepted_effects(findings: Sequence[Finding], accepted: Sequence[Finding]) -> list[Finding]:
    """Drop the effects of findings that are accepted, but for those in prose, which may still be mended."""
    gone = {key for cause in accepted for key in cause.effects if not key[1].startswith("prose.")}
    return [one for one in findings if one.key not in gone]


def fold_effects(findings: Sequence[Finding]) -> list[Finding]:
    """Make the findings that others have as effects notes of those; a cause is as grave as the gravest of them.

    What is an effect of none comes first, so that it takes over the effects of its effects.
    """
    by_key = {finding.key: finding for finding in findings}
    caused = {key for cause in findings for key in cause.effects}
    folded: dict[FindingKey, list[Finding]] = {}
    causes: dict[FindingKey, FindingKey] = {}  # by effect
    for one in sorted(findings, key=lambda finding: finding.key in caused):
        cause = causes.get(one.key, one.key)
        for key in one.effects:
            if key in by_key and key not in causes and key not in folded and key != cause:
                causes[key] = cause
                folded.setdefault(cause, []).append(by_key[key])
    return [_add_notes(one, folded.get(one.key, [])) for one in findings if one.key not in causes]


def _add_notes(cause: Finding, effects: Sequence[Finding]) -> Finding:
    if not effects:
        return cause
    unsure = N_("also-not-satisfied") if cause.candidates else N_("effect-of-cause")
    words = N_("same-value-also-breaks") if cause.change else unsure
    notes = [_(words, message=one.message) for one in effects[:_MOST_NOTES]]
    if len(effects) > _MOST_NOTES:
        notes.append(_("more-effects", count=len(effects) - _MOST_NOTES))
    level = min((cause.level, *(one.level for one in effects)), key=LEVELS.index)
    keys = dict.fromkeys((*cause.effects, *(key for one in effects for key in (one.key, *one.effects))))
    return replace(cause, notes=(*cause.notes, *notes), level=level, effects=tuple(keys))
