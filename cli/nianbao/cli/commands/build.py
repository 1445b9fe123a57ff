"""`report build`."""

from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import (
    collect_results,
    exit_command,
    list_crashes,
    print_note,
    print_warning,
    report_errors,
    show_progress,
)
from nianbao.cli.options import (
    DEFAULT_FORMATS,
    AllOffices,
    FailFast,
    Formats,
    Ignore,
    Jobs,
    Json,
    Out,
    Reports,
    Root,
    SchedulerAddress,
    Select,
    Strict,
    split_list,
)
from nianbao.model.finding import UserError
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from nianbao.build.incremental import RunJobs
    from nianbao.cli.output.builds import BuildRun


@command(
    help=_("核对报告，并一次生成各种格式；没有变化的不重做。有错误时不生成。"),
    epilog=_("例：report build 2020 --to html,pdf　·　report build 2024 --all --explain"),
)
def build(
    reports: Reports = None,
    to: Formats = DEFAULT_FORMATS,
    root: Root = None,
    out: Out = None,
    select: Select = "",
    ignore: Ignore = "",
    jobs: Jobs = 0,
    cluster: SchedulerAddress = "",
    *,
    all_offices: AllOffices = False,
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
    """Check reports and write them in every format."""
    from nianbao.build import incremental, output_folder
    from nianbao.checks import check
    from nianbao.cli.output import builds
    from nianbao.workspace import selection

    with report_errors():
        start = perf_counter()
        store = selection.open_store(reports or [], root, out, print_warning)
        formats = tuple(dict.fromkeys(split_list(to) or split_list(DEFAULT_FORMATS)))
        policy = check.load_policy(store, split_list(select), split_list(ignore), strict=strict)
        options = incremental.BuildOptions(formats, look, draft, facts, policy)
        selected = selection.select(store, reports or [], all_offices=all_offices)
        run_jobs, describe_state = _choose_workers(jobs, cluster)
        with output_folder.open_cache(store, print_note) as cache:
            results = incremental.IncrementalBuild(store, options, cache, force=force).run(selected.reports, run_jobs)
            bar = show_progress(
                results,
                len(selected.reports),
                _("正在生成"),
                quiet=quiet or as_json,
                describe_state=describe_state,
            )
            done, failed = collect_results(
                bar, selected.reports, lambda result: result.check, options.is_refused, fail_fast=fail_fast
            )
        failed += list_crashes([result.check for result in done])
        run = builds.BuildRun(done, failed, selected.missing, perf_counter() - start)
        _print_run(run, many=len(selected.reports) > builds.MAX_LISTED, quiet=quiet, explain=explain, as_json=as_json)
        exit_command([one.error for one in failed], blocked=any(options.is_refused(result.check) for result in done))


def _choose_workers(jobs: int, address: str) -> "tuple[RunJobs, Callable[[], str]]":
    """Return what runs the jobs, processes here or a cluster, and a function that describes its state for the bar."""
    from nianbao.build import incremental

    if not address:
        return incremental.run_locally(jobs), str
    if jobs:
        raise UserError(_("--jobs 和 --cluster 不能一起写"), _("集群有几个 worker 就同时做几份；去掉 --jobs"))
    try:
        from nianbao.build.dask_client import DaskClient
    except ImportError as error:
        raise UserError(_("没有安装 Dask，不能在集群上做"), _('运行 pip install "nianbao[cluster]"')) from error
    client = DaskClient(address)
    return client, client.describe_workers


def _print_run(run: "BuildRun", *, many: bool, quiet: bool, explain: bool, as_json: bool) -> None:
    from nianbao.cli.output import builds, findings

    if as_json:
        findings.print_json(builds.build_run_data(run))
        return
    if many or run.missing:
        builds.print_summary(run)
    else:
        findings.print_builds(run.results, quiet=quiet)
    if explain:
        builds.print_reasons(run)
