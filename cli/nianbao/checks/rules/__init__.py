"""The rules: one file each, found by being here. The file's name is the rule's, its docstring the page.

A page begins with one sentence on what is wrong, then says why it matters and gives a bad and a good
example. A rule file says its usual `LEVEL` and, where it is not for every form, its `EDITIONS`; it may
have `judge(case)`, which yields findings. A file without one describes what another part of the road
finds: a text that is no TOML, or a relation that a form states.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import islice
from pkgutil import iter_modules

from nianbao.checks.context import Case
from nianbao.model.finding import Finding, Level, Place, ordered
from nianbao.model.i18n import N_, _

MANY = 200  # findings of one rule that anyone can use; a file with more is wrong as a whole
_MORE = N_("同样的问题不止 {limit} 处，其余没有列出：先改前面的")
_SHARED = {"relation", "wording"}  # no rules themselves, but what several rules judge by


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, its page, the level of its findings, the editions it is for (none: all)."""

    name: str
    page: str
    level: Level
    editions: tuple[str, ...]
    judge: Callable[[Case], Iterator[Finding]]

    @property
    def summary(self) -> str:
        """The first line of the page, in the language spoken."""
        return self.said.splitlines()[0]

    @property
    def said(self) -> str:
        """The page in the language spoken; its examples are data, and stay."""
        return "\n\n".join(part if part.startswith(" ") else _(part) for part in self.page.split("\n\n"))


@cache
def names() -> tuple[str, ...]:
    """Name every rule that has a page, in alphabetical order."""
    return tuple(sorted(item.name.replace("_", "-") for item in iter_modules(__path__) if item.name not in _SHARED))


@cache
def rule(name: str) -> Rule:
    """Return a rule; raises KeyError where none has this name."""
    if name not in names():
        raise KeyError(name)
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    page = (module.__doc__ or "").strip()
    return Rule(name, page, module.LEVEL, getattr(module, "EDITIONS", ()), getattr(module, "judge", _nothing))


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule that itself failed: our mistake, said with the rule's name; the other rules still ran."""

    rule: str
    why: str


def judge(case: Case, chosen: Sequence[str] = ()) -> tuple[list[Finding], list[Crash]]:
    """Judge a report by every rule, or by those chosen and by the form's relations.

    Returns all findings, in the order of the file, and the rules that failed.
    """
    from nianbao.checks.rules import relation  # noqa: PLC0415  # it needs this package to be there

    judges = {name: rule(name).judge for name in chosen or names()} | {"relation": relation.judge}
    found: list[Finding] = []
    crashes: list[Crash] = []
    for name, judged in judges.items():
        try:
            told = list(islice(judged(case), MANY))
            found += told
            if len(told) == MANY:
                found.append(
                    replace(
                        told[-1], place=Place(case.report.facts.file), message=_(_MORE, limit=MANY), label="", notes=()
                    )
                )
        except MemoryError:  # it is the file's, and the others would have none either
            raise
        except Exception as error:  # noqa: BLE001  # one rule's mistake must not hide what the others find
            crashes.append(Crash(name, f"{type(error).__name__}: {error}"))
    return ordered(found), crashes


def _nothing(_case: Case) -> Iterator[Finding]:
    return iter(())
