"""The only door to the screen: whatever a file, a name or a library says is shown as text, and never obeyed."""

import re
from typing import TYPE_CHECKING, NamedTuple

import typer

if TYPE_CHECKING:
    from rich.console import Console

# What a terminal obeys, or shows in another place than it stands: controls (ESC among them), marks and overrides of
# direction, breaks of lines and paragraphs, and halves of characters, which cannot even be written.
OBEYED = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_BESIDES_BREAKS = f"(?!\n){OBEYED}"  # patterns that few commands use are not compiled before
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A line that begins so is a command to the runner of GitHub Actions, which reads what a step prints.
_COMMAND = r"^(\s*)(?=::)|(#)(?=#\[)"


class Styled(NamedTuple):
    """A text in a colour, or bold."""

    text: str
    fg: str | None = None
    bold: bool = False


def visible(text: str, *, breaks: bool = False) -> str:
    r"""Show what a terminal would obey, as TOML and JSON write it: `\u001b` for ESC; line breaks may be meant.

    The text of a JSON document means the same as before.
    """
    return re.sub(_BESIDES_BREAKS if breaks else OBEYED, _shown, text)


def _shown(match: re.Match[str]) -> str:
    return _SHORT.get(match[0], f"\\u{ord(match[0]):04x}")


def echo(*parts: str | Styled, err: bool = False) -> None:
    """Print one line, made of texts that are shown whatever they hold."""
    line = "".join(map(_styled, parts))
    typer.echo(re.sub(_COMMAND, r"\g<0>\\", line), err=err)


def _styled(part: str | Styled) -> str:
    if isinstance(part, Styled):
        return typer.style(visible(part.text), fg=part.fg, bold=part.bold or None)
    return visible(part)


def document(text: str, *, nl: bool = True) -> None:
    """Print a text of many lines, which are meant as they are: a page of help, JSON, CSV."""
    typer.echo(visible(text, breaks=True), nl=nl)


def console() -> "Console":
    """Give what draws bars beside the results; words in brackets are words."""
    from rich.console import Console  # noqa: PLC0415  # rich takes a while to import

    return Console(stderr=True, markup=False, emoji=False, highlight=False)
