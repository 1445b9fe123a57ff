"""The typer application and its commands, with typer's own texts translated: help, and errors in command lines.

Typer writes most of them in English without gettext. Here its wording is the key in the catalogues, so that the English
stays as typer has it, and a wording that a later typer changes appears in English.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import takewhile
from typing import Any, TypeVar

import typer
from typer._click.exceptions import MissingParameter, NoSuchOption, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.exceptions import TyperException

from nianbao.cli.screen import get_screen
from nianbao.cli.terminal import print_help_without_command
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, translate

F = TypeVar("F", bound=Callable[..., Any])
_BETWEEN_EXAMPLES = "·"
USAGE = "Usage: "
HELP = (
    "Show this message and exit.",
    "Install completion for the current shell.",
    "Show completion for the current shell, to copy it or customize the installation.",
)
# The messages of typer about command lines; a value in one may itself be one of these.
USAGE_ERRORS = (
    "{mistake}. Did you mean {choices}?",
    "{mistake} (Possible options: {choices})",
    "No such option: {name}",
    "Missing argument {name}.",
    "Missing option {name}.",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Got unexpected extra argument(s) ({words})",
    "Invalid value for {name}: {mistake}",
    "{value} is not a valid int range.",
    "{value} is not in the range {range}.",
    "{value} is not one of {choices}.",
)


class _HelpFormatter(HelpFormatter):
    """Lays help out by the cells of the screen, where typer counts characters: a Chinese one takes two cells."""

    def write_text(self, text: str) -> None:
        """Write a text, wrapped."""
        for line in self._wrap(text, self.width - self.current_indent):
            self.write(" " * self.current_indent + line + "\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms, and beside each its description, wrapped."""
        screen = get_screen()
        widest = min(max(screen.measure(term) for term, _words in rows), col_max)
        column = self.current_indent + widest + col_spacing
        for term, words in rows:
            start = " " * self.current_indent + term
            lines = self._wrap(words, self.width - column)
            if screen.measure(term) > widest:
                self.write(start + "\n")
                start = ""
            self.write("\n".join([screen.pad(start, column) + lines[0], *(" " * column + line for line in lines[1:])]))
            self.write("\n")

    def _wrap(self, text: str, width: int) -> list[str]:
        return [part for line in text.splitlines() or [""] for part in get_screen().wrap_text(line, max(width, 20))]


class _TranslatedHelp:
    """The translated help of a command or a group of commands."""

    def get_help(self: Any, ctx: Any) -> str:  # noqa: ANN401  # typer keeps its types private
        """Return the help as the screen can show it."""
        formatter = _HelpFormatter(width=ctx.terminal_width, max_width=ctx.max_content_width)
        self.format_help(ctx, formatter)
        return get_screen().show(formatter.getvalue().rstrip("\n"))

    def format_epilog(self: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  # see above
        """Write the examples of the command, each on a line of its own where there is no room for all."""
        if not self.epilog:
            return
        formatter.write_paragraph()
        has_room = get_screen().measure(self.epilog) + 2 <= formatter.width
        first, *more = [self.epilog] if has_room else (part.strip() for part in self.epilog.split(_BETWEEN_EXAMPLES))
        with formatter.indentation():
            formatter.write_text(first)
            with formatter.indentation():
                for example in more:
                    formatter.write_text(example)

    def get_short_help_str(self: Any, limit: int = 0) -> str:  # noqa: ARG002  # typer gives it
        """Return all of the help for the list of commands, where typer would cut it."""
        return str(self.help or "")

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # typer keeps its types private
        """Write the usage line of the command."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=translate(USAGE))

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401  # see above
        """Return the options and arguments, including those that typer adds, with translated help."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "help", "") in HELP:
                param.help = translate(param.help)
        return params


class Command(_TranslatedHelp, TyperCommand):
    """A command with help in the language chosen."""


class Group(_TranslatedHelp, TyperGroup):
    """The group of all commands."""

    command_class = Command


def make_usage_error(error: TyperException, words: Sequence[str]) -> UserError:
    """Return the error for what typer says is wrong with the words of a command line; it names the help to read.

    An argument that is missing is told by what it means.
    """
    message = _translate_usage_error(error.format_message())
    context = error.ctx if isinstance(error, UsageError) else None
    if isinstance(error, MissingParameter) and isinstance(error.param, TyperArgument) and error.param.help and context:
        message = _("argument-left-out", name=error.param.make_metavar(context), help=error.param.help)
    if isinstance(error, NoSuchOption) and context and context.parent is None:
        return UserError(message, _("options-after-command"))
    command = " ".join(["report", *takewhile(str.isalpha, words[:1])])  # typer's parser does not say which
    return UserError(message, _("see-help", command=context.command_path if context else command))


def _translate_usage_error(message: str) -> str:
    for template in USAGE_ERRORS:
        if match := _make_pattern(template).fullmatch(message):
            values = {name: _translate_usage_error(value) for name, value in match.groupdict().items()}
            if "choices" in values:
                values["choices"] = values["choices"].replace(", ", _("list-separator"))
            return translate(template, **values)
    return message


@cache
def _make_pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(template)))


app = typer.Typer(
    name="report",
    cls=Group,
    help=_("help-report"),
    epilog=_("example-report"),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
command = partial(app.command, cls=Command)


def add_group(name: str, help_text: str) -> Callable[..., Callable[[F], F]]:
    """Add a command that has commands of its own; return what makes a function one of them."""
    group = typer.Typer(cls=Group, help=help_text, rich_markup_mode=None)
    group.callback(invoke_without_command=True)(print_help_without_command)
    app.add_typer(group, name=name)
    return partial(group.command, cls=Command)
