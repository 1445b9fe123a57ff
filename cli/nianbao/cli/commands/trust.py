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
    from nianbao.workspace.origins.own_templates import OwnTemplates
    from nianbao.workspace.origins.sources import list_added_folders

    with report_errors():
        if listed:
            print_trusted_folders(trusts.list_records())
            return
        folder = store.find_root(root)
        if remove:
            added = list_added_folders(folder, store.Store(folder).settings())
            names = [OwnTemplates(folder, {}), *(OwnTemplates(path, {}, is_added=True) for path in added)]
            print_removed(folder, was=any(trusts.delete_record(one.record_name) for one in names))
            return
        found = store.Store(folder).list_own_templates()
        if not found:
            print_templates(folder, None)
        for own in found:
            print_templates(folder, own)
            if not dry_run:
                trusts.save_record(own)
                print_trusted(own)
