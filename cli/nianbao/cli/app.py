"""The command line: the options of every command, and the commands, which are found in their folder."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer

from nianbao import __version__
from nianbao.cli import commands
from nianbao.cli.command import app
from nianbao.cli.options import Lang
from nianbao.cli.terminal import echo, print_help_without_command
from nianbao.model.i18n import _


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    lang: Lang = None,
    *,
    version: Annotated[bool, typer.Option("--version", help=_("option-version"), is_eager=True)] = False,
) -> None:
    """Read the options of every command; without a command, print the help."""
    if version:
        echo(f"nianbao {__version__}")
        raise typer.Exit
    del lang  # used before the commands are imported, since their help is translated too
    print_help_without_command(context)


def load_app(words: Sequence[str] = ()) -> typer.Typer:
    """Load the command that begins a command line, or all commands where none does: each takes time to be imported."""
    names = sorted(module.name for module in iter_modules(commands.__path__))
    for name in [name for name in names if name.rstrip("_") in words[:1]] or names:
        import_module(f"{commands.__name__}.{name}")
    return app
