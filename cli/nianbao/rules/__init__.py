"""The rules: one file each, found by being here. The file's name is the rule's, its docstring the page.

A page begins with one sentence on what is wrong, then says why it matters and gives a bad and a good
example. A rule file may have `judge(report)`, which yields findings; a file without one describes
what another part of the road finds (a text that is no TOML, say).
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from nianbao.finding import Finding, ordered
from nianbao.report import Report
from nianbao.rules import relation

Judge = Callable[[Report], Iterator[Finding]]
_SHARED = {"relation"}  # not a rule: judges what a form's relations say, under the names they give


def names() -> list[str]:
    """Name every rule that has a page, in alphabetical order."""
    return sorted(item.name.replace("_", "-") for item in iter_modules(__path__) if item.name not in _SHARED)


def page(rule: str) -> str:
    """Return a rule's page; raises KeyError where no rule has this name."""
    if rule not in names():
        raise KeyError(rule)
    return (_module(rule).__doc__ or "").strip()


def judge(report: Report) -> list[Finding]:
    """Judge a report by every rule; all findings, in the order of the file."""
    judges: list[Judge] = [getattr(_module(rule), "judge", None) or _nothing for rule in names()]
    return ordered([finding for judged in (*judges, relation.judge) for finding in judged(report)])


def _module(rule: str) -> ModuleType:
    return import_module(f"{__name__}.{rule.replace('-', '_')}")


def _nothing(_report: Report) -> Iterator[Finding]:
    return iter(())
