"""The command line: what every command takes, and the commands found in their folder."""

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
    """Take what every command takes; without a command, show the help."""
    del lang  # known before the commands were: their help is words too
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for found in sorted(iter_modules(commands.__path__), key=lambda module: module.name):
    import_module(f"{commands.__name__}.{found.name}")
