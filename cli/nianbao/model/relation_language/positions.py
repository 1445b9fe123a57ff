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
            below = node.below.get(id_)  # most are there: `setdefault` would make a node for each
            if below is None:
                below = node.below[id_] = _Node()
            node = below
        return node

    def match(self, segments: Sequence[str], binding: Binding) -> Iterator[Match]:
        """Match a path with everything that it may mean where names are bound as given; it may bind more names."""
        yield from self._match(self._root, segments, binding, 0)

    def _match(self, node: _Node, segments: Sequence[str], binding: Binding, depth: int) -> Iterator[Match]:
        for number, segment in enumerate(segments, 1):
            name = segment.strip("<.>") if segment.startswith("<") else ""
            ids = binding.get(name) if name else (segment,)
            if ids is None or segment == "*":
                for bound, below in _list_bound(node, segment, is_last=number == len(segments)):
                    names = {**binding, name: bound} if name else binding
                    yield from self._match(below, segments[number:], names, depth + len(bound))
                return
            for id_ in ids:
                found = node.below.get(id_)
                if found is None:
                    return
                node = found
            depth += len(ids)
        yield Match(node.collect(), depth, binding)


def _list_bound(node: _Node, segment: str, *, is_last: bool) -> Iterator[tuple[tuple[str, ...], _Node]]:
    """List what a name or `*` may stand for below a node: one id, or with two dots several, at the end all."""
    if not segment.endswith("..>"):
        yield from (((id_,), below) for id_, below in node.below.items())
        return
    for ids, below in _list_below(node):
        if not is_last or not below.below:
            yield ids, below


def _list_below(node: _Node, ids: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], _Node]]:
    for id_, below in node.below.items():
        yield (*ids, id_), below
        yield from _list_below(below, (*ids, id_))
