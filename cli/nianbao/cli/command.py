"""The typer application and its commands, with typer's own texts translated: help, and errors in command lines.

Typer writes most of them in English without gettext. Here its wording is the key in the catalogues, so that the English
stays as typer has it, and a wording that a later typer changes appears in English.
"""

import re
from functools import cache, partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _

USAGE = N_("Usage: ")
HELP = (
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
# The messages of typer about command lines; a value in one may itself be one of these.
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
    """The translated help of a command or a group of commands."""

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # typer keeps its types private
        """Write the usage line of the command."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=_(USAGE))

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401  # see above
        """Return the options and arguments, including those that typer adds, with translated help."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "help", "") in HELP:
                param.help = _(param.help)
        return params


class Command(_TranslatedHelp, TyperCommand):
    """A command with help in the language chosen."""


class Group(_TranslatedHelp, TyperGroup):
    """The group of all commands."""

    command_class = Command


def make_usage_error(message: str) -> UserError:
    """Return the error for what typer says is wrong with a command line."""
    return UserError(_translate_usage_error(message), _("运行 report --help 或 report 命令 --help 看用法"))


def _translate_usage_error(message: str) -> str:
    for template in USAGE_ERRORS:
        if match := _make_pattern(template).fullmatch(message):
            return _(template, **{name: _translate_usage_error(value) for name, value in match.groupdict().items()})
    return message


@cache
def _make_pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(template)))


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
