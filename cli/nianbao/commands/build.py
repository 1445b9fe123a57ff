"""`report build`."""

from typing import Annotated

import typer

from nianbao.command import command
from nianbao.edge import crashed, each, edge, leave, progress
from nianbao.language import _
from nianbao.options import STANDARD, Everyone, Formats, Ignore, Json, Out, Reports, Root, Select, Strict, listed


@command(
    help=_("核对报告，并一次生成各种格式。有错误时不生成。"),
    epilog=_("例：report build 2020 --to html,pdf　·　report build 2019 2020 --out 公示"),
)
def build(
    reports: Reports = None,
    to: Formats = STANDARD,
    root: Root = None,
    out: Out = None,
    select: Select = "",
    ignore: Ignore = "",
    *,
    everyone: Everyone = False,
    strict: Strict = False,
    draft: Annotated[bool, typer.Option("--draft", help=_("有错误也生成，每页标明草稿"))] = False,
    look: Annotated[str, typer.Option("--look", help=_("版式，templates/looks/ 里的名称"))] = "gongwen",
    facts: Annotated[bool, typer.Option("--facts/--no-facts", help=_("文件里附上事实，供以后读回"))] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("只说发现的问题"))] = False,
    as_json: Json = False,
) -> None:
    """Check the reports and print them in every format."""
    from nianbao import make, say, selection

    with edge():
        store = selection.opened(reports or [], root, out)
        formats = listed(to) or listed(STANDARD)
        choice = make.chosen(store, listed(select), listed(ignore), strict=strict)

        def one(report: selection.Asked) -> make.Built:
            office, year = report
            with progress(_("正在生成 {year} 年度报告", year=year), quiet=quiet or as_json):
                return make.build(office, year, formats, draft=draft, choice=choice, look=look, facts=facts)

        done, stops = each(selection.select(store, reports or [], everyone=everyone).reports, one)
        checked = [report.checked for report in done]
        stops += crashed(checked)
        if as_json:
            found = [say.built_data(report) for report in done]
            say.machine({"reports": found, "stops": say.stops_data(stops)})
        else:
            say.built(done, quiet=quiet)
        leave(stops, blocked=any(report.report is None if draft else report.blocked for report in checked))
