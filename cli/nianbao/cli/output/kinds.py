"""The output of `report kind`: the kinds that are found, and the mistakes in one."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from nianbao.cli.output.findings import print_json, print_table
from nianbao.cli.terminal import StyledText, echo
from nianbao.kinds.listing import ListedKind
from nianbao.kinds.mistakes import Mistake
from nianbao.model.i18n import N_, _, join_words


def print_kinds(listed: Sequence[ListedKind]) -> None:
    """Print a table of kinds, and below it the first error of each that cannot be used."""
    heads = (_("head-id"), _("head-name"), _("head-version"), _("head-language"), _("head-period"), _("head-owed-by"))
    print_table((*heads, _("head-origin")), [_make_row(one) for one in listed])
    for one in listed:
        if one.error:
            echo(StyledText(_("kind-unusable", kind=one.id, error=one.error), typer.colors.RED))


def _make_row(one: ListedKind) -> tuple[str, ...]:
    kind = one.settings
    if kind is None:
        return one.id, "", "", "", "", "", one.origin
    languages = join_words(kind.languages)
    return one.id, kind.name, kind.version, languages, kind.calendar.unit, kind.owed_by, one.origin


def print_kinds_json(listed: Sequence[ListedKind]) -> None:
    """Print the kinds for programs."""
    print_json({"kinds": describe_kinds(listed)})


def describe_kinds(listed: Sequence[ListedKind]) -> list[dict[str, Any]]:
    """Return the kinds as JSON values."""
    return [
        {
            "id": one.id,
            "name": one.settings.name if one.settings else "",
            "version": one.settings.version if one.settings else "",
            "languages": list(one.settings.languages) if one.settings else [],
            "period": one.settings.calendar.unit if one.settings else "",
            "owed_by": one.settings.owed_by if one.settings else "",
            "editions": list(one.editions),
            "origin": one.origin,
            "error": one.error,
        }
        for one in listed
    ]


def print_mistakes(found: Mapping[str, Sequence[Mistake]]) -> None:
    """Print the mistakes of each kind, and how many they are."""
    for name, mistakes in found.items():
        for mistake in mistakes:
            echo(f"{mistake.place}: ", StyledText(mistake.message, typer.colors.RED))
        key = {0: N_("kind-is-clean"), 1: N_("kind-one-mistake")}.get(len(mistakes), N_("kind-mistakes-count"))
        echo(_(key, kind=name, count=len(mistakes)))


def print_mistakes_json(found: Mapping[str, Sequence[Mistake]]) -> None:
    """Print the mistakes for programs."""
    kinds = [
        {
            "kind": name,
            "mistakes": [
                {
                    "file": one.place.file,
                    "line": one.place.line,
                    "column": one.place.column,
                    "message": one.message,
                }
                for one in mistakes
            ],
        }
        for name, mistakes in found.items()
    ]
    print_json({"kinds": kinds})
