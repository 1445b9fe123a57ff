"""Mistakes of the author of a kind, each with its place."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from nianbao.model.facts import Facts
from nianbao.model.finding import Place, UserError
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault
from nianbao.model.loading.loader import raise_faults

_PLACED = re.compile(
    r"(?P<file>(?:[A-Za-z]:)?[^:：\n]+?\.\w{1,8})(?::(?P<line>\d+)(?::(?P<column>\d+))?)?[:：] ?(?P<why>.*)", re.DOTALL
)


class Mistake(Struct, frozen=True):
    """A mistake in a file of a kind: where, and what is wrong."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    @property
    def key(self) -> tuple[str, int, int, str]:
        """What mistakes are sorted by, and by which two are the same."""
        return self.place.file, self.place.line, self.place.column, self.message


def sort_mistakes(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Sort mistakes by file and place, each once."""
    return sorted({mistake.key: mistake for mistake in mistakes}.values(), key=lambda mistake: mistake.key)


def split_error(error: UserError, file: Place | str) -> Iterator[Mistake]:
    """Yield the mistakes that an error lists line by line; one that names no place is at `file`, or at its start."""
    fallback = Place(file, 1, 1) if isinstance(file, str) else file
    lines: list[str] = []
    label = _("template-error", at="\0", error="").partition("\0")[0]  # before the name of a template
    for line in error.message.removeprefix(label).split("\n"):
        if lines and not _PLACED.match(line):
            lines[-1] += f"\n{line}"
        else:
            lines.append(line)
    for line in lines:
        if match := _PLACED.fullmatch(line):
            yield Mistake(Place(match["file"], int(match["line"] or 1), int(match["column"] or 1)), match["why"])
        else:
            yield Mistake(fallback, line)


def locate_faults(sources: Sequence[Facts], faults: Sequence[Fault]) -> Iterator[Mistake]:
    """Yield faults of a TOML file, each with its place in it or in one that it is based on."""
    for fault in faults:
        try:
            raise_faults(sources, [fault])
        except UserError as error:
            yield from split_error(error, sources[0].file)


def find_words(file: str, text: str, words: str, line: int = 0) -> Place:
    """Return the place of words in a text, on a line if one is given; where they are not found, that of the line."""
    lines = text.split("\n")
    for number, source in enumerate(lines, 1):
        if words and words in source and line in {0, number}:
            return Place(file, number, source.index(words) + 1, len(words), source)
    source = lines[line - 1] if 0 < line <= len(lines) else lines[0]
    return Place(file, max(1, min(line, len(lines))), len(source) - len(source.lstrip()) + 1, 1, source)
