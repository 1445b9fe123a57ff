"""The options and arguments that several commands have: the name, type and help of each."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Literal

import typer

from nianbao.cli.completion import (
    complete_edition,
    complete_formats,
    complete_kind,
    complete_look,
    complete_office,
    complete_period,
    complete_reports,
    complete_rules,
)
from nianbao.model.i18n import _

_BETWEEN = r"[\s,;、]+"  # items of a list; full-width signs are made usual ones first
DEFAULT_FORMATS = "html,docx,pdf"

Lang = Annotated[
    Literal["zh", "en"] | None,
    typer.Option("--lang", help=_("option-lang"), show_default=False),
]
Reports = Annotated[
    list[str] | None,
    typer.Argument(
        help=_("argument-selection"), autocompletion=complete_reports, metavar="REPORT…", show_default=False
    ),
]
AllOffices = Annotated[bool, typer.Option("--all", help=_("option-all-offices"))]
Root = Annotated[
    Path | None,
    typer.Option("--root", help=_("option-root"), metavar="DIR", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help=_("option-out-folder"), metavar="DIR", show_default=False),
]
Formats = Annotated[
    str,
    typer.Option("--to", help=_("option-to-build"), autocompletion=complete_formats, metavar="FORMATS"),
]
Kind = Annotated[
    str, typer.Option("--kind", help=_("help-kind"), autocompletion=complete_kind, metavar="KIND", show_default=False)
]
Edition = Annotated[
    str,
    typer.Option(
        "--edition",
        help=_("option-edition-new"),
        autocompletion=complete_edition,
        metavar="EDITION",
        show_default=False,
    ),
]
Select = Annotated[
    str,
    typer.Option(
        "--select", help=_("option-select"), autocompletion=complete_rules, metavar="RULES", show_default=False
    ),
]
Ignore = Annotated[
    str,
    typer.Option(
        "--ignore", help=_("option-ignore"), autocompletion=complete_rules, metavar="RULES", show_default=False
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help=_("option-strict"))]
Json = Annotated[bool, typer.Option("--json", help=_("option-json"))]
FindingFormat = Annotated[
    Literal["text", "json", "sarif", "github", "junit"],
    typer.Option("--format", help=_("option-format"), metavar="FORMAT"),
]
ImportYear = Annotated[str, typer.Option("--year", help=_("option-year-of-file"), metavar="PERIOD", show_default=False)]
ImportEdition = Annotated[
    str,
    typer.Option(
        "--edition",
        help=_("option-edition-of-import"),
        autocompletion=complete_edition,
        metavar="EDITION",
        show_default=False,
    ),
]
ImportOffice = Annotated[
    str, typer.Option("--office", help=_("option-office-of-file"), metavar="NAME", show_default=False)
]
ImportTarget = Annotated[
    Path | None,
    typer.Option("--out", help=_("option-out-data"), metavar="PATH", show_default=False),
]
ImportFormat = Annotated[Literal["toml", "json"], typer.Option("--to", help=_("option-to-import"))]
FailFast = Annotated[bool, typer.Option("--fail-fast", help=_("option-fail-fast"))]
Look = Annotated[
    str, typer.Option("--look", help=_("option-look"), autocompletion=complete_look, metavar="NAME", show_default=False)
]
ReportPeriod = Annotated[str, typer.Argument(help=_("help-period"), autocompletion=complete_period, metavar="PERIOD")]
Port = Annotated[int, typer.Option("--port", help=_("option-port"), min=0, max=65535, metavar="N", show_default=False)]
Editor = Annotated[str, typer.Option("--editor", help=_("option-editor"), metavar="NAME")]
ShouldOpen = Annotated[bool, typer.Option("--open/--no-open", help=_("option-open"))]
Poll = Annotated[bool, typer.Option("--poll", help=_("option-poll"))]
OfficeAbove = Annotated[
    str,
    typer.Option(
        "--into",
        help=_("option-office-of-status"),
        autocompletion=complete_office,
        metavar="OFFICE",
        show_default=False,
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", help=_("option-jobs"), min=0, metavar="N", show_default=False)]
Units = Annotated[
    list[str] | None,
    typer.Argument(help=_("argument-units"), autocompletion=complete_office, metavar="UNIT…", show_default=False),
]
IncludeOwn = Annotated[bool, typer.Option("--own/--without-own", help=_("option-own"))]
WithBroken = Annotated[bool, typer.Option("--with-broken", help=_("option-with-broken"))]
SchedulerAddress = Annotated[
    str,
    typer.Option("--cluster", help=_("option-cluster"), metavar="ADDRESS", show_default=False),
]


def split_list(text: str) -> list[str]:
    """Return the items of a list that is written with commas, Chinese ones among them, or blanks."""
    return [item for item in re.split(_BETWEEN, unicodedata.normalize("NFKC", text)) if item]
