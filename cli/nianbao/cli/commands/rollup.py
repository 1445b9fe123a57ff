"""`report rollup`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_warning, report_errors, show_spinner
from nianbao.cli.options import IncludeOwn, Jobs, Json, Root, Units, WithBroken
from nianbao.model.i18n import _


@command(
    help=_("把下级单位的表加到上级的数据文件里：缺报、逾期、有错的逐一说明，手改过的格不悄悄换掉。"),
    epilog=_("例：report rollup 2024 --into city　·　report rollup 2024 --into city data/dist-*/ --dry-run"),
)
def rollup(
    year: Annotated[int, typer.Argument(help=_("报告年度"), min=1980, max=9998)],
    into: Annotated[str, typer.Option("--into", help=_("上级机关，data/ 下的文件夹"), metavar="OFFICE")],
    units: Units = None,
    root: Root = None,
    jobs: Jobs = 0,
    *,
    own: IncludeOwn = True,
    broken: WithBroken = False,
    deep: Annotated[bool, typer.Option("--deep", help=_("单位自己还有下级的，先汇总它们，逐级向上"))] = False,
    force: Annotated[bool, typer.Option("--force", help=_("手改过的格也换成合计，写明接受的除外"))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("只说会怎样，不写文件"))] = False,
    as_json: Json = False,
) -> None:
    """Add the figures of units up into the data file of the office above them."""
    from nianbao.cli.output.findings import print_json
    from nianbao.cli.output.rollup import print_rollups, rollup_data
    from nianbao.rollup import collect, roll_up
    from nianbao.workspace import selection

    with report_errors():
        store = selection.open_store(units or [], root, None, print_warning)
        options = collect.RollupOptions(units or [], own, broken, deep, force, dry_run, jobs)
        with show_spinner(_("正在汇总 {year} 年度", year=year), quiet=as_json):
            results = roll_up.roll_up(store, year, into, options)
        if as_json:
            print_json({"rollups": [rollup_data(result) for result in results]})
        else:
            print_rollups(results, year)
        exit_command([], blocked=any(result.is_blocked for result in results))
