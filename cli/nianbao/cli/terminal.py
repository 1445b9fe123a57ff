"""The only module that prints: texts from files, names and libraries are shown as text and never act on the screen."""

import re
from typing import TYPE_CHECKING, NamedTuple

import typer

if TYPE_CHECKING:
    from rich.console import Console

# Characters that act on a terminal, or are shown in another place than they stand: controls (ESC among them), marks and
# overrides of direction, line and paragraph separators, and surrogates, which cannot even be encoded.
CONTROL_CHARACTERS = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_CONTROLS_EXCEPT_BREAKS = f"(?!\n){CONTROL_CHARACTERS}"  # compiled where used: few commands need these patterns
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A line that begins like this is a workflow command to the runner of GitHub Actions, which reads what a step prints.
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


def echo(*parts: str | StyledText, err: bool = False) -> None:
    """Print one line, made of texts whose control characters are escaped."""
    line = "".join(map(_format_part, parts))
    typer.echo(re.sub(_WORKFLOW_COMMAND, r"\g<0>\\", line), err=err)


def _format_part(part: str | StyledText) -> str:
    if isinstance(part, StyledText):
        return typer.style(escape_controls(part.text), fg=part.fg, bold=part.bold or None)
    return escape_controls(part)


def print_text(text: str, *, nl: bool = True) -> None:
    """Print a text of many lines, whose line breaks are meant: a page of help, JSON, CSV."""
    typer.echo(escape_controls(text, breaks=True), nl=nl)


def make_console() -> "Console":
    """Return a console for progress bars on standard error, which takes brackets as text and not as markup."""
    from rich.console import Console  # noqa: PLC0415  # rich takes a while to import

    return Console(stderr=True, markup=False, emoji=False, highlight=False)
