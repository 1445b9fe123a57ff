"""Check the Markdown that templates of a kind hold: divisions, code, notes, and the head of the page."""

import re
from collections.abc import Iterator, Sequence

from nianbao.kinds.mistakes import Mistake, find_words
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import find_nearest, suggest
from nianbao.workspace.kinds import KindFolder

# What pages may mark with a division; formats of an author may know others.
DIVISIONS = ("contents", "landscape", "pagebreak", "signature", "redhead", "addressee", "attachments", "colophon")
HEAD = ("title", "titlelines", "author", "cover")
_DIVISION = re.compile(r"^[ \t]*:{3,}[ \t]*([A-Za-z][\w-]*)[ \t:]*$")
_ATTRIBUTES = re.compile(r"^[ \t]*:{3,}[ \t]*\{(?!\{)[^}]*$")
_CODE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})")
_NOTE = re.compile(r"\[\^([^\]\s{}]+)\](:?)")
_KEY = re.compile(r"^([A-Za-z][\w-]*):")
_HEADING = re.compile(r"\b\w+\.heading\b")

_ONLY_BLOCK = re.compile(r"\s*(?:\{%.*%\}|\{#.*#\})\s*$")
_ROW = re.compile(r"\|.*\|$")
_DELIMITERS = re.compile(r"\s*\|?[ :|-]*-[ :|-]*$")


def check_markup(kind: KindFolder) -> Iterator[Mistake]:
    """Find what pandoc takes for plain text, or in another way than it was meant."""
    files = {name: (top.display(path), top.read_text(path)) for name, (top, path) in kind.find_files("**/*.j2").items()}
    defined = {match[1] for _file, text in files.values() for match in _NOTE.finditer(text) if match[2]}
    for name, (file, text) in files.items():
        lines = text.split("\n")
        opened = 0
        for number, line in enumerate(lines, 1):
            if _CODE.match(line):
                opened = 0 if opened else number
            elif not opened:
                yield from _check_line(file, text, number, line, defined)
        if opened:
            yield Mistake(find_words(file, text, "", opened), _("code-not-closed"))
        for number in _find_stray_rows(lines):
            yield Mistake(find_words(file, text, "|", number), _("row-after-blank-line"))
        if "/" not in name:
            yield from _check_head(file, text, lines)


def _find_stray_rows(lines: Sequence[str]) -> Iterator[int]:
    """Find rows of a table after a blank line, by the number of the line: they are no head of a table of their own.

    Lines that hold only `{% … %}` leave nothing on the page. A text that is only rows is included in another one.
    """
    printed = [(number, line.strip()) for number, line in enumerate(lines, 1) if not _ONLY_BLOCK.match(line)]
    for (_at, before), (number, line), (_next, after) in zip(
        printed, printed[1:], [*printed[2:], (0, "")], strict=False
    ):
        if not before and _ROW.match(line) and not _DELIMITERS.match(after) and any(map(_DELIMITERS.match, lines)):
            yield number


def _check_line(file: str, text: str, number: int, line: str, defined: set[str]) -> Iterator[Mistake]:
    if (match := _DIVISION.match(line)) and match[1] not in DIVISIONS and (near := find_nearest(match[1], DIVISIONS)):
        why = _("no-such-division", name=match[1]) + _("did-you-mean", near=near)
        yield Mistake(find_words(file, text, match[1], number), why)
    if _ATTRIBUTES.match(line):
        yield Mistake(find_words(file, text, "{", number), _("attributes-not-closed"))
    for match in _NOTE.finditer(line):
        if not match[2] and match[1] not in defined:
            yield Mistake(find_words(file, text, match[0], number), _("no-such-note", name=match[0]))


def _check_head(file: str, text: str, lines: list[str]) -> Iterator[Mistake]:
    """Find keys in the head of a page that are nearly, but not quite, those that every format knows."""
    if lines[0].strip() != "---":
        return
    for number, line in enumerate(lines[1:], 2):
        if line.strip() in {"---", "..."}:
            return
        match = _KEY.match(line)
        if match and match[1] not in HEAD and (near := suggest(match[1], HEAD)):
            yield Mistake(find_words(file, text, match[1], number), _("unknown-key", key=match[1]) + near)


def check_headings(file: str, template: str, page: str, headings: list[str]) -> Iterator[Mistake]:
    """Find headings of sections that a page prints never or more than once; `headings` are as they are printed."""
    lines = [line.strip().lstrip("#").strip() for line in page.split("\n")]
    places = [number for number, line in enumerate(template.split("\n"), 1) for _match in _HEADING.finditer(line)]
    loop = next((number for number, line in enumerate(template.split("\n"), 1) if "sections" in line), 1)
    for heading in dict.fromkeys(filter(None, headings)):
        count = lines.count(heading)
        if heading not in page:
            yield Mistake(find_words(file, template, "", places[0] if places else loop), _("heading-never-printed"))
            return
        if count > headings.count(heading):
            yield Mistake(find_words(file, template, "", places[-1] if places else loop), _("heading-printed-twice"))
            return
