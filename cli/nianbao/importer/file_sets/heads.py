"""The heads of a published file compared with those of the template: which column stands where."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from rapidfuzz import fuzz

from nianbao.importer.file_sets.deviations import Deviation
from nianbao.importer.file_sets.parts import Record
from nianbao.model.file_sets.mapping import FileEntry
from nianbao.model.file_sets.texts import find_slip, fold
from nianbao.model.i18n import N_

_REMNANT = 3  # characters of a head that was typed over
_SIMILAR = 60  # of 100


class MatchedHeads(Struct, frozen=True):
    """Where the columns of a file stand in a published one; None for one that is not there.

    `surplus` are the positions of columns that the template has not. `certain` counts the heads that say their column.
    """

    positions: tuple[int | None, ...]
    surplus: tuple[int, ...]
    certain: int
    deviations: tuple[Deviation, ...]

    def get_text(self, record: Record, column: int) -> str:
        """Return the text of a column in a record; empty where it is not there."""
        at = self.positions[column]
        return record.cells[at] if at is not None and at < len(record.cells) else ""

    def shift(self, part: str, position: int) -> "MatchedHeads":
        """Return the same with every column from a position on one to the right of its head: one was put in there."""
        moved = tuple(at if at is None or at < position else at + 1 for at in self.positions)
        surplus = tuple(sorted({position, *(at if at < position else at + 1 for at in self.surplus)}))
        shifted = Deviation(part, N_("set-cells-shifted"), column=position)
        return MatchedHeads(moved, surplus, self.certain, (*self.deviations, shifted))


def match_heads(part: str, entry: FileEntry, head: Sequence[str]) -> MatchedHeads:
    """Find the columns of a file: by their heads, by heads with a slip, and by their place between others."""
    heads = [fold(text) for text in head]
    official = [fold(column.head) for column in entry.columns]
    found: dict[int, int] = {}
    for column, text in enumerate(official):
        at = next((at for at, one in enumerate(heads) if one == text and at not in found.values()), None)
        if at is not None:
            found[column] = at
    free = {heads[at]: at for at in range(len(heads)) if at not in found.values() and heads[at]}
    for column, text in enumerate(official):
        if column not in found and (slip := find_slip(text, free)):
            found[column] = free.pop(slip)
    certain = len(found)
    placed = _match_by_place(found, len(official), len(heads))
    found |= {column: at for column, at in placed.items() if _may_mean(heads[at], official[column])}
    positions = tuple(found.get(column) for column in range(len(official)))
    surplus = tuple(at for at in range(len(heads)) if at not in found.values())
    return MatchedHeads(positions, surplus, certain, tuple(_describe(part, entry, head, positions, surplus)))


def _match_by_place(found: dict[int, int], columns: int, heads: int) -> dict[int, int]:
    """Match columns whose heads say nothing, where as many heads are left between the same neighbours."""
    placed: dict[int, int] = {}
    known = [(-1, -1), *sorted(found.items()), (columns, heads)]
    for (left, after), (right, before) in pairwise(known):
        if right - left == before - after > 1:
            placed |= {left + step: after + step for step in range(1, right - left)}
    return placed


def _may_mean(head: str, official: str) -> bool:
    """Tell whether a head at the place of another may be what is left of it, rather than the head of another column."""
    return len(head) <= _REMNANT or fuzz.ratio(head, official) >= _SIMILAR


def _describe(
    part: str, entry: FileEntry, head: Sequence[str], positions: Sequence[int | None], surplus: Sequence[int]
) -> Iterator[Deviation]:
    for column, at in zip(entry.columns, positions, strict=True):
        if at is None:
            yield Deviation(part, N_("set-column-missing"), row=1, printed=column.head, lost=True)
        elif head[at] != column.head:
            what = N_("set-head-blanks") if fold(head[at]) == fold(column.head) else N_("set-head-differs")
            yield Deviation(part, what, row=1, column=at, printed=head[at], read=column.head)
    for at in surplus:
        yield Deviation(part, N_("set-column-unknown"), row=1, column=at, printed=head[at])
