"""The rules: one file each, found by being here. The file's name is the rule's, its docstring the page.

A page begins with one sentence on what is wrong, then says why it matters and gives a bad and a good
example. A rule file says its usual `LEVEL`, and its `SCOPE` where that is not `facts`; it may have `judge(case)`,
which yields what `case.find` makes: findings with the rule's name and level. A file without one describes what another
part of the program finds: a text that is no TOML, or a relation that a form states.

| scope | a rule of it judges | and is skipped |
|---|---|---|
| `facts` | what the data file says | never |
| `figures` | what may make a figure wrong or late, also of each unit before an office above adds them up | never |
| `texts` | the sections as they are printed | where the templates could not be filled |
| `last_year` | the report against last year's | where there is none that can be read |
| `neighbours` | what the report has in common with other offices | where it was not compared with any |
| `units` | the report against those of the units below | where the register lists none |
| `register` | the office's entry in the register | where it has no folder of its own |

Which editions a rule is for is not its own to say: the forms name the rules of their relations and of their vocabulary.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import islice
from pkgutil import iter_modules

from nianbao.checks import relation
from nianbao.checks.context import SCOPES, CheckContext, Scope
from nianbao.model.finding import Finding, Level, Place, sort_findings
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _

MAX_FINDINGS = 200  # findings of one rule that anyone can use; a file with more is wrong as a whole
_MORE_TEXT = N_("同样的问题不止 {limit} 处，其余没有列出：先改前面的")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, its page, the usual level of its findings, its scope, and its own judge where it has one."""

    name: str
    page: str
    level: Level
    scope: Scope
    function: Callable[[CheckContext], Iterator[Finding]] | None

    def judge(self, context: CheckContext) -> Iterator[Finding]:
        """Find what is wrong under this rule; nothing where the case lacks what it judges."""
        if self.function is None or not context.has_data_for(self.scope):
            return iter(())
        return self.function(context.for_rule(self.name, self.level))

    @property
    def summary(self) -> str:
        """The first line of the page, in the language spoken."""
        return self.localized_page.splitlines()[0]

    @property
    def localized_page(self) -> str:
        """The page in the language spoken; its examples are data, and stay."""
        return "\n\n".join(part if part.startswith(" ") else _(part) for part in self.page.split("\n\n"))


@cache
def list_names() -> tuple[str, ...]:
    """Name every rule that has a page, in alphabetical order."""
    return tuple(sorted(item.name.replace("_", "-") for item in iter_modules(__path__)))


@cache
def load_rule(name: str) -> Rule:
    """Return a rule; raises KeyError for a name that none has, ValueError where its file names an unknown scope."""
    if name not in list_names():
        raise KeyError(name)
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    scope = getattr(module, "SCOPE", "facts")
    if scope not in SCOPES:
        raise ValueError(f"{name}: {scope}")
    return Rule(name, (module.__doc__ or "").strip(), module.LEVEL, scope, getattr(module, "judge", None))


@cache
def list_names_of_scope(scope: Scope) -> tuple[str, ...]:
    """Name the rules of a scope."""
    return tuple(name for name in list_names() if load_rule(name).scope == scope)


def list_unjudged(context: CheckContext) -> frozenset[str]:
    """Name the rules that a case lacks something for."""
    return frozenset(name for scope in SCOPES if not context.has_data_for(scope) for name in list_names_of_scope(scope))


def list_editions(name: str, forms: Iterable[Form]) -> tuple[str, ...]:
    """Name the editions of forms that a rule is for: those that name it; none where it is for all of them."""
    is_named = {form.edition: name in form.rules for form in forms}
    return () if all(is_named.values()) else tuple(edition for edition in sorted(is_named) if is_named[edition])


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule that itself failed: our mistake, said with the rule's name; the other rules still ran."""

    rule: str
    error: str


def judge(context: CheckContext, names: Sequence[str] = ()) -> tuple[list[Finding], list[Crash]]:
    """Judge a report by every rule, or by those chosen and by the form's relations.

    Returns all findings, in the order of the file, and the rules that failed.
    """
    functions = {name: load_rule(name).judge for name in names or list_names()} | {"relation": relation.judge}
    found: list[Finding] = []
    crashes: list[Crash] = []
    for name, function in functions.items():
        try:
            of_rule = list(islice(function(context), MAX_FINDINGS))
            found += of_rule
            if len(of_rule) == MAX_FINDINGS:
                found.append(
                    replace(
                        of_rule[-1],
                        place=Place(context.report.facts.file),
                        message=_(_MORE_TEXT, limit=MAX_FINDINGS),
                        label="",
                        notes=(),
                    )
                )
        except MemoryError:  # it is the file's, and the others would have none either
            raise
        except Exception as error:  # noqa: BLE001  # one rule's mistake must not hide what the others find
            crashes.append(Crash(name, f"{type(error).__name__}: {error}"))
    return sort_findings(found), crashes
