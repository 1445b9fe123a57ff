"""`report fmt`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_warning, report_errors, split_errors
from nianbao.cli.options import AllOffices, Reports, Root
from nianbao.model.i18n import _


@command(
    help=_("按格式的顺序重排数据文件：一行一项，数字对齐；数值和注释不动。"),
    epilog=_("例：report fmt 2020　·　report fmt data/2020.toml --check　·　有文件要重排时 --check 的退出码是 1"),
)
def fmt(
    reports: Reports = None,
    root: Root = None,
    *,
    all_offices: AllOffices = False,
    check: Annotated[bool, typer.Option("--check", help=_("只说哪些文件要重排，不写"))] = False,
) -> None:
    """Format data files."""
    from nianbao.checks import drafts
    from nianbao.cli.output import findings
    from nianbao.workspace import selection

    with report_errors():
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = selection.select(store, reports or [], all_offices=all_offices).reports
        formatted, errors = split_errors(drafts.format_all(selected, check=check))
        findings.print_formatted(formatted, check=check)
        exit_command(errors, blocked=any(file.findings or (check and file.changed) for file in formatted))
