"""Check the rules of a kind: each has a page and is named by a form, and its two examples show what it finds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from nianbao.checks import rules
from nianbao.checks.check import judge_report
from nianbao.checks.policy import Policy
from nianbao.kinds.mistakes import Mistake, find_words, locate_faults, split_error
from nianbao.kinds.samples import fill_sample, make_value
from nianbao.model.facts import Facts, Tree, parse
from nianbao.model.finding import LEVELS, Finding, Place, UserError
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.model.report import Report, fill_form
from nianbao.workspace.files import parse_toml
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store

FENCE = "+++"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_EXAMPLES = 2  # a wrong one and a right one
_DATA_FILE = re.compile(r"^# data/", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RulePage:
    """The page of a rule of a kind: its file and text, the head, and its examples with the line of each."""

    name: str
    file: str
    text: str
    head: Facts
    examples: tuple[tuple[int, str], ...]


def check_rules(store: Store, kind: KindFolder, forms: list[Form], *, run: bool) -> Iterator[Mistake]:
    """Check the rule files of a kind, and that every rule that a form names has a page; `run` their examples too."""
    named = {rule for form in forms for rule in form.rules}
    pages: dict[str, RulePage] = {}
    known = {*rules.list_names()}
    for name, (top, path) in kind.find_files("rules/*").items():
        file, rule = top.display(path), path.name.split(".")[0]
        if path.suffix != ".md" or not _NAME.fullmatch(rule):
            yield Mistake(Place(file, 1, 1), _("rule-name-should-be", name=name))
        elif path.name == f"{rule}.md":  # else it is a translation
            known.add(rule)
            try:
                pages[rule] = _read_page(rule, file, top.read_text(path))
            except UserError as error:
                yield from split_error(error, file)
    for page in pages.values():
        if forms and page.name not in named:
            why = _("rule-of-no-form", rule=page.name) + suggest(page.name, sorted(named - pages.keys()))
            yield Mistake(Place(page.file, 1, 1), why)
            continue
        yield from _check_head(page, forms)
        if run:
            yield from _run_examples(store, page, forms)
    for form in forms:
        yield from locate_faults(kind.read_edition_files(form.edition), list(_find_rules_without_page(form, known)))


def _find_rules_without_page(form: Form, known: set[str]) -> Iterator[Fault]:
    for number, table in enumerate(form.tables):
        for position, relation in enumerate(form.relations.get(table.id, ())):
            if relation.rule not in known:
                why = _("rule-without-page", rule=relation.rule) + suggest(relation.rule, sorted(known))
                yield Fault(("tables", number, "relations", position, "rule"), why)
    for number, expected in enumerate(form.text_rules.expected):
        if expected.rule not in known:
            why = _("rule-without-page", rule=expected.rule) + suggest(expected.rule, sorted(known))
            yield Fault(("vocabulary", "expected", number, "rule"), why)


def _read_page(rule: str, file: str, text: str) -> RulePage:
    """Read a page; raises `UserError` with the place of the fault."""
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == FENCE), 0)
    if lines[0].rstrip() != FENCE or not end:
        raise UserError(f"{file}:1:1: {_('rule-page-needs-head')}")
    head = parse_toml("\n".join(["", *lines[1:end]]), file)
    if not any(line.strip() for line in lines[end + 1 :]):
        raise UserError(f"{file}:{end + 1}:1: {_('rule-page-without-words')}")
    examples: list[tuple[int, list[str]]] = []
    is_open = False  # a blank line does not end an example
    for number, line in enumerate(lines[end + 1 :], end + 2):
        if line.startswith("    "):
            if not is_open:
                examples.append((number, []))
            examples[-1][1].append(line)
            is_open = True
        elif line.strip():
            is_open = False
        elif is_open:
            examples[-1][1].append("")
    if len(examples) != _EXAMPLES:
        raise UserError(f"{file}:{len(lines)}:1: {_('rule-page-needs-examples', count=len(examples))}")
    return RulePage(rule, file, text, head, tuple((line, dedent("\n".join(part)) + "\n") for line, part in examples))


def _check_head(page: RulePage, forms: list[Form]) -> Iterator[Mistake]:
    known = ("level", "editions", "relation", "expected")
    editions = [form.edition for form in forms]
    for key, value in page.head.tree.items():
        if key not in known:
            yield Mistake(page.head.find_key((key,)), _("unknown-key", key=key) + suggest(key, known))
        elif key == "level" and value not in LEVELS:
            yield Mistake(page.head.find_place((key,)), _("no-such-level", level=value) + suggest(value, LEVELS))
        elif key == "editions" and forms:
            for number, name in enumerate(value if isinstance(value, list) else [value]):
                if name not in editions:
                    why = _("no-such-edition", name=name) + suggest(name, editions)
                    yield Mistake(page.head.find_place((key, number)), why)


def _run_examples(store: Store, page: RulePage, forms: list[Form]) -> Iterator[Mistake]:
    """Judge both examples by each edition that names the rule: the wrong one must be found, the right one must not."""
    chosen = page.head.tree.get("editions")
    for form in forms:
        if page.name not in form.rules or (isinstance(chosen, list) and form.edition not in chosen):
            continue
        for (line, text), is_wrong in zip(page.examples, (True, False), strict=True):
            found = _judge(store, form, page, line, text)
            if isinstance(found, Mistake):
                yield found
            elif found != is_wrong:
                key = N_("wrong-example-not-found") if is_wrong else N_("right-example-found")
                yield Mistake(find_words(page.file, page.text, "", line), _(key, rule=page.name, edition=form.edition))


def _judge(store: Store, form: Form, page: RulePage, line: int, text: str) -> bool | Mistake:
    """Return whether the rule of the page finds something in an example; a mistake where it cannot be judged.

    An example may have two data files, the first of the period before; each begins with a comment `# data/…`.
    """
    report: Report | None = None
    for start, part in _split_files(text):
        facts = parse(part, page.file)
        if isinstance(facts, Finding):
            at = line + start + max(0, facts.place.line - 1)
            return Mistake(find_words(page.file, page.text, "", at), facts.message)
        required = {fact.id: make_value(form, fact.id) for fact in form.facts if fact.required}
        tree = _merge(fill_sample(form, required).facts.tree, facts.tree)
        report = fill_form(form, Facts(page.file, part, tree), report)
        for entry in report.entries:
            if not entry.known or entry.fault:
                place = facts.find_place(entry.address)
                why = entry.fault or describe_unknown(form, entry.address)
                words = entry.address.rpartition(".")[2]
                return Mistake(find_words(page.file, page.text, words, line + start + max(0, place.line - 1)), why)
    if report is None:
        return False
    found = judge_report(store, report, Policy(select=frozenset({page.name}))).findings
    return any(finding.rule == page.name for finding in found)


def _split_files(text: str) -> list[tuple[int, str]]:
    """Split an example at the comments that name data files; yield the number of lines before each part."""
    starts = [match.start() for match in _DATA_FILE.finditer(text)] or [0]
    ends = [*starts[1:], len(text)]
    return [(text.count("\n", 0, start), text[start:end]) for start, end in zip(starts, ends, strict=True)]


def _merge(tree: Tree, more: Tree) -> Tree:
    """Return a tree with the values of another one in the place of its own."""
    merged = dict(tree)
    for key, value in more.items():
        own = merged.get(key)
        merged[key] = _merge(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return merged


def describe_unknown(form: Form, address: str) -> str:
    """Say that a form has no such address, and which one is nearest."""
    return _("no-such-address", path=address) + suggest(address, [*form.groups, *form.value_types])


def read_summary(kind: KindFolder, rule: str) -> str:
    """Return the first line of the page that a kind has for a rule; an empty text where it has none."""
    found = kind.find_files(f"rules/{rule}.md").values()
    for top, path in found:
        page = top.read_text(path).partition(f"\n{FENCE}\n")[2]
        return next((line.strip() for line in page.split("\n") if line.strip()), "")
    return ""
