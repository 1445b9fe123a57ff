"""`report fmt`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_warning, report_errors, split_errors
from nianbao.cli.options import AllOffices, Reports, Root
from nianbao.model.i18n import _


@command(help=_("help-fmt"), epilog=_("example-fmt"))
def fmt(
    reports: Reports = None,
    root: Root = None,
    *,
    all_offices: AllOffices = False,
    fix: Annotated[bool, typer.Option("--fix", help=_("option-fix-fmt"))] = False,
    check: Annotated[bool, typer.Option("--check", help=_("option-check-fmt"))] = False,
) -> None:
    """Format data files."""
    from nianbao.checks import drafts
    from nianbao.cli.output import findings
    from nianbao.cli.output.corrections import print_corrections
    from nianbao.workspace import selection

    with report_errors():
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = selection.select(store, reports or [], all_offices=all_offices).reports
        formatted, errors = split_errors(drafts.format_all(selected, check=check, fix=fix))
        for file in formatted:
            if file.corrected:
                print_corrections(file.path, file.corrected)
        findings.print_formatted(formatted, check=check)
        exit_command(errors, blocked=any(file.findings or (check and file.changed) for file in formatted))
