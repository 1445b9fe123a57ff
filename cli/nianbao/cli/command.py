"""What commands are made of, and how typer's own words are said in Chinese: help texts, and wrong command lines.

Typer writes most of them in English without asking gettext. They keep typer's wording as the catalogue's
key, so that English stays as typer has it, and a wording that a later typer changes is said in English.
"""

import re
from functools import cache, partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from nianbao.model.finding import Stop
from nianbao.model.i18n import N_, _

USAGE = N_("Usage: ")
HELP = (
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
# What typer says of a command line; a value may itself be one of these.
USAGE_ERRORS = (
    N_("{mistake}. Did you mean {choices}?"),
    N_("{mistake} (Possible options: {choices})"),
    N_("No such option: {name}"),
    N_("Missing argument {name}."),
    N_("Missing option {name}."),
    N_("Option {name} requires an argument."),
    N_("Option {name} does not take a value."),
    N_("Got unexpected extra argument(s) ({words})"),
    N_("Invalid value for {name}: {mistake}"),
    N_("{value} is not a valid int range."),
    N_("{value} is not in the range {range}."),
    N_("{value} is not one of {choices}."),
)


class _TranslatedHelp:
    """What a command and a group of commands have in common."""

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # typer keeps its types private
        """Write how the command is called."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=_(USAGE))

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401  # see above
        """Return the options and arguments, those that typer adds among them."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "help", "") in HELP:
                param.help = _(param.help)
        return params


class Command(_TranslatedHelp, TyperCommand):
    """A command that speaks the language chosen."""


class Group(_TranslatedHelp, TyperGroup):
    """The commands together."""

    command_class = Command


def make_usage_error(words: str) -> Stop:
    """Say what is wrong with a command line."""
    return Stop(_translate_usage_error(words), _("运行 report --help 或 report 命令 --help 看用法"))


def _translate_usage_error(words: str) -> str:
    for mistake in USAGE_ERRORS:
        if match := _pattern(mistake).fullmatch(words):
            return _(mistake, **{name: _translate_usage_error(value) for name, value in match.groupdict().items()})
    return words


@cache
def _pattern(mistake: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(mistake)))


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
