"""The output of corrections: each changed line as it was and as it is, and why."""

from itertools import groupby

import typer

from nianbao.cli.terminal import StyledText, echo
from nianbao.datafiles.corrections import Corrected


def print_corrections(path: str, corrected: Corrected) -> None:
    """Print the lines of a data file that corrections change; none adds or takes away a line."""
    old, new = corrected.before.split("\n"), corrected.text.split("\n")
    for line, of_line in groupby(sorted(corrected.changes), lambda change: change.line):
        listed = list(of_line)
        echo(f"{path}:{line}:{listed[0].column}: {'  '.join(dict.fromkeys(change.reason for change in listed))}")
        echo("  ", StyledText(f"- {old[line - 1].rstrip()}", typer.colors.RED))
        echo("  ", StyledText(f"+ {new[line - 1].rstrip()}", typer.colors.GREEN))
