"""`report import`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, report_errors, show_progress, split_errors
from nianbao.cli.options import ImportFormat, ImportOffice, ImportTarget, ImportYear, Jobs, Root
from nianbao.model.i18n import _


@command(
    name="import",
    help=_("把已公布的年报读成数据文件：网页、Word、ODT、PDF、Markdown、表格、JSON、文本。读不准的格不猜，说明白。"),
    epilog=_("例：report import 2023年报.docx　·　report import 收件/*.pdf --out data　·　report import - --to json"),
)
def import_(
    files: Annotated[list[str], typer.Argument(help=_("年报文件；- 是标准输入"), metavar="FILE…")],
    root: Root = None,
    year: ImportYear = 0,
    office: ImportOffice = "",
    out: ImportTarget = None,
    to: ImportFormat = "toml",
    jobs: Jobs = 0,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("只说读出了什么，不写文件"))] = False,
    force: Annotated[bool, typer.Option("--force", help=_("已有的数据文件也换掉"))] = False,
    placeholders: Annotated[bool, typer.Option("--placeholders", help=_("正文里与事实相同的数写成占位"))] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help=_("信得过来源：nianbao 自己的文件带的正文，连占位和标记一起取回"))
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("只说每个文件的结果，不列细目"))] = False,
) -> None:
    """Write the data files of published reports."""
    from nianbao.cli.output import findings, imports
    from nianbao.importer import batch, pipeline
    from nianbao.workspace.store import Store

    with report_errors():
        options = pipeline.ImportOptions(
            year, office, out, dry_run or to == "json", force, placeholders, trust, folder_per_office=len(files) > 1
        )
        names = list(dict.fromkeys(files))
        results = batch.import_files(Store.at(root), names, options, jobs)
        imported, errors = split_errors(show_progress(results, len(names), _("正在导入"), quiet=False))
        imported.sort(key=lambda one: one.source)
        if to == "json":
            findings.print_json(imports.imports_data(imported, errors, alone=len(names) == 1))
        else:
            imports.print_imports(imported, len(errors), quiet=quiet)
        exit_command(errors, blocked=not all(one.clean for one in imported))
