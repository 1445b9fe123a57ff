"""The commands: each parses its words, calls once, says the result, and exits with 0, 1 or 2."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nianbao import __version__
from nianbao.command import Command, Group
from nianbao.edge import counted, crashed, each, edge, leave, parted, progress
from nianbao.finding import Stop
from nianbao.language import _, series
from nianbao.options import (
    STANDARD,
    DataFiles,
    Figures,
    Formats,
    Ignore,
    Jobs,
    Json,
    Lang,
    Office,
    Out,
    Root,
    Select,
    Strict,
    Style,
    Target,
    Year,
    Years,
    listed,
    wanted,
)

# Each command imports what it needs: `report --help` and a typing mistake should answer at once.
app = typer.Typer(
    name="report",
    cls=Group,
    help=_("从一个事实文件生成法定年度报告：先核对，再一次印出网页、Word 和 PDF。"),
    epilog=_("例：report build 2020　·　退出码：0 没有错误，1 有错误，2 没能运行"),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
command = partial(app.command, cls=Command)


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    lang: Lang = None,
) -> None:
    """Take what every command takes; without a command, show the help."""
    del lang  # known before the commands were: their help is words too
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@command(
    help=_("核对报告，并一次生成各种格式。有错误时不生成。"),
    epilog=_("例：report build 2020 --to html,pdf　·　report build 2019 2020 --out 公示"),
)
def build(
    years: Years = None,
    to: Formats = STANDARD,
    root: Root = None,
    out: Out = None,
    select: Select = "",
    ignore: Ignore = "",
    *,
    strict: Strict = False,
    draft: Annotated[bool, typer.Option("--draft", help=_("有错误也生成，每页标明草稿"))] = False,
    look: Annotated[str, typer.Option("--look", help=_("版式，templates/looks/ 里的名称"))] = "gongwen",
    facts: Annotated[bool, typer.Option("--facts/--no-facts", help=_("文件里附上事实，供以后读回"))] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("只说发现的问题"))] = False,
    as_json: Json = False,
) -> None:
    """Check the reports and print them in every format."""
    from nianbao import make, say
    from nianbao.store import Store

    with edge():
        store = Store.at(root, out)
        formats = listed(to) or listed(STANDARD)
        choice = make.chosen(store, listed(select), listed(ignore), strict=strict)

        def one(year: int) -> make.Built:
            with progress(_("正在生成 {year} 年度报告", year=year), quiet=quiet or as_json):
                return make.build(store, year, formats, draft=draft, choice=choice, look=look, facts=facts)

        reports, stops = each(wanted(store, years), one)
        checked = [report.checked for report in reports]
        stops += crashed(checked)
        if as_json:
            found = [say.built_data(report) for report in reports]
            say.machine({"reports": found, "stops": say.stops_data(stops)})
        else:
            say.built(reports, quiet=quiet)
        leave(stops, blocked=any(report.report is None if draft else report.blocked for report in checked))


@command(
    help=_("只核对，不生成。"), epilog=_("例：report validate 2020　·　report validate --format sarif > findings.sarif")
)
def validate(
    years: Years = None,
    root: Root = None,
    select: Select = "",
    ignore: Ignore = "",
    style: Style = "text",
    *,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Check only."""
    from nianbao import machine, make, say
    from nianbao.store import Store

    with edge():
        store = Store.at(root)
        choice = make.chosen(store, listed(select), listed(ignore), strict=strict)
        reports, stops = each(wanted(store, years), lambda year: make.check(store, year, choice))
        stops += crashed(reports)
        if as_json or style == "json":
            found = [say.checked_data(report) for report in reports]
            say.machine({"reports": found, "stops": say.stops_data(stops)})
        elif style == "text":
            say.checked(reports)
        else:
            typer.echo(machine.FORMATS[style](reports, stops))
        leave(stops, blocked=any(report.blocked for report in reports))


@command(
    help=_("说明一条规则：错在哪里，为什么要紧，怎样才对。"),
    epilog=_("例：report explain　·　report explain broken-balance"),
)
def explain(rule: Annotated[str, typer.Argument(help=_("规则名；不写就列出全部"), show_default=False)] = "") -> None:
    """Explain a rule, or list them all."""
    from nianbao import rules

    with edge():
        if not rule:
            for known in map(rules.rule, rules.names()):
                where = _("（{editions} 版）", editions=series(known.editions)) if known.editions else ""
                typer.echo(f"{known.name:24} {known.level:8} {known.summary}{where}")
            return
        try:
            known = rules.rule(rule)
            typer.echo(f"{known.name} ({known.level})\n\n{known.said}")
        except KeyError:
            raise Stop(_("没有规则 {rule}", rule=rule), _("运行 report explain 看全部规则")) from None


@command(
    help=_("按格式的顺序重排数据文件：一行一项，数字对齐；数值和注释不动。"),
    epilog=_("例：report fmt 2020　·　report fmt data/2020.toml --check　·　有文件要重排时 --check 的退出码是 1"),
)
def fmt(
    files: DataFiles = None,
    root: Root = None,
    *,
    check: Annotated[bool, typer.Option("--check", help=_("只说哪些文件要重排，不写"))] = False,
) -> None:
    """Lay data files out."""
    from nianbao import datafile, say
    from nianbao.store import Store

    with edge():
        store = Store.at(root)
        chosen = [Store.of(name, root) for name in files or []] or [(store, year) for year in wanted(store, None)]
        laid, stops = each(chosen, lambda place: datafile.lay_out(*place, check=check))
        say.laid(laid, check=check)
        leave(stops, blocked=any(file.findings or (check and file.changed) for file in laid))


