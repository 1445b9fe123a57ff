"""`report query`."""

from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_error, report_errors, show_progress, split_errors
from nianbao.cli.options import Jobs, Json, Root
from nianbao.model.i18n import _


@command(
    help=_("用 SQL 查全部机关、全部年度的事实；不写语句就说有哪些表和列。只能查，碰不到文件和网络。"),
    epilog=_('例：report query "select name, year from reports"'),
)
def query(
    question: Annotated[str, typer.Argument(help=_("一条 select 语句"), metavar="SQL", show_default=False)] = "",
    to: Annotated[Literal["text", "json", "csv"], typer.Option("--to", help=_("怎样写结果：text 给人看"))] = "text",
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows", help=_("最多几行；0 是全部。给人看时不写就是 100"), min=0, metavar="N", show_default=False
        ),
    ] = None,
    root: Root = None,
    jobs: Jobs = 0,
    *,
    as_json: Json = False,
) -> None:
    """Query the facts of all reports with SQL."""
    from nianbao.cli.output.query import print_answer, print_views
    from nianbao.export import pipeline
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.at(root)
        reports = [(store.of_office(office), year) for office, years in store.offices().items() for year in years]
        if not question.strip():
            print_views(pipeline.make_database(store, []))
            return
        results = show_progress(pipeline.read_all(reports, jobs), len(reports), _("正在读取"), quiet=False)
        read, errors = split_errors(results)
        style = "json" if as_json else to
        default = 100 if style == "text" else 0
        print_answer(pipeline.make_database(store, read).run_query(question, default if rows is None else rows), style)
        for error in errors:  # a report that cannot be read is an error in the data: the exit code is 1
            print_error(error)
        exit_command([], blocked=bool(errors))
