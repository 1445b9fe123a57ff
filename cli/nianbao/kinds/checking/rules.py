"""Check the rules of a kind: each has a page and is named by a form, and its two examples show what it finds."""

from collections.abc import Iterator, Sequence

from nianbao.checks import kind_rules, rules
from nianbao.checks.kind_rules.examples import find_rule_faults
from nianbao.kinds.mistakes import Mistake, locate_faults, split_error
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.workspace.kinds import KindFolder


def check_rules(kind: KindFolder, forms: Sequence[Form], *, run: bool) -> Iterator[Mistake]:
    """Check the rule files of a kind, and that every rule that a form names has a page; `run` their examples too."""
    try:
        files = kind.rules
    except UserError as error:
        yield from split_error(error, kind.name)
        return
    for name, file in files.items() if forms else ():
        try:
            kind_rules.load_rule(kind, name)
            faults = list(find_rule_faults(kind, name)) if run else []
        except UserError as error:
            yield from split_error(error, file.file)
            continue
        yield from (Mistake(place, fault.message) for place, fault in faults)
    known = sorted({*files, *rules.list_names()})
    for form in forms:
        yield from locate_faults(kind.read_edition_files(form.edition), list(_find_rules_without_page(form, known)))


def _find_rules_without_page(form: Form, known: Sequence[str]) -> Iterator[Fault]:
    places: dict[str, Keys] = {table.id: ("tables", number) for number, table in enumerate(form.tables)}
    for table, keys in {**places, "": ()}.items():
        for position, relation in enumerate(form.relations.get(table, ())):
            if relation.rule not in known:
                yield Fault((*keys, "relations", position, "rule"), _describe_missing(relation.rule, known))
    for name in ("expected", "pairs"):
        for number, topic in enumerate(getattr(form.text_rules, name)):
            if topic.rule not in known:
                yield Fault(("vocabulary", name, number, "rule"), _describe_missing(topic.rule, known))


def _describe_missing(rule: str, known: Sequence[str]) -> str:
    return _("rule-without-page", rule=rule) + suggest(rule, known)
