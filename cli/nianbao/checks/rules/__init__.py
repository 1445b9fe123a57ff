"""The rules: every module of this package is a rule, with the name of the module; its docstring is the page.

A page begins with one sentence about the fault, then gives the reason, a wrong and a right example. A module defines
its usual `LEVEL`, and its `SCOPE` if that is not `facts`. It may have `judge(context)`, which yields findings made by
`context.make_finding`. A module without it describes what another part of the program finds: a text that is not TOML,
or a relation of a form.

| scope | its rules judge | they are skipped |
|---|---|---|
| `facts` | the values of the data file | never |
| `figures` | what makes figures wrong or late; also for each unit, before an office above adds them up | never |
| `texts` | the sections as they are printed | if the templates could not be filled |
| `last_year` | the report, compared with last year's | if there is none that can be read |
| `neighbours` | what the report has in common with other offices | if it was not compared with any |
| `units` | the report, compared with those of its units | if the register lists none |
| `register` | the entry of the office in the register | if the office has no folder of its own |

A rule does not define the editions that it applies to: forms name the rules of their relations and topics. A kind of
document has rules of its own, and adds to the pages of these: see `checks/kind_rules/`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import islice
from pkgutil import iter_modules

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks import relation, topics
from nianbao.checks.context import SCOPES, CheckContext, Scope
from nianbao.model.finding import Finding, Level, Place, sort_findings
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.model.rule_page import translate_page

Judge = Callable[[CheckContext], Iterator[Finding]]
_OF_FORMS: tuple[tuple[str, Scope, Judge], ...] = (  # the findings have the names of rules that forms give
    ("relation", "figures", relation.judge),
    ("topics", "texts", topics.judge),
)
MAX_FINDINGS = 200  # of one rule; a file with more is wrong as a whole
_MORE_TEXT = N_("more-findings-of-rule")


class Rule(Struct, frozen=True):
    """A rule: its name, page, usual level of findings and scope, and the function `judge` of its module, if any."""

    name: str
    page: str
    level: Level
    scope: Scope
    function: Judge | None = None
    translation: str = ""  # of the page, if it is not one of the catalogue

    def judge(self, context: CheckContext) -> Iterator[Finding]:
        """Find the faults of this rule; none if the context lacks the data that it judges."""
        if self.function is None or not context.has_data_for(self.scope):
            return iter(())
        return self.function(context.for_rule(self.name, self.level))

    @property
    def summary(self) -> str:
        """The first line of the page, in the user's language."""
        return self.localized_page.splitlines()[0]

    @property
    def localized_page(self) -> str:
        """The page in the user's language: the docstring, or its translation with the examples of the docstring."""
        if self.translation:
            return self.translation
        key = f"rule-page-{self.name}"
        translation = _(key)
        if translation == key:
            return self.page
        return translate_page(self.page, translation)


@cache
def list_names() -> tuple[str, ...]:
    """List the names of all rules that have a page, in alphabetical order."""
    return tuple(sorted(item.name.replace("_", "-") for item in iter_modules(__path__)))


@cache
def load_rule(name: str) -> Rule:
    """Load a rule; raises KeyError for an unknown name, ValueError if its module has an unknown scope."""
    if name not in list_names():
        raise KeyError(name)
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    scope = getattr(module, "SCOPE", "facts")
    if scope not in SCOPES:
        raise ValueError(f"{name}: {scope}")
    return Rule(name, (module.__doc__ or "").strip(), module.LEVEL, scope, getattr(module, "judge", None))


@cache
def list_names_of_scope(scope: Scope) -> tuple[str, ...]:
    """List the names of the rules of a scope."""
    return tuple(name for name in list_names() if load_rule(name).scope == scope)


def list_unjudged(context: CheckContext) -> frozenset[str]:
    """List the names of the rules for which the context lacks data."""
    unjudged = frozenset(context.report.form.text_rules.rules if not context.has_data_for("texts") else ())
    return unjudged.union(*(list_names_of_scope(scope) for scope in SCOPES if not context.has_data_for(scope)))


def list_editions(name: str, forms: Iterable[Form]) -> tuple[str, ...]:
    """List the editions whose forms name a rule; an empty tuple if all of them do."""
    is_named = {form.edition: name in form.rules for form in forms}
    return () if all(is_named.values()) else tuple(edition for edition in sorted(is_named) if is_named[edition])


class Crash(Struct, frozen=True):
    """An exception in a rule, which is a bug; the other rules still ran."""

    rule: str
    error: str


@cache
def list_functions(scope: Scope | None) -> Mapping[str, Judge]:
    """List the functions of the rules of a scope, by default of all, by the names of the rules."""
    names = list_names_of_scope(scope) if scope else list_names()
    functions: dict[str, Judge] = {name: load_rule(name).judge for name in names}
    return functions | {name: function for name, own, function in _OF_FORMS if scope in {None, own}}


def judge(context: CheckContext, scope: Scope | None = None) -> tuple[list[Finding], list[Crash]]:
    """Judge a report by every rule, and by the relations and topics of the form; with `scope` by those of a scope.

    Returns all findings, in the order of the file, and the crashes of rules.
    """
    found: list[Finding] = []
    crashes: list[Crash] = []
    for name, function in list_functions(scope).items():
        try:
            of_rule = list(islice(function(context), MAX_FINDINGS))
            found += of_rule
            if len(of_rule) == MAX_FINDINGS:
                place, message = Place(context.report.facts.file), _(_MORE_TEXT, limit=MAX_FINDINGS)
                found.append(replace(of_rule[-1], place=place, message=message, label="", notes=()))
        except MemoryError:  # caused by the file; other rules would have no memory either
            raise
        except Exception as error:  # noqa: BLE001  # a bug in a rule must not hide the findings of others
            crashes.append(Crash(name, f"{type(error).__name__}: {error}"))
    return sort_findings(found), crashes
