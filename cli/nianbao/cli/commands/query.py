"""`report query`."""

from contextlib import ExitStack
from datetime import date
from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import (
    exit_command,
    print_double_counts,
    print_error,
    print_note,
    print_register_errors,
    report_errors,
    show_progress,
    split_errors,
)
from nianbao.cli.options import Jobs, Json, Kind, Root
from nianbao.model.i18n import _


@command(help=_("help-query"), epilog=_("example-query"))
def query(
    question: Annotated[str, typer.Argument(help=_("argument-select"), metavar="SQL", show_default=False)] = "",
    to: Annotated[Literal["text", "json", "csv"], typer.Option("--to", help=_("option-format-query"))] = "text",
    rows: Annotated[
        int | None,
        typer.Option("--rows", help=_("option-rows"), min=0, metavar="N", show_default=False),
    ] = None,
    kind: Kind = "",
    root: Root = None,
    jobs: Jobs = 0,
    *,
    as_json: Json = False,
) -> None:
    """Query the facts of all reports with SQL."""
    from nianbao.build import known_checks, output_folder
    from nianbao.checks.check import load_policy
    from nianbao.cli.output.query import print_answer, print_views
    from nianbao.export import pipeline, querying
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.open(root).of_kind(kind)
        if not question.strip():
            print_views(pipeline.make_database(store, [], all_lists=True))
            return
        today = date.today()  # noqa: DTZ011  # in the office's time zone
        work = querying.prepare(store, question, today)
        read, errors = split_errors(
            show_progress(work.read(jobs), len(work.reports), _("progress-reading"), quiet=False)
        )
        with ExitStack() as opened:
            known = None
            if work.needs_findings:
                cache = opened.enter_context(output_folder.open_cache(store, print_note))
                known = known_checks.CachedChecks(store, load_policy(store), today, cache)
            judged = work.judge(jobs, known)
            found = list(show_progress(judged, len(work.reports), _("progress-checking"), quiet=False))
        style = "json" if as_json else to
        default = 100 if style == "text" else 0
        answer = work.answer(read, found, work.list_states(jobs), default if rows is None else rows)
        print_answer(answer, style)
        print_register_errors(store)
        print_double_counts(store, work.reports)
        for error in errors:  # a report that cannot be read is an error in the data: the exit code is 1
            print_error(error)
        exit_command([], blocked=bool(errors))
