"""`report trust`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Root
from nianbao.model.i18n import _


@command(help=_("help-trust"), epilog=_("example-trust"))
def trust(
    root: Root = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("option-dry-run-trust"))] = False,
    listed: Annotated[bool, typer.Option("--list", help=_("option-list-trusted"))] = False,
    remove: Annotated[bool, typer.Option("--remove", help=_("option-remove-trust"))] = False,
) -> None:
    """Trust the templates of a folder, or list or remove what is trusted."""
    from nianbao.cli.output.trust import print_removed, print_templates, print_trusted, print_trusted_folders
    from nianbao.workspace import store
    from nianbao.workspace import trust as trusts

    with report_errors():
        if listed:
            print_trusted_folders(trusts.list_records())
            return
        folder = store.find_root(root)
        if remove:
            print_removed(folder, was=trusts.delete_record(folder))
            return
        own = trusts.read_templates(folder)
        print_templates(folder, own)
        if own and not dry_run:
            trusts.save_record(own)
            print_trusted(own)
