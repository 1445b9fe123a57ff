"""Where a published file departs from the template of its set: each is declared, whether it could be read or not."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from nianbao.model.i18n import _, join_words

_EXAMPLES = 3  # texts that a line names
_LONGEST = 60  # characters of a text
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Deviation(Struct, frozen=True):
    """One cell, row or file that is not as the template has it.

    `what` is the key of its message. `row` counts from 1, the head, and is 0 for a whole file; `column` counts from 0,
    and is None for a whole row. `printed` is what the file says, `read` what was understood; `lost` says that it is not
    in the data file.
    """

    part: str
    what: str
    row: int = 0
    column: int | None = None
    printed: str = ""
    read: str = ""
    lost: bool = False


def name_column(position: int) -> str:
    """Return the letters by which spreadsheets name a column, which is counted from 0."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def join_rows(rows: Iterable[int]) -> str:
    """Write the numbers of rows, those that follow each other as a range: 4–6, 9."""
    ranges: list[list[int]] = []
    for row in sorted(set(rows)):
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    return join_words(str(first) if first == last else f"{first}–{last}" for first, last in ranges)


def describe_deviations(deviations: Iterable[Deviation]) -> Iterator[str]:
    """Describe deviations for people: those of one kind in one column of one file on one line, with all their rows."""
    groups: dict[tuple[str, str, int | None], list[Deviation]] = {}
    for one in deviations:
        groups.setdefault((one.part, one.what, one.column), []).append(one)
    for (part, what, column), group in groups.items():
        place = part
        if rows := join_rows(one.row for one in group if one.row):
            place = _("file-and-rows", file=part, rows=rows)
        if column is not None:
            place = _("place-and-column", place=place, column=name_column(column))
        yield _("at-place", place=place, message=_(what, printed=_shorten_all(group)))


def _shorten_all(group: list[Deviation]) -> str:
    """Quote the first texts of a group, each once and with what was read of it."""
    texts = dict.fromkeys((one.printed, one.read) for one in group)
    shown = [_quote(printed, read) for printed, read in list(texts)[:_EXAMPLES]]
    return join_words(shown) + ("…" if len(texts) > _EXAMPLES else "")


def _quote(printed: str, read: str) -> str:
    quoted = f"“{shorten(printed)}”"
    return f"{quoted} → “{shorten(read)}”" if read else quoted


def shorten(text: str) -> str:
    """Return a text on one line, without control characters, cut where it is long."""
    plain = _CONTROLS.sub(" ", text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
