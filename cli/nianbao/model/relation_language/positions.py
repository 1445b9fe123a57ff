"""Find the rows, columns or addresses that the path of a term means, with the ids that its names are bound to."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

Binding = Mapping[str, tuple[str, ...]]  # name -> ids


class Match(Struct, frozen=True):
    """What a path means: the numbers of positions below some ids, none below an open heading without entries.

    `depth` is how many ids the path takes.
    """

    positions: tuple[int, ...]
    depth: int
    binding: Binding


class _Node:
    __slots__ = ("below", "collected", "position")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.position: int | None = None
        self.collected: tuple[int, ...] | None = None

    def collect(self) -> tuple[int, ...]:
        """Return the positions at and below the node, in order."""
        if self.collected is None:
            own = [] if self.position is None else [self.position]
            self.collected = tuple(sorted([*own, *(one for node in self.below.values() for one in node.collect())]))
        return self.collected


class Positions:
    """The rows or columns of a block, or the addresses of a form, as a tree of their ids.

    `opened` are the ids of open headings, which paths may name although they have no entries.
    """

    def __init__(self, lines: Sequence[str], opened: Sequence[str] = ()) -> None:
        self._root = _Node()
        for number, ids in enumerate(lines):
            self._find_node(ids).position = number
        for ids in opened:
            self._find_node(ids)

    def _find_node(self, ids: str) -> _Node:
        node = self._root
        for id_ in ids.split(".") if ids else ():
            node = node.below.setdefault(id_, _Node())
        return node

    def match(self, segments: Sequence[str], binding: Binding) -> Iterator[Match]:
        """Match a path with everything that it may mean where names are bound as given; it may bind more names."""
        yield from self._match(self._root, segments, binding, 0)

    def _match(self, node: _Node, segments: Sequence[str], binding: Binding, depth: int) -> Iterator[Match]:
        if not segments:
            yield Match(node.collect(), depth, binding)
            return
        segment, rest = segments[0], segments[1:]
        if segment == "*":
            for below in node.below.values():
                yield from self._match(below, rest, binding, depth + 1)
        elif not segment.startswith("<"):
            yield from self._match_ids(node, (segment,), rest, binding, depth)
        elif (ids := binding.get(name := segment.strip("<.>"))) is not None:
            yield from self._match_ids(node, ids, rest, binding, depth)
        elif segment.endswith("..>"):
            for ids, below in _list_below(node):
                if rest or not below.below:  # at the end it takes all ids
                    yield from self._match(below, rest, {**binding, name: ids}, depth + len(ids))
        else:
            for id_, below in node.below.items():
                yield from self._match(below, rest, {**binding, name: (id_,)}, depth + 1)

    def _match_ids(
        self, node: _Node, ids: Sequence[str], rest: Sequence[str], binding: Binding, depth: int
    ) -> Iterator[Match]:
        for id_ in ids:
            found = node.below.get(id_)
            if found is None:
                return
            node = found
        yield from self._match(node, rest, binding, depth + len(ids))


def _list_below(node: _Node, ids: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], _Node]]:
    for id_, below in node.below.items():
        yield (*ids, id_), below
        yield from _list_below(below, (*ids, id_))
