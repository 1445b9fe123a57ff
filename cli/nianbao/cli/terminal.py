"""The only door to the screen: whatever a file, a name or a library says is shown as text, and never obeyed."""

import re
from typing import TYPE_CHECKING, NamedTuple

import typer

if TYPE_CHECKING:
    from rich.console import Console

# What a terminal obeys, or shows in another place than it stands: controls (ESC among them), marks and overrides of
# direction, breaks of lines and paragraphs, and halves of characters, which cannot even be written.
CONTROL_CHARACTERS = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_CONTROLS_EXCEPT_BREAKS = f"(?!\n){CONTROL_CHARACTERS}"  # patterns that few commands use are not compiled before
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A line that begins so is a command to the runner of GitHub Actions, which reads what a step prints.
_WORKFLOW_COMMAND = r"^(\s*)(?=::)|(#)(?=#\[)"


class StyledText(NamedTuple):
    """A text in a colour, or bold."""

    text: str
    fg: str | None = None
    bold: bool = False


def escape_controls(text: str, *, breaks: bool = False) -> str:
    r"""Show what a terminal would obey, as TOML and JSON write it: `\u001b` for ESC; line breaks may be meant.

    The text of a JSON document means the same as before.
    """
    return re.sub(_CONTROLS_EXCEPT_BREAKS if breaks else CONTROL_CHARACTERS, _escape, text)


def _escape(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}")


def echo(*parts: str | StyledText, err: bool = False) -> None:
    """Print one line, made of texts that are shown whatever they hold."""
    line = "".join(map(_format_part, parts))
    typer.echo(re.sub(_WORKFLOW_COMMAND, r"\g<0>\\", line), err=err)


def _format_part(part: str | StyledText) -> str:
    if isinstance(part, StyledText):
        return typer.style(escape_controls(part.text), fg=part.fg, bold=part.bold or None)
    return escape_controls(part)


def print_text(text: str, *, nl: bool = True) -> None:
    """Print a text of many lines, which are meant as they are: a page of help, JSON, CSV."""
    typer.echo(escape_controls(text, breaks=True), nl=nl)


def make_console() -> "Console":
    """Give what draws bars beside the results; words in brackets are words."""
    from rich.console import Console  # noqa: PLC0415  # rich takes a while to import

    return Console(stderr=True, markup=False, emoji=False, highlight=False)
