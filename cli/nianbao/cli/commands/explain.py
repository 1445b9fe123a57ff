"""`report explain`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.terminal import echo, print_text
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words


@command(help=_("help-explain"), epilog=_("example-explain"))
def explain(rule: Annotated[str, typer.Argument(help=_("argument-rule"), show_default=False)] = "") -> None:
    """Print the page of a rule, or the list of all rules, with the editions of the folder's forms that use each."""
    from nianbao.checks import rules
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        if rule and rule not in rules.list_names():
            raise UserError(_("no-such-rule", rule=rule), _("list-all-rules"))
        store = Store(find_root(None))
        if error := store.skip_untrusted():
            print_warning(_("shipped-templates-used", why=error.message))
        forms = store.kind.forms()
        for known in map(rules.load_rule, [rule] if rule else rules.list_names()):
            editions = rules.list_editions(known.name, forms)
            where = _("editions-in-brackets", editions=join_words(editions)) if editions else ""
            if rule:
                print_text(f"{known.name} ({known.level}){where}\n\n{known.localized_page}")
            else:
                echo(f"{known.name:24} {known.level:8} {known.summary}{where}")
