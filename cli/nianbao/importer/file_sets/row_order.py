"""The order of the rows of a published file, which says to which category rows of the same code belong."""

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

from nianbao.importer.file_sets.row_keys import FoundRow, Row, RowKeys
from nianbao.model.file_sets.mapping import RowEntry
from nianbao.model.file_sets.rows import RowPattern, is_named
from nianbao.model.tables.headings import ENTRY, Heading


class RowOrder:
    """Follows the rows of a file, in their order."""

    def __init__(self, keys: RowKeys) -> None:
        self._keys = keys
        self._last: Row | None = None
        self._names: dict[str, int] = {}  # of entries, with their order in the file
        self._furthest: tuple[int, ...] = ()  # place in the template of a row so far
        self._is_reordered = False
        self._is_grouped = True  # the rows of each category stand together
        self._category = ""
        self._seen: set[tuple[str, ...]] = set()  # categories, each with what it is below and the codes of axes
        self._left: set[tuple[str, ...]] = set()  # those after which rows of another category came

    @property
    def last(self) -> Row | None:
        """The row by whose place rows of the same code are told apart; None where their place says nothing."""
        return self._last if self._is_grouped else None

    def lose(self) -> None:
        """Note that a row could not be told: what follows it may belong to it."""
        self._last = None

    def follow(self, found: FoundRow) -> bool:
        """Note the next row; return whether it is the first one that should have come before another."""
        self._last = found.row
        if isinstance(found.row, RowPattern) and self._depth is not None:
            self._follow_category(found.row.path, found)
        if found.is_placeholder:
            return False
        place = self._find_place(found)
        is_first = place < self._furthest and not self._is_reordered
        self._is_reordered = self._is_reordered or is_first
        self._furthest = max(place, self._furthest)
        return is_first

    def _follow_category(self, path: tuple[Heading, ...], found: FoundRow) -> None:
        depth = self._depth or 0
        category = path[depth].id if depth < len(path) else ""
        if category != self._category:
            self._category, self._left = category, set(self._seen)
        named = category, *(heading.id for heading in path[:depth]), *(key.code for key in found.keys)
        if named in self._left:
            self._is_grouped = False
        self._seen.add(named)

    @cached_property
    def _depth(self) -> int | None:
        """The level at which rows of the same code differ; None where no two rows have the same."""
        by_texts = sorted(self._keys.patterns, key=self._keys.list_texts)
        groups = [[row.path for row in rows] for _texts, rows in groupby(by_texts, key=self._keys.list_texts)]
        return min([_find_difference(paths) for paths in groups if len(paths) > 1], default=None)

    @cached_property
    def _numbers(self) -> dict[tuple[int, ...], int]:
        """The number of the first row below each heading, by the path to the heading."""
        found: dict[tuple[int, ...], int] = {}
        for number, row in enumerate(self._keys.patterns):
            path = tuple(map(id, row.path))
            for size in range(len(path)):
                found.setdefault(path[: size + 1], number)
        return found

    def _find_place(self, found: FoundRow) -> tuple[int, ...]:
        """Return where a row stands in the template: what compares less comes before."""
        if isinstance(found.row, RowEntry):
            return (self._keys.rows.index(found.row),)
        place: list[int] = []
        path: tuple[int, ...] = ()
        axes = self._keys.form.axes
        for heading in found.row.path:
            path = (*path, id(heading))
            place.append(self._numbers[path])
            if is_named(heading):
                place.append(self._names.setdefault(found.codes[ENTRY], len(self._names)))
            elif heading.each in axes:
                place.append([code.id for code in axes[heading.each].codes].index(found.codes[heading.each]))
        return tuple(place)


def _find_difference(paths: Sequence[tuple[Heading, ...]]) -> int:
    """Return the first level at which paths have headings of different ids."""
    levels = enumerate(zip(*paths, strict=False))
    return next(level for level, headings in levels if len({heading.id for heading in headings}) > 1)