@command(
    help=_("新建一年的数据文件：格式的每一行都在里面，年年相同的和结转的照抄上一年。"),
    epilog=_("例：report new 2021　·　report new 2021 --from 2020"),
)
def new(
    year: Annotated[int, typer.Argument(help=_("报告年度"), min=1980, max=9998)],
    root: Root = None,
    last: Annotated[
        int | None,
        typer.Option("--from", help=_("从哪一年照抄；不写就是上一年"), metavar="YEAR", show_default=False),
    ] = None,
) -> None:
    """Begin a year's data file."""
    from nianbao import datafile
    from nianbao.store import Store

    with edge():
        begun = datafile.begin(Store.at(root), year, last)
        typer.echo(_("已写 {path}；填好后运行 report build {year}", path=begun.saved[0].path, year=year))
        for note in begun.notes:
            typer.echo(note)


@command(help=_("写出数据文件的 JSON Schema，编辑器凭它提示和检查。"), epilog=_("例：report schema --edition 2021"))
def schema(
    edition: Annotated[str, typer.Option("--edition", help=_("格式版本；不写就用最近一年的"), show_default=False)] = "",
    root: Root = None,
) -> None:
    """Write the JSON Schema of the data files."""
    from nianbao import datafile
    from nianbao.store import Store

    with edge():
        typer.echo(datafile.describe(Store.at(root), edition), nl=False)


@command(
    help=_("新建一个机关的目录：数据文件、.gitignore 和说明，马上就能生成。"),
    epilog=_("例：report init 某局 && cd 某局 && report build"),
)
def init(
    folder: Annotated[Path, typer.Argument(help=_("新目录"), metavar="DIR")],
    year: Annotated[
        int | None,
        typer.Option("--year", help=_("报告年度；不写就是下一份要报的"), min=1980, max=9998, show_default=False),
    ] = None,
) -> None:
    """Begin an office's folder."""
    from nianbao import datafile
    from nianbao.store import Store

    with edge():
        due = year or datafile.next_due()
        store = Store(folder)
        more = {
            ".gitignore": store.template("starter/gitignore"),
            "README.md": store.template("starter/README.md").replace("YEAR", str(due)),
        }
        for saved in datafile.begin(store, due, more=more).saved:
            typer.echo(_("已写 {path}", path=saved.path))
        typer.echo(_("下一步：cd {folder} && report build {due}", folder=folder, due=due))


@command(
    name="import",
    help=_("把已公布的年报读成数据文件：网页、Word、ODT、PDF、Markdown、表格、文本。读不准的格不猜，说明白。"),
    epilog=_("例：report import 2023年报.docx　·　report import 收件/*.pdf --out data　·　report import - --to json"),
)
def import_(
    files: Annotated[list[str], typer.Argument(help=_("年报文件；- 是标准输入"), metavar="FILE")],
    root: Root = None,
    year: Year = 0,
    office: Office = "",
    out: Target = None,
    to: Figures = "toml",
    jobs: Jobs = 0,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("只说读出了什么，不写文件"))] = False,
    force: Annotated[bool, typer.Option("--force", help=_("已有的数据文件也换掉"))] = False,
    placeholders: Annotated[bool, typer.Option("--placeholders", help=_("正文里与事实相同的数写成占位"))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("只说每个文件的结果，不列细目"))] = False,
) -> None:
    """Bring published reports in."""
    from nianbao import batch, importing, receipt, say
    from nianbao.store import Store

    with edge():
        asked = importing.Wanted(
            year, office, out, dry_run or to == "json", force, placeholders, several=len(files) > 1
        )
        names = list(dict.fromkeys(files))
        results = batch.bring_all(Store.at(root), names, asked, jobs)
        brought, stops = parted(counted(results, len(names), _("正在导入")))
        brought.sort(key=lambda one: one.source)
        if to == "json":
            say.machine(receipt.imported_data(brought, stops, alone=len(names) == 1))
        else:
            receipt.imported(brought, len(stops), quiet=quiet)
        leave(stops, blocked=not all(one.clean for one in brought))


@command(help=_("看看这台机器：用哪个 pandoc 和 typst，哪些字体，还缺什么。"), epilog=_("例：report doctor"))
def doctor(root: Root = None, *, as_json: Json = False) -> None:
    """Say what this machine has."""
    from nianbao import pandoc, say
    from nianbao.store import Store

    with edge():
        store = Store.at(root)
        versions = {"nianbao": __version__, "python": sys.version.split()[0]} | pandoc.versions()
        faces = pandoc.faces(store.look())
        if as_json:
            say.machine({"versions": versions, "faces": say.faces_data(faces), "years": store.years()})
            return
        say.table((_("工具"), _("版本")), list(versions.items()))
        rows = [(face.name, face.family, _("规定的字体") if face.official else _("代用的自由字体")) for face in faces]
        say.table((_("字体"), _("PDF 里用"), ""), rows)
        if not all(face.official for face in faces):
            typer.echo(_("要用规定的字体，请在系统里安装（Windows 和 WPS 自带仿宋、楷体、黑体、宋体）。"))
            typer.echo(_("Word 文件里写的是规定的字体名，不受这台机器影响。"))
        years = series(store.years()) or _("没有；运行 report new 年度")
        typer.echo(_("数据文件：{years}", years=years))
