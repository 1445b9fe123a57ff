"""Marks around the values that placeholders print: by them the page shows from which address each comes.

A mark is a character of the private use area, which passes through templates, Markdown and pandoc as a letter does.
Only previews have marks: what is judged and what is published is composed without them.
"""

import re
from collections.abc import Collection
from html import escape

from msgspec.structs import replace

from nianbao.compose.templating import LoadTemplate
from nianbao.model.form import OWN_FACTS
from nianbao.model.report import Report

_START, _END, _FIRST, _LAST = "\ue000", "\ue001", 0xE100, 0xF8FF
_PLACEHOLDER = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}")
_VALUE = f"{_START}([{chr(_FIRST)}-{chr(_LAST)}])([^<{_START}{_END}]*){_END}"
_TAG_OR_VALUE = re.compile(rf"<[^>]*>|{_VALUE}")
_MARK_CHARACTERS = re.compile(f"[{_START}{_END}]|(?<={_START})[{chr(_FIRST)}-{chr(_LAST)}]")


class FigureMarks:
    """The marks of the values that a form's templates and prose print; they stay the same from one page to the next."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._known = addresses
        self._addresses: list[str] = []

    def mark_loader(self, load: LoadTemplate) -> LoadTemplate:
        """Return a function that loads templates with a mark around each placeholder that is an address and no more."""

        def load_marked(name: str) -> tuple[str, str]:
            text, path = load(name)
            return self._mark(text), path

        return load_marked

    def mark_report(self, report: Report) -> Report:
        """Return a report with marks around the placeholders of its prose."""
        prose = report.facts.tree.get("prose")
        if not isinstance(prose, dict):
            return report
        marked = {key: self._mark(text) if isinstance(text, str) else text for key, text in prose.items()}
        return replace(report, facts=replace(report.facts, tree=report.facts.tree | {"prose": marked}))

    def replace_marks(self, html: str) -> str:
        """Replace the marks of a web page by elements with the address as `data-address`."""
        return _TAG_OR_VALUE.sub(self._replace, html)

    def _replace(self, match: re.Match[str]) -> str:
        if match[1] is None:  # a tag, whose attributes hold no elements
            return _MARK_CHARACTERS.sub("", match[0])
        address = self._addresses[ord(match[1]) - _FIRST]
        return f'<span data-address="{escape(address)}">{match[2]}</span>'

    def _mark(self, text: str) -> str:
        return _PLACEHOLDER.sub(self._mark_placeholder, text)

    def _mark_placeholder(self, match: re.Match[str]) -> str:
        address = match[1]
        if address not in self._known and not address.startswith(f"{OWN_FACTS}."):
            return match[0]
        if address not in self._addresses:
            self._addresses.append(address)
        number = _FIRST + self._addresses.index(address)
        return f"{_START}{chr(number)}{match[0]}{_END}" if number <= _LAST else match[0]
