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
    most: Annotated[
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
    """Ask about all facts."""
    from nianbao.cli.output import query as replies
    from nianbao.export import pipeline
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.at(root)
        reports = [(store.of_office(office), year) for office, years in store.offices().items() for year in years]
        if not question.strip():
            replies.print_views(pipeline.gather(store, []))
            return
        results = show_progress(pipeline.read_all(reports, jobs), len(reports), _("正在读取"), quiet=False)
        found, stops = split_errors(results)
        form = "json" if as_json else to
        few = 100 if form == "text" else 0
        replies.print_answer(pipeline.gather(store, found).ask(question, few if most is None else most), form)
        for stop in stops:  # what was left out is a fault of the data, not of the run
            print_error(stop)
        exit_command([], blocked=bool(stops))
