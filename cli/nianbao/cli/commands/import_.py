"""`report import`."""

from functools import partial
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.crash import report_crash
from nianbao.cli.errors import exit_command, report_errors, show_progress, split_errors
from nianbao.cli.options import (
    Editor,
    ImportEdition,
    ImportFormat,
    ImportOffice,
    ImportTarget,
    ImportYear,
    Jobs,
    Kind,
    Poll,
    Port,
    Root,
    ShouldOpen,
)
from nianbao.model.i18n import _


@command(name="import", help=_("help-import"), epilog=_("example-import"))
def import_(
    files: Annotated[list[str], typer.Argument(help=_("argument-report-files"), metavar="FILE…")],
    root: Root = None,
    year: ImportYear = "",
    kind: Kind = "",
    edition: ImportEdition = "",
    office: ImportOffice = "",
    out: ImportTarget = None,
    to: ImportFormat = "toml",
    jobs: Jobs = 0,
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help=_("option-fact"), metavar="ADDRESS=VALUE", show_default=False),
    ] = None,
    port: Port = 0,
    editor: Editor = "vscode",
    *,
    pages: Annotated[bool, typer.Option("--pages", help=_("option-pages"))] = False,
    show: Annotated[bool, typer.Option("--show", help=_("option-show"))] = False,
    should_open: ShouldOpen = True,
    poll: Poll = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("option-dry-run-import"))] = False,
    force: Annotated[bool, typer.Option("--force", help=_("option-replace-data"))] = False,
    placeholders: Annotated[bool, typer.Option("--placeholders", help=_("option-placeholders"))] = False,
    trust: Annotated[bool, typer.Option("--trust", help=_("option-trust-source"))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("option-quiet-import"))] = False,
) -> None:
    """Write the data files of published reports."""
    from nianbao.cli import previews
    from nianbao.cli.output import findings, imports
    from nianbao.importer import batch, pipeline, published_sets
    from nianbao.importer.file_sets.sources import join_pages
    from nianbao.workspace import selection
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.open(root)
        sources = [join_pages(files)] if pages else published_sets.gather(store, files)
        if show:
            previews.check_showing(sources, is_written=not dry_run and to != "json")
        options = pipeline.ImportOptions(
            period=selection.read_period(store.of_kind(kind) if kind else store, year) if year else None,
            office=office,
            kind=kind,
            edition=edition,
            out=out,
            dry_run=dry_run or to == "json",
            force=force,
            placeholders=placeholders,
            facts=tuple(fact or ()),
            trust=trust,
            folder_per_office=len(sources) > 1,
            show=show,
        )
        track = partial(show_progress, size=len(sources), text=_("progress-importing"), quiet=False)
        results = batch.import_files(store, sources, options, jobs, track)
        with report_crash(batch.make_lost_error(sources[0]) if len(sources) == 1 else None):
            imported, errors = split_errors(results)
        imported.sort(key=lambda one: one.source)
        if to == "json":
            findings.print_json(imports.imports_data(imported, errors, alone=len(sources) == 1))
        else:
            imports.print_imports(imported, len(errors), quiet=quiet)
        if show and imported:
            previews.show_imported(imported[0], root, previews.PreviewOptions(port, editor, should_open, poll))
        exit_command(errors, blocked=not all(one.clean for one in imported))
