"""`report new`."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_new_period, complete_period
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Edition, Kind, Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from nianbao.model.form import Fact, Form
    from nianbao.model.report import Report


@command(help=_("help-new"), epilog=_("example-new"))
def new(
    period: Annotated[str, typer.Argument(help=_("help-period"), autocompletion=complete_new_period, metavar="PERIOD")],
    root: Root = None,
    kind: Kind = "",
    edition: Edition = "",
    last: Annotated[
        str,
        typer.Option(
            "--from", help=_("option-from-year"), autocompletion=complete_period, metavar="PERIOD", show_default=False
        ),
    ] = "",
    fact: Annotated[
        list[str] | None, typer.Option("--fact", help=_("option-fact"), metavar="ADDRESS=VALUE", show_default=False)
    ] = None,
) -> None:
    """Create a year's data file."""
    from nianbao.checks import drafts
    from nianbao.datafiles.given_facts import parse_given_facts
    from nianbao.datafiles.scaffold import find_open_conditions
    from nianbao.workspace import selection
    from nianbao.workspace.data_files.unread import find_unread_of
    from nianbao.workspace.store import Store

    def ask(form: "Form", report: "Report | None") -> Mapping[str, object]:
        given = parse_given_facts(form, fact or [])
        return given | {one.id: _ask(one) for one in find_open_conditions(form, report, given) if _has_terminal()}

    with report_errors():
        store = Store.open(root)
        store = store.of_kind(kind) if kind else store
        source = selection.read_period(store, last) if last else None
        created = drafts.create_files(store, selection.read_period(store, period), source, edition=edition, ask=ask)
        words = " ".join(filter(None, (kind, period)))
        echo(_("wrote-now-fill-in", path=created.saved[0].path, year=words))
        for note in [*created.notes, *drafts.write_register_schema(store)]:
            echo(note)
        for file in find_unread_of(store, [store.office], ()):
            print_warning(f"{file.message}{_('clause-separator')}{file.fix}")


def _has_terminal() -> bool:
    return bool(sys.stdin and sys.stdin.isatty())


def _ask(fact: "Fact") -> str:
    """Ask for a fact that says what applies, until the answer is one of its values."""
    question = f"{fact.label} ({', '.join(fact.choices)})" if fact.choices else fact.label
    while True:
        answer = str(typer.prompt(question, err=True)).strip()
        if not (why := fact.value_type.find_fault(answer)):
            return answer
        echo(why)
