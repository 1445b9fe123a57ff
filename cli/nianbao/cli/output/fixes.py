"""The output of `report validate --fix`: what was changed in data files, or as a diff what would be."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING

import typer

from nianbao.cli.terminal import StyledText, echo
from nianbao.model.i18n import N_, _

if TYPE_CHECKING:
    from nianbao.checks.answers.fixing import FixedFile

_COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "@": typer.colors.CYAN}


def print_changes(files: "Sequence[FixedFile]", *, for_programs: bool = False) -> None:
    """Print every change that was made; to standard error where standard output is for programs."""
    for file in files:
        for change in file.changes:
            place = f"{file.path}:{change.line}:{change.column}"
            words = {"place": place, "before": change.before, "after": change.after, "reason": change.reason}
            key = N_("fix-replaced") if change.before else N_("fix-inserted")
            key = key if change.after else N_("fix-taken-out")
            echo(_(key, **words), err=for_programs, hang=4)
    changed = [file for file in files if file.changes]
    if changed:
        count = sum(len(file.changes) for file in changed)
        echo(_("files-fixed", count=count, files=len(changed)), err=for_programs)
    else:
        echo(_("nothing-to-fix"), err=for_programs)


def print_diffs(files: "Sequence[FixedFile]", *, for_programs: bool = False) -> None:
    """Print as a diff what would be changed; to standard error where standard output is for programs."""
    lines = [line for file in files for line in _make_diff(file)]
    for line in lines:
        echo(StyledText(line, _COLOURS[line[0]]) if line[0] in _COLOURS else line, err=for_programs)
    if not lines:
        echo(_("nothing-to-fix"), err=for_programs)


def _make_diff(file: "FixedFile") -> Iterator[str]:
    before, after = (text.replace("\r\n", "\n").split("\n") for text in (file.before, file.after))
    yield from unified_diff(before, after, file.path, _("after-fix", path=file.path), lineterm="")
