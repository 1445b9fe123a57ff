"""The options and arguments that several commands have: the name, type and help of each."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from nianbao.model.i18n import _

DEFAULT_FORMATS = "html,docx,pdf"

Lang = Annotated[
    Literal["zh", "en"] | None,
    typer.Option("--lang", help=_("说中文还是英文，可以写在任何位置；不写就看系统的语言"), show_default=False),
]
Reports = Annotated[
    list[str] | None,
    typer.Argument(
        help=_("报告年度、机关（data/ 下的文件夹，可用 *）、数据文件，可以混写；不写就用最近的一年"),
        metavar="REPORT",
        show_default=False,
    ),
]
AllOffices = Annotated[bool, typer.Option("--all", help=_("data/ 里的全部机关"))]
Root = Annotated[
    Path | None,
    typer.Option("--root", help=_("数据所在的目录；不写就从这里往上找 data/"), metavar="DIR", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help=_("写到哪个目录；不写就是 build/"), metavar="DIR", show_default=False),
]
Formats = Annotated[
    str,
    typer.Option("--to", help=_("格式，用逗号分开：html、docx、pdf、markdown"), metavar="FORMATS"),
]
Select = Annotated[
    str, typer.Option("--select", help=_("只看这些规则，用逗号分开"), metavar="RULES", show_default=False)
]
Ignore = Annotated[
    str, typer.Option("--ignore", help=_("不看这些规则，用逗号分开"), metavar="RULES", show_default=False)
]
Strict = Annotated[bool, typer.Option("--strict", help=_("有警告也算没有通过"))]
Json = Annotated[bool, typer.Option("--json", help=_("结果写成 JSON，供程序读取"))]
FindingFormat = Annotated[
    Literal["text", "json", "sarif", "github", "junit"],
    typer.Option("--format", help=_("怎样说：text 给人看，其余给程序读"), metavar="FORMAT"),
]
ImportYear = Annotated[
    int, typer.Option("--year", help=_("报告年度；不写就从文件里认"), metavar="YEAR", show_default=False)
]
ImportOffice = Annotated[
    str, typer.Option("--office", help=_("机关全称；不写就从文件里认"), metavar="NAME", show_default=False)
]
ImportTarget = Annotated[
    Path | None,
    typer.Option("--out", help=_("写到哪个文件或目录；不写就是 data/"), metavar="PATH", show_default=False),
]
ImportFormat = Annotated[
    Literal["toml", "json"], typer.Option("--to", help=_("toml 写数据文件；json 只把数字按标签印出来"))
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help=_("有一份不成就停下"))]
Jobs = Annotated[
    int, typer.Option("--jobs", help=_("几个进程；不写就用全部核"), min=0, metavar="N", show_default=False)
]
Units = Annotated[
    list[str] | None,
    typer.Argument(
        help=_("单位（data/ 下的文件夹，可用 *）；不写就是 data/offices.toml 里的下级"),
        metavar="UNIT",
        show_default=False,
    ),
]
IncludeOwn = Annotated[bool, typer.Option("--own/--without-own", help=_("计入本级（名册里 own = true 的单位）"))]
WithBroken = Annotated[bool, typer.Option("--with-broken", help=_("有错误的单位也计入，能读的数都算"))]
SchedulerAddress = Annotated[
    str,
    typer.Option("--cluster", help=_("在 Dask 集群上做，写调度器的地址"), metavar="ADDRESS", show_default=False),
]


def split_list(text: str) -> list[str]:
    """Return the items of a list that is written with commas."""
    return [item.strip() for item in text.split(",") if item.strip()]
