"""`report compare`."""

from pathlib import Path
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_compare_formats, complete_look
from nianbao.cli.errors import exit_command, print_warning, report_errors
from nianbao.cli.options import Json, Out, Reports, Root, split_list
from nianbao.cli.terminal import print_text
from nianbao.model.i18n import _


@command(help=_("help-compare"), epilog=_("example-compare"))
def compare(
    reports: Reports = None,
    to: Annotated[
        str,
        typer.Option("--to", help=_("option-to-compare"), autocompletion=complete_compare_formats, metavar="FORMATS"),
    ] = "terminal",
    root: Root = None,
    out: Out = None,
    *,
    committed: Annotated[bool, typer.Option("--git", help=_("option-compare-git"))] = False,
    look: Annotated[
        str,
        typer.Option("--look", help=_("option-look"), autocompletion=complete_look, metavar="NAME", show_default=False),
    ] = "",
    as_json: Json = False,
    labels: Annotated[
        Path | None, typer.Option("--labels", help=_("option-compare-labels"), metavar="FILE", show_default=False)
    ] = None,
) -> None:
    """Show what has changed between two reports."""
    from nianbao.cli.output import comparison, findings
    from nianbao.compare import files
    from nianbao.compare import reports as chosen
    from nianbao.compare.labels import describe_file
    from nianbao.workspace.store import Store

    with report_errors():
        if labels:
            print_text(describe_file(Store.open(root), labels), nl=False)
            return
        pair = chosen.choose_pair(reports or [], root, out, print_warning, committed=committed)
        formats = files.name_formats(pair, split_list(to))
        compared = chosen.compare_pair(pair, print_warning)
        if as_json:
            findings.print_json(comparison.comparison_data(compared))
        elif files.TERMINAL in formats:
            comparison.print_comparison(compared)
        saved = files.write_files(compared, pair, [name for name in formats if name != files.TERMINAL], look)
        if not as_json:
            findings.print_saved(saved)
        exit_command([], blocked=False)
