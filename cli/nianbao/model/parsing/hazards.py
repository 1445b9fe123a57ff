"""What must not be parsed: conflict markers, and nesting too deep for the parser."""

import re

from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _

DEPTH_LIMIT = 64  # the parser is recursive; no form is nested half as deep
_KEY = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DOTTED = re.compile(rf"(?<![\w\"'-])(?:{_KEY}[ \t]*+\.[ \t]*+){{{DEPTH_LIMIT}}}")
_CONFLICT_MARKERS = ("<<<<<<<", ">>>>>>>", "|||||||")
_CONFLICT = re.compile(r"^(?:<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)(?: .*)?$", re.MULTILINE)


def find_hazard(text: str, file: str) -> Finding | None:
    """Find what must not be parsed."""
    if any(marker in text for marker in _CONFLICT_MARKERS) and (match := _CONFLICT.search(text)):
        line = text.count("\n", 0, match.start()) + 1
        message, fix = _("merge-conflict-markers"), _("choose-version-of-conflict")
        return Finding("conflict-markers", "error", _find_line(text, file, line), message, fix=fix)
    line = _find_too_deep_line(text)
    if line:
        message = _("nested-too-deep", limit=DEPTH_LIMIT)
        return Finding("broken-toml", "error", _find_line(text, file, line), message)
    return None


def _find_line(text: str, file: str, line: int) -> Place:
    """Return the place of a whole line, without the blanks at its start."""
    source = text.split("\n")[line - 1].rstrip("\r")
    start = len(source) - len(source.lstrip())
    return Place(file, line, start + 1, max(1, len(source) - start), source)


def _find_too_deep_line(text: str) -> int:
    """Return the number of the line where brackets or dotted keys are nested too deep for the parser, or 0."""
    if text.count(".") >= DEPTH_LIMIT:
        for number, line in enumerate(text.split("\n"), 1):
            if line.count(".") >= DEPTH_LIMIT and _DOTTED.search(line):
                return number
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return 0
    level = 0
    for match in re.finditer(r"[\[{\]}]", text):
        level = level + 1 if match[0] in "[{" else max(0, level - 1)
        if level > DEPTH_LIMIT:
            return text.count("\n", 0, match.start()) + 1
    return 0
