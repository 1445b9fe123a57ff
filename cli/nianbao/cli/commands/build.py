"""`report build`."""

from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import collected, counted, crashed, edge, leave, noted, warned
from nianbao.cli.options import (
    STANDARD,
    Cluster,
    Everyone,
    FailFast,
    Formats,
    Ignore,
    Jobs,
    Json,
    Out,
    Reports,
    Root,
    Select,
    Strict,
    listed,
)
from nianbao.model.finding import Stop
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from nianbao.build.incremental import Spread


@command(
    help=_("核对报告，并一次生成各种格式；没有变化的不重做。有错误时不生成。"),
    epilog=_("例：report build 2020 --to html,pdf　·　report build 2024 --all --explain"),
)
def build(
    reports: Reports = None,
    to: Formats = STANDARD,
    root: Root = None,
    out: Out = None,
    select: Select = "",
    ignore: Ignore = "",
    jobs: Jobs = 0,
    cluster: Cluster = "",
    *,
    everyone: Everyone = False,
    strict: Strict = False,
    draft: Annotated[bool, typer.Option("--draft", help=_("有错误也生成，每页标明草稿"))] = False,
    look: Annotated[str, typer.Option("--look", help=_("版式，templates/looks/ 里的名称"))] = "gongwen",
    facts: Annotated[bool, typer.Option("--facts/--no-facts", help=_("文件里附上事实，供以后读回"))] = True,
    force: Annotated[bool, typer.Option("--force", help=_("没有变化的也重做"))] = False,
    explain: Annotated[bool, typer.Option("--explain", help=_("说每一份为什么重做"))] = False,
    fail_fast: FailFast = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("只说发现的问题"))] = False,
    as_json: Json = False,
) -> None:
    """Check the reports and print them in every format."""
    from nianbao.build import incremental, outputs_record
    from nianbao.checks import check
    from nianbao.cli.output import builds as summary
    from nianbao.cli.output import findings
    from nianbao.workspace import selection

    with edge():
        start = perf_counter()
        store = selection.opened(reports or [], root, out, warned)
        formats = tuple(dict.fromkeys(listed(to) or listed(STANDARD)))
        choice = check.load_policy(store, listed(select), listed(ignore), strict=strict)
        terms = incremental.Terms(formats, look, draft, facts, choice)
        asked = selection.select(store, reports or [], everyone=everyone)
        spread, beside = _spread(jobs, cluster)
        with outputs_record.recorded(store, noted) as record:
            results = incremental.Builds(store, terms, record, force=force).run(asked.reports, spread)
            bar = counted(results, len(asked.reports), _("正在生成"), quiet=quiet or as_json, beside=beside)
            done, failed = collected(bar, asked.reports, lambda one: one.checked, terms.refuses, fail_fast=fail_fast)
        failed += crashed([one.checked for one in done])
        run = summary.Run(done, failed, asked.missing, perf_counter() - start)
        if as_json:
            findings.machine(summary.data(run))
        elif len(asked.reports) > summary.FEW or asked.missing:
            summary.told(run)
        else:
            findings.built(done, quiet=quiet)
        if explain and not as_json:  # which says it too
            summary.explained(run)
        leave([one.stop for one in failed], blocked=any(map(terms.refuses, (one.checked for one in done))))


def _spread(jobs: int, address: str) -> "tuple[Spread, Callable[[], str]]":
    """Choose where reports are made, and what the bar says of it."""
    from nianbao.build import incremental

    if not address:
        return incremental.locally(jobs), str
    if jobs:
        raise Stop(_("--jobs 和 --cluster 不能一起写"), _("集群有几个 worker 就同时做几份；去掉 --jobs"))
    try:
        from nianbao.build.dask_client import Cluster
    except ImportError as error:
        raise Stop(_("没有安装 Dask，不能在集群上做"), _('运行 pip install "nianbao[cluster]"')) from error
    workers = Cluster(address)
    return workers, workers.said
