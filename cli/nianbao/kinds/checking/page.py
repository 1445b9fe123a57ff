"""Check a page that the templates of a kind have given: its sections and fenced divisions."""

import re
from collections.abc import Iterator, Mapping

from nianbao.kinds.mistakes import Mistake, find_words
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.workspace.kinds import KindFolder

_BODY = re.compile(r"\b\w+\.body\b")
_FENCE = re.compile(r"^:{3,}[ \t]*(.*?)[ \t]*$")
_CLOSING = re.compile(r"^[ \t:]*$")


def check_page(kind: KindFolder, form: Form, text: str, marked: str, marks: Mapping[str, str]) -> Iterator[Mistake]:
    """Check the text of a page; `marked` is the same with a mark for each section, of which `marks` has the words."""
    template, file = kind.template(form.template)
    yield from _check_bodies(form, marked, marks, file, template)
    line = find_unbalanced(text.split("\n"))
    if line is not None:
        yield _locate_fence(kind, form)


def _check_bodies(form: Form, marked: str, marks: Mapping[str, str], file: str, template: str) -> Iterator[Mistake]:
    """Find sections that are printed never or more than once."""
    lines = template.split("\n")
    bodies = [number for number, line in enumerate(lines, 1) for _match in _BODY.finditer(line)]
    counts = {section.id: marked.count(marks[section.id]) for section in form.sections}
    missing = [id_ for id_, count in counts.items() if not count]
    twice = [id_ for id_, count in counts.items() if count > 1]
    if missing:
        loop = next((number for number, line in enumerate(lines, 1) if "sections" in line), 1)
        at = bodies[0] if bodies else loop
        yield Mistake(find_words(file, template, "", at), _("section-never-printed", section=missing[0]))
    if twice:
        at = bodies[1] if len(bodies) > 1 else bodies[0] if bodies else 1
        yield Mistake(find_words(file, template, "", at), _("section-printed-twice", section=twice[0]))


def find_unbalanced(lines: list[str]) -> int | None:
    """Return the number of the line, from 1, of a fenced division that is not closed, or closes none; else None."""
    opened: list[int] = []
    for number, line in enumerate(lines, 1):
        match = _FENCE.match(line.strip())
        if not match:
            continue
        if not _CLOSING.match(match[1]):
            opened.append(number)
        elif opened:
            opened.pop()
        else:
            return number
    return opened[-1] if opened else None


def _locate_fence(kind: KindFolder, form: Form) -> Mistake:
    """Find the line of a template that opens a division which is not closed: on its own, each should be balanced."""
    names = dict.fromkeys([form.template, *(section.text for section in form.sections if section.text)])
    for name in (*names, *kind.find_files("**/*.j2")):
        text, file = kind.template(name)
        line = find_unbalanced(text.split("\n"))
        if line is not None:
            return Mistake(find_words(file, text, "", line), _("division-not-balanced"))
    text, file = kind.template(form.template)
    line = next((number for number, one in enumerate(text.split("\n"), 1) if ":::" in one), 1)
    return Mistake(find_words(file, text, "", line), _("division-not-balanced"))
