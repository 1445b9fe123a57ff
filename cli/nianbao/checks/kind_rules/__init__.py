"""The rules of a kind of document: the general ones, and those of its folder `rules/`.

Forms name the rules of their relations and topics; a file `rules/NAME.md` has the level and the page of such a rule. A
file with the name of a general rule is a page for that rule: without examples it is added to the general page, with
examples it replaces it.
"""

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from nianbao.checks import rules
from nianbao.checks.rules import Rule
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _, get_language, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.rule_page import add_paragraphs, translate_page
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.kinds.rule_files import RuleFile
from nianbao.workspace.store import Store

if TYPE_CHECKING:
    from nianbao.checks.context import Scope


def list_names(kind: KindFolder) -> tuple[str, ...]:
    """List the names of all rules that have a page, in alphabetical order."""
    return _merge_names(tuple(kind.rules))


@cache
def _merge_names(own: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*rules.list_names(), *own}))


def find_kind(store: Store, rule: str = "", kind: str = "") -> KindFolder:
    """Find the kind that has a rule: the one of a name, else that of the folder, else any other.

    Raises `UserError` if there is no such kind, or none that has the rule.
    """
    first = store.find_kind(kind) if kind else store.kind
    if not rule or rule in list_names(first):
        return first
    for other in store.list_kinds() if not kind else ():
        with suppress(UserError):  # its files matter to those who use it
            if rule in store.find_kind(other).rules:
                return store.find_kind(other)
    raise UserError(_("no-such-rule", rule=rule) + suggest(rule, list_names(first)), _("list-all-rules"))


def load_rule(kind: KindFolder, name: str) -> Rule:
    """Load a rule with its page; raises KeyError for an unknown name, `UserError` for a faulty file."""
    file = kind.rules.get(name)
    if name in rules.list_names():
        return _add_page(rules.load_rule(name), file) if file else rules.load_rule(name)
    if file is None:
        raise KeyError(name)
    _check_file(kind, file)
    is_of_texts = any(name in form.text_rules.rules for form in kind.forms())
    scope: Scope = "texts" if is_of_texts else "facts"
    return Rule(name, file.page, file.level or "error", scope, translation=_translate(file) or file.page)


def list_example_editions(kind: KindFolder, name: str) -> tuple[str, ...]:
    """List the editions that the examples of a rule of the kind are for."""
    file = kind.rules[name]
    return file.editions or tuple(form.edition for form in kind.forms() if name in form.rules)


def mark_pages(findings: list[Finding], kind: KindFolder) -> list[Finding]:
    """Mark the findings whose rules have a page of the kind."""
    return [replace(one, has_page=True) if one.rule in kind.rules else one for one in findings]


def _translate(file: RuleFile) -> str:
    translation = file.translations.get(get_language())
    return translate_page(file.page, translation) if translation else ""


def _add_page(rule: Rule, file: RuleFile) -> Rule:
    """Return a general rule with the page of the kind: in the place of its own, or added to it."""
    if file.level:
        file.raise_fault(_("general-rule-has-level", rule=rule.name))
    if file.examples:
        return replace(rule, page=file.page, translation=_translate(file) or file.page)
    added = file.translations.get(get_language(), file.page)
    return replace(
        rule, page=add_paragraphs(rule.page, file.page), translation=add_paragraphs(rule.localized_page, added)
    )


def _check_file(kind: KindFolder, file: RuleFile) -> None:
    """Raise `UserError` for a rule that no form names, or that lacks examples or editions."""
    forms = {form.edition: form for form in kind.forms()}
    named = [edition for edition, form in forms.items() if file.name in form.rules]
    if not named:
        known = {name for form in forms.values() for name in form.rules} - {*kind.rules}
        file.raise_fault(_("rule-of-no-edition", rule=file.name) + suggest(file.name, sorted(known)))
    for edition in file.editions:
        if edition not in forms:
            file.raise_fault(_("no-such-edition", name=edition) + suggest(edition, sorted(forms)))
        if edition not in named:
            file.raise_fault(_("edition-without-rule", edition=edition, known=join_words(named)))
    if not file.examples:
        file.raise_fault(_("rule-needs-two-examples", count=0), file.last_line)
