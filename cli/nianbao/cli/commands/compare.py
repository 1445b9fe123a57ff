"""`report compare`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_compare_formats
from nianbao.cli.errors import exit_command, print_error, print_warning, report_errors, show_progress, split_errors
from nianbao.cli.options import Jobs, Json, Look, Out, Reports, Root, split_list
from nianbao.cli.terminal import print_text
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from nianbao.compare.reports import ReportPair


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
    all_offices: Annotated[bool, typer.Option("--all", help=_("option-compare-all"))] = False,
    committed: Annotated[bool, typer.Option("--git", help=_("option-compare-git"))] = False,
    since: Annotated[
        str, typer.Option("--since", help=_("option-compare-since"), metavar="COMMIT", show_default=False)
    ] = "",
    changes: Annotated[bool, typer.Option("--changes", help=_("option-compare-changes"))] = False,
    write: Annotated[bool, typer.Option("--write", help=_("option-compare-write"))] = False,
    look: Look = "",
    jobs: Jobs = 0,
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

    revision = since or ("HEAD" if committed else "")
    with report_errors():
        if labels:
            print_text(describe_file(Store.open(root), labels), nl=False)
            return
        if all_offices:
            compare_all(reports or [], split_list(to), root, out, jobs, committed=bool(revision), as_json=as_json)
        pair = chosen.choose_pair(reports or [], root, out, print_warning, revision=revision)
        if changes or write:
            tell_changes(pair, write=write)
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


def tell_changes(pair: "ReportPair", *, write: bool) -> None:
    """Print what has changed between two versions of a report, or write it into the data file, and exit."""
    from nianbao.cli.output import findings
    from nianbao.compare import changes, reports

    changes.require_versions(pair)
    compared = reports.compare_pair(pair, print_warning)
    update = changes.compose_update(compared, date.today())  # noqa: DTZ011  # in the office's time zone
    if update and write:
        findings.print_saved([changes.write_update(pair, update)])
    elif update:
        print_text(changes.format_update(update), nl=False)
    else:
        print_warning(_("compare-nothing-changed", before=compared.before_label, after=compared.after_label))
    exit_command([], blocked=False)


def compare_all(  # the options
    words: Sequence[str],
    names: Sequence[str],
    root: Path | None,
    out: Path | None,
    jobs: int,
    *,
    committed: bool,
    as_json: bool,
) -> None:
    """Compare the reports of all offices, and exit."""
    from nianbao.cli.output import findings
    from nianbao.cli.output.offices import comparison
    from nianbao.compare import offices, workbook
    from nianbao.workspace import selection

    formats = offices.check_formats(names, committed=committed)
    chosen = offices.choose(selection.open_store(words, root, out, print_warning), words)
    results = show_progress(offices.compare_all(chosen, jobs), len(chosen.pairs), _("progress-reading"), quiet=as_json)
    compared, errors = split_errors(results)
    done = chosen.with_pairs(compared)
    if as_json:
        findings.print_json(comparison.offices_comparison_data(done))
    elif offices.TERMINAL in formats:
        comparison.print_offices_comparison(done)
    saved = workbook.write_workbook(done) if offices.XLSX in formats else []
    if not as_json:
        findings.print_saved(saved)
    for error in errors:  # a report that cannot be read is an error in the data: the exit code is 1
        print_error(error)
    exit_command([], blocked=bool(errors))
