"""`report trace`."""

from typing import Annotated

import typer

from nianbao.command import command
from nianbao.edge import edge, leave, warned
from nianbao.language import _
from nianbao.options import Jobs, Json, Own, Root, Units, WithBroken


@command(
    help=_("说明上级的一个数是哪些单位的数相加而成的。"),
    epilog=_("例：report trace 2024 city requests.received.total　·　加 --deep 逐级往下"),
)
def trace(
    year: Annotated[int, typer.Argument(help=_("报告年度"), min=1980, max=9998)],
    office: Annotated[str, typer.Argument(help=_("上级机关，data/ 下的文件夹"), metavar="OFFICE")],
    address: Annotated[str, typer.Argument(help=_("一格的地址，例如 requests.received.total"), metavar="ADDRESS")],
    units: Units = None,
    root: Root = None,
    jobs: Jobs = 0,
    *,
    own: Own = True,
    broken: WithBroken = False,
    deep: Annotated[bool, typer.Option("--deep", help=_("单位自己还有下级的，再往下说"))] = False,
    as_json: Json = False,
) -> None:
    """Say which units give a figure."""
    from nianbao import members, origin, say, selection, statement

    with edge():
        store = selection.opened(units or [], root, None, warned)
        wanted = members.Wanted(units or [], own, broken, deep, jobs=jobs)
        traced = origin.trace(store, year, office, address, wanted)
        if as_json:
            say.machine(statement.trace_data(traced))
        elif isinstance(traced, list):
            say.findings(traced)
        else:
            statement.traced(traced)
        leave([], blocked=isinstance(traced, list))
