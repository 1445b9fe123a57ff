"""The only module that prints: texts from files, names and libraries are shown as text and never act on the screen."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import typer

from nianbao.cli.screen import Screen, get_screen
from nianbao.model.rule_page import split_page

if TYPE_CHECKING:
    from rich.console import Console

# Characters that act on a terminal, or are shown in another place than they stand: controls (ESC among them), marks and
# overrides of direction, line and paragraph separators, and surrogates, which cannot even be encoded.
CONTROL_CHARACTERS = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_CONTROLS_EXCEPT_BREAKS = f"(?!\n){CONTROL_CHARACTERS}"  # compiled where used: few commands need these patterns
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A line that begins like this is a workflow command to the runner of GitHub Actions, which reads what a step prints.
_JOINT = r"[^\n]\n[^\n\s|-]"  # a line break within a paragraph
_WORKFLOW_COMMAND = r"^(\s*)(?=::)|(#)(?=#\[)"


class StyledText(NamedTuple):
    """A text in a colour, or bold."""

    text: str
    fg: str | None = None
    bold: bool = False


def escape_controls(text: str, *, breaks: bool = False) -> str:
    r"""Return a text with control characters escaped as in TOML and JSON: `\u001b` for ESC.

    With `breaks`, line breaks stay. A JSON document still means the same.
    """
    return re.sub(_CONTROLS_EXCEPT_BREAKS if breaks else CONTROL_CHARACTERS, _escape, text)


def _escape(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}")


def print_help_without_command(context: typer.Context) -> None:
    """Print the help of a group of commands where none of them was named."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def echo(*parts: str | StyledText, err: bool = False, hang: int | None = None) -> None:
    """Print a line, made of texts whose control characters are escaped.

    With `hang` it is wrapped to the width of the screen, and further lines are indented by so many cells more than the
    first. Lines to be copied, such as commands, and rows of tables are not wrapped.
    """
    screen = get_screen(err=err)
    shown = [_escape_part(part, screen) for part in parts]
    text = "".join(part.text for part in shown)
    margin = 0 if hang is None else len(text) - len(text.lstrip(" ")) + hang
    lines = [(0, len(text))] if hang is None else screen.wrap(text, margin)
    for start, end in lines:
        line = "".join(_style_within(shown, start, end))
        line = " " * margin + line if start else line
        typer.echo(re.sub(_WORKFLOW_COMMAND, r"\g<0>\\", line), err=err, color=_may_colour())


def _escape_part(part: str | StyledText, screen: Screen) -> StyledText:
    part = part if isinstance(part, StyledText) else StyledText(part)
    return part._replace(text=screen.show(escape_controls(part.text)))


def _style_within(parts: Sequence[StyledText], start: int, end: int) -> Iterator[str]:
    """Yield what of each part lies between two positions in all of them."""
    at = 0
    for part in parts:
        text = part.text[max(start - at, 0) : max(end - at, 0)]
        at += len(part.text)
        if text:
            yield typer.style(text, fg=part.fg, bold=part.bold or None) if part.fg or part.bold else text


def _may_colour() -> bool | None:
    """Return False where the user wants no colours, see no-color.org; None where the output decides."""
    return False if os.environ.get("NO_COLOR") else None


def print_text(text: str, *, nl: bool = True) -> None:
    """Print a text of many lines, whose line breaks are meant: a page of help, JSON, CSV."""
    typer.echo(escape_controls(text, breaks=True), nl=nl)


def print_page(text: str) -> None:
    """Print a page of paragraphs and indented examples; on a screen the paragraphs are wrapped to its width."""
    has_width = get_screen().width
    for at, part in enumerate(split_page(text)):
        if at:
            echo("")
        words = part if part.startswith(" ") or not has_width else re.sub(_JOINT, _join_lines, part)
        for line in words.split("\n"):
            echo(line, hang=None if line.startswith(" ") else 0)


def _join_lines(match: re.Match[str]) -> str:
    return match[0].replace("\n", " " if match[0].isascii() else "")


def make_console() -> "Console":
    """Return a console for progress bars on standard error, which takes brackets as text and not as markup."""
    from rich.console import Console  # noqa: PLC0415  # rich takes a while to import

    return Console(stderr=True, markup=False, emoji=False, highlight=False)
