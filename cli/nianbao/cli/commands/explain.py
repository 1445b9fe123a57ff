"""`report explain`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.terminal import echo, print_text
from nianbao.model.finding import Stop
from nianbao.model.i18n import _, series


@command(
    help=_("说明一条规则：错在哪里，为什么要紧，怎样才对。"),
    epilog=_("例：report explain　·　report explain broken-balance"),
)
def explain(rule: Annotated[str, typer.Argument(help=_("规则名；不写就列出全部"), show_default=False)] = "") -> None:
    """Print the page of a rule, or the list of all rules."""
    from nianbao.checks import rules

    with report_errors():
        if not rule:
            for known in map(rules.rule, rules.names()):
                where = _("（{editions} 版）", editions=series(known.editions)) if known.editions else ""
                echo(f"{known.name:24} {known.level:8} {known.summary}{where}")
            return
        try:
            known = rules.rule(rule)
            print_text(f"{known.name} ({known.level})\n\n{known.said}")
        except KeyError:
            raise Stop(_("没有规则 {rule}", rule=rule), _("运行 report explain 看全部规则")) from None
