"""`report accept`."""

import re
from typing import Annotated

import typer
from msgspec.structs import replace

from nianbao.cli.command import command
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Root
from nianbao.model.finding import UserError
from nianbao.model.i18n import _

_PLACE = re.compile(r"(?P<report>.+?)[:\uff1a](?P<line>\d+)(?:[:\uff1a](?P<column>\d+))?[:\uff1a]?")


@command(help=_("help-accept"), epilog=_("example-accept"))
def accept(
    place: Annotated[list[str], typer.Argument(help=_("argument-place"), metavar="REPORT:LINE:COLUMN")],
    because: Annotated[str, typer.Option("--because", help=_("option-because"), metavar="TEXT", show_default=False)],
    rule: Annotated[str, typer.Option("--rule", help=_("option-rule"), metavar="RULE", show_default=False)] = "",
    address: Annotated[
        str, typer.Option("--address", help=_("option-address"), metavar="ADDRESS", show_default=False)
    ] = "",
    root: Root = None,
) -> None:
    """Accept a finding with a reason."""
    from nianbao.checks import check
    from nianbao.checks.answers.accepting import Wanted, accept_finding
    from nianbao.cli.output.acceptances import print_acceptance
    from nianbao.workspace import selection

    with report_errors():
        words, line, column = _split_place(place)
        if not (line or rule or address):
            raise UserError(_("no-finding-named"), _("name-line-or-rule"))
        store = selection.open_store(words, root, None, print_warning)
        selected = selection.select(store, words).reports
        if len(selected) != 1:
            raise UserError(_("accept-in-one-report", count=len(selected)), _("name-one-report"))
        report_store, period = selected[0]
        policy = replace(check.load_policy(report_store, (rule,) if rule else ()), select=frozenset())
        wanted = Wanted(line, column, rule, address)
        print_acceptance(accept_finding(report_store, period, wanted, because, policy))


def _split_place(words: list[str]) -> tuple[list[str], int, int]:
    """Split the line and column off the word that has them, as `2024:50:109`; both are 0 where none has."""
    for number, word in enumerate(words):
        if found := _PLACE.fullmatch(word):
            others = [*words[:number], found["report"], *words[number + 1 :]]
            return others, int(found["line"]), int(found["column"] or 0)
    return words, 0, 0
