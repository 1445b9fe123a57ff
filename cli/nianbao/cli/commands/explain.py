"""`report explain`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_kind, complete_rules
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.terminal import echo, print_page
from nianbao.model.i18n import _, join_words


@command(help=_("help-explain"), epilog=_("example-explain"))
def explain(
    rule: Annotated[
        str, typer.Argument(help=_("argument-rule"), autocompletion=complete_rules, metavar="RULE", show_default=False)
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help=_("option-kind-of-rules"), autocompletion=complete_kind, metavar="KIND", show_default=False
        ),
    ] = "",
) -> None:
    """Print the page of a rule, or the list of all rules of a kind, with the editions of its forms that use each."""
    from nianbao.checks import kind_rules, rules
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(None))
        if error := store.skip_untrusted():
            print_warning(_("shipped-templates-used", why=error.message))
        folder = kind_rules.find_kind(store, rule, kind)
        forms = folder.forms()
        names = [rule] if rule else kind_rules.list_names(folder)
        width = max(map(len, names))
        for name in names:
            known = kind_rules.load_rule(folder, name)
            editions = rules.list_editions(name, forms)
            where = _("editions-in-brackets", editions=join_words(editions)) if editions else ""
            if rule:
                print_page(f"{known.name} ({known.level}){where}\n\n{known.localized_page}")
            else:
                echo(f"{known.name:{width}} {known.level:7} {known.summary}{where}", hang=width + 9)
