"""`report kind`: tools for authors of kinds of documents."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import add_group
from nianbao.cli.completion import complete_kind, complete_look
from nianbao.cli.errors import EXIT_CLEAN, EXIT_FOUND, print_note, report_errors
from nianbao.cli.options import Json, Root
from nianbao.cli.terminal import echo, print_text
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from nianbao.model.period import PeriodUnit
    from nianbao.workspace.store import Store

command = add_group("kind", _("help-kind-group"))
KindName = Annotated[
    str, typer.Argument(help=_("argument-kind"), autocompletion=complete_kind, metavar="NAME", show_default=False)
]


@command("list", help=_("help-kind-list"), epilog=_("example-kind-list"))
def list_(root: Root = None, *, as_json: Json = False) -> None:
    """List the kinds that are found, and where each is from."""
    from nianbao.cli.output import kinds as output
    from nianbao.kinds.adding import find_changed_kinds
    from nianbao.kinds.listing import list_kinds
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root))
        store.require_trust()
        listed = list_kinds(store)
        if as_json:
            output.print_kinds_json(listed)
        else:
            output.print_kinds(listed)
            for name in find_changed_kinds(store):
                echo(_("kind-changed-since-added", kind=name))
        raise typer.Exit(EXIT_FOUND if any(one.error for one in listed) else EXIT_CLEAN)


@command("new", help=_("help-kind-new"), epilog=_("example-kind-new"))
def new(
    kind: KindName,
    root: Root = None,
    name: Annotated[str, typer.Option("--name", help=_("option-kind-name"), metavar="TEXT", show_default=False)] = "",
    language: Annotated[
        str, typer.Option("--language", help=_("option-kind-language"), metavar="TAG", show_default=False)
    ] = "",
    period: Annotated[
        str, typer.Option("--period", help=_("option-kind-period"), metavar="UNIT", show_default=False)
    ] = "",
    look: Annotated[
        str,
        typer.Option(
            "--look", help=_("option-kind-look"), autocompletion=complete_look, metavar="NAME", show_default=False
        ),
    ] = "",
    table: Annotated[
        str, typer.Option("--table", help=_("option-kind-table"), metavar="TEXT", show_default=False)
    ] = "",
    first: Annotated[
        str, typer.Option("--first", help=_("option-kind-first"), metavar="PERIOD", show_default=False)
    ] = "",
) -> None:
    """Make the folder of a new kind."""
    from typing import cast

    from nianbao.kinds.scaffold import KindPlan, choose_look, create_kind
    from nianbao.model.finding import UserError
    from nianbao.model.period import EXAMPLES, parse_period
    from nianbao.workspace.store import Store, find_root

    def ask(given: str, question: str, default: str) -> str:
        if given or not (sys.stdin and sys.stdin.isatty()):
            return given or default
        return str(typer.prompt(question, default=default, err=True))

    with report_errors():
        store = Store(find_root(root))
        store.require_trust()
        language = ask(language, _("option-kind-language"), _("default-kind-language"))
        plan = KindPlan(
            id=kind,
            name=ask(name, _("option-kind-name"), kind.replace("-", " ").title()),
            language=language,
            unit=cast("PeriodUnit", ask(period, _("option-kind-period"), "year")),
            look=ask(look, _("option-kind-look"), choose_look(language)),
            table=ask(table, _("option-kind-table"), _("default-kind-table")),
        )
        begin = parse_period(first) if first else None
        if first and begin is None:
            raise UserError(
                _("not-a-period", word=first), _("write-like-example", example=EXAMPLES.get(plan.unit, "2024"))
            )
        created = create_kind(store, plan, begin)
        for saved in created.saved:
            echo(_("wrote-path", path=saved.path))
        if not created.is_trusted:
            echo(_("trust-before-use"))
        echo(_("kind-next-steps", kind=kind, period=created.period))


@command("check", help=_("help-kind-check"), epilog=_("example-kind-check"))
def check(
    kind: Annotated[
        str,
        typer.Argument(
            help=_("argument-kind-or-all"), autocompletion=complete_kind, metavar="[NAME]", show_default=False
        ),
    ] = "",
    root: Root = None,
    *,
    as_json: Json = False,
) -> None:
    """Find every mistake in the files of a kind."""
    from nianbao.cli.output import kinds as output
    from nianbao.kinds.check import check_kind
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.open(root)
        names = [store.find_kind(kind).id] if kind else _list_own(store) or store.list_kinds()
        found = {name: check_kind(store, name) for name in names}
        if as_json:
            output.print_mistakes_json(found)
        else:
            output.print_mistakes(found)
        raise typer.Exit(EXIT_FOUND if any(found.values()) else EXIT_CLEAN)


def _list_own(store: "Store") -> list[str]:
    """List the kinds that do not come with the program."""
    return [name for name in store.list_kinds() if store.find_kind(name).origin.origin != "program"]


@command("docs", help=_("help-kind-docs"), epilog=_("example-kind-docs"))
def docs(
    kind: Annotated[
        str, typer.Argument(help=_("argument-kind"), autocompletion=complete_kind, metavar="[NAME]", show_default=False)
    ] = "",
    root: Root = None,
    out: Annotated[
        Path | None, typer.Option("--out", help=_("option-kind-docs-out"), metavar="FILE", show_default=False)
    ] = None,
    *,
    all_kinds: Annotated[bool, typer.Option("--all", help=_("option-kind-docs-all"))] = False,
) -> None:
    """Describe a kind, or all kinds, in Markdown."""
    from nianbao.kinds.publishing import make_gallery, make_page
    from nianbao.model.finding import UserError
    from nianbao.workspace.files import write
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.open(root)
        if bool(kind) == all_kinds or (all_kinds and out is None):
            raise UserError(_("kind-docs-of-what"), _("see-help", command="report kind docs"))
        files = make_gallery(store, out.name) if all_kinds and out else make_page(store, kind, out.name if out else "")
        if out is None:
            print_text(next(iter(files.values())).decode(), nl=False)
            return
        for saved in write({out.parent / name: content for name, content in files.items()}, out.parent):
            echo(_("wrote-path", path=saved.path))


@command("pack", help=_("help-kind-pack"), epilog=_("example-kind-pack"))
def pack(
    kind: KindName,
    out: Annotated[Path, typer.Option("--out", help=_("option-kind-pack-out"), metavar="DIR")] = Path("dist"),
    root: Root = None,
) -> None:
    """Pack a kind as a wheel."""
    from nianbao.cli.output import kinds as output
    from nianbao.kinds.check import check_kind
    from nianbao.kinds.wheel import pack_kind
    from nianbao.workspace.files import display_path
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.open(root)
        mistakes = check_kind(store, store.find_kind(kind).id)
        if mistakes:
            output.print_mistakes({kind: mistakes})
            raise typer.Exit(EXIT_FOUND)
        echo(_("wrote-path", path=display_path(pack_kind(store, kind, out))))


@command("add", help=_("help-kind-add"), epilog=_("example-kind-add"))
def add(
    source: Annotated[str, typer.Argument(help=_("argument-kind-source"), metavar="SOURCE", show_default=False)],
    root: Root = None,
) -> None:
    """Add a kind to the folder's own templates."""
    from nianbao.kinds.adding import add_kind
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root))
        store.skip_untrusted()
        added = add_kind(store, source)
        for saved in added.saved:
            echo(_("wrote-path", path=saved.path))
        print_note(_("added-kind-is-code", kind=added.id))
