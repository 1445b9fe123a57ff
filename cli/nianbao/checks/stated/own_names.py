"""The names by which a text calls the office whose report it is."""

from collections.abc import Iterator
from functools import lru_cache

from nianbao.model.report import Report
from nianbao.model.wordings.patterns import WordFinder


@lru_cache(maxsize=8)  # each section of a report asks
def list_own_names(report: Report, author: str) -> tuple[str, ...]:
    """List the names of the office, the longest first: its facts that are the same each time, and the start of them."""
    return tuple(sorted(_list_names(report, author), key=len, reverse=True))


def _list_names(report: Report, author: str) -> set[str]:
    standing = (report.values.get(fact.id) for fact in report.form.facts if fact.standing and fact.type == "text")
    names = {author, *(name for name in standing if isinstance(name, str))} - {""}
    return names | set(_list_starts(names, report.form.text_rules.scope_words))


def _list_starts(names: set[str], scopes: WordFinder) -> Iterator[str]:
    """List the starts of names up to words of another scope: those of the office itself are not meant by them."""
    for name in names:
        yield from (name[: match.end()] for match, _scope in scopes.find(name) if match.start() > 1)
