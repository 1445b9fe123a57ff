"""The command line: the options of every command, and the commands, which are found in their folder."""

from importlib import import_module
from pkgutil import iter_modules

import typer

from nianbao.cli import commands
from nianbao.cli.command import app
from nianbao.cli.options import Lang

__all__ = ["app"]


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    lang: Lang = None,
) -> None:
    """Read the options of every command; without a command, print the help."""
    del lang  # used before the commands are imported, since their help is translated too
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for module in sorted(iter_modules(commands.__path__), key=lambda one: one.name):
    import_module(f"{commands.__name__}.{module.name}")
