"""Apply relations to the rows and columns of a table, or to the figures of a whole report."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from nianbao.model.loading.inheritance import suggest
from nianbao.model.relation_language.parser import Side, Sides, Term
from nianbao.model.relation_language.positions import Binding, Match, Positions
from nianbao.model.relations import Check, Part, Relation, name_line
from nianbao.model.table import BlockLines, Opened, Table
from nianbao.model.tables.slots import Slot


class _Place(Struct, frozen=True):
    """A term with the positions that it means; `depth` is how many ids its path takes."""

    term: Term
    positions: tuple[int, ...]
    depth: int = 0


_SidePlaces: TypeAlias = tuple[tuple[_Place, ...], tuple[_Place, ...]]  # of the left and the right side


def apply_relations(relations: Sequence[Relation], table: Table) -> Iterator[Check]:
    """Apply relations to the blocks of a table; no checks for a block that lacks one of their terms."""
    blocks = [
        _Block(
            lines,
            table.opened[number] if table.opened else Opened({}, {}),
            has_long_names=bool(table.open_rows) or table.outline,
        )
        for number, lines in enumerate(table.lines)
    ]
    for relation in relations:
        for block in blocks:
            yield from block.apply(relation)


class _Block:
    """The rows and columns of a block, to which relations are applied."""

    def __init__(self, lines: BlockLines, opened: Opened, *, has_long_names: bool) -> None:
        self._lines, self._opened, self._has_long_names = lines, opened, has_long_names

    @cached_property
    def _rows(self) -> Positions:
        return Positions([line.ids for line in self._lines.rows], list(self._opened.rows))

    @cached_property
    def _columns(self) -> Positions:
        return Positions([line.ids for line in self._lines.columns], list(self._opened.columns))

    def apply(self, relation: Relation) -> Iterator[Check]:
        is_column = relation.each == "column"
        slots, width = self._lines.slots, len(self._lines.columns)
        found = list(_find_sides(relation, self._rows if is_column else self._columns))
        for number, line in enumerate(self._lines.columns if is_column else self._lines.rows):
            if found and (not relation.at or line.ids in relation.at) and line.ids not in relation.but:
                of_line = slots[number::width] if is_column else slots[number * width : (number + 1) * width]
                yield from _make_checks(relation, found, of_line, has_long_names=self._has_long_names)


def apply_to_report(relations: Sequence[Relation], slots: Mapping[str, Slot], opened: Sequence[str]) -> Iterator[Check]:
    """Apply relations of the whole report, whose terms are addresses; `opened` are the addresses of open rows."""
    starts = tuple({start for relation in relations for term in relation.terms if (start := term.literal_start)})
    named = [slot for address, slot in slots.items() if address.startswith(starts)]
    positions = Positions([slot.address for slot in named], opened)
    for relation in relations:
        yield from _make_checks(relation, list(_find_sides(relation, positions)), named)


def _find_sides(relation: Relation, positions: Positions) -> Iterator[tuple[_SidePlaces, ...]]:
    """Find what a relation means: for each binding of its names the places of its alternatives and its condition."""
    for binding in _find_bindings(relation.alternatives[0], positions):
        found = [_find_side_places(sides, positions, binding) for sides in relation.all_sides]
        if all(found):
            yield tuple(filter(None, found))


def _find_bindings(sides: Sides, positions: Positions) -> list[Binding]:
    """Find how the names of a relation can be bound, so that every term means something."""
    bindings: list[Binding] = [{}]
    for term in sides.terms:
        if term.names:
            bindings = [
                match.binding for binding in bindings for match in _distinct(positions.match(term.segments, binding))
            ]
    return bindings


def _distinct(matches: Iterator[Match]) -> Iterator[Match]:
    """Give the matches of a term by what its names are bound to, each once: `*` matches several times."""
    seen: set[tuple[tuple[str, tuple[str, ...]], ...]] = set()
    for match in matches:
        key = tuple(match.binding.items())
        if key not in seen:
            seen.add(key)
            yield match


def _find_side_places(sides: Sides, positions: Positions, binding: Binding) -> _SidePlaces | None:
    left, right = (_find_places(side, positions, binding) for side in (sides.left, sides.right))
    return (left, right) if left and right else None


def _find_places(side: Side, positions: Positions, binding: Binding) -> tuple[_Place, ...]:
    """Find the positions of the terms of a side; none if one of them does not exist, or all are empty."""
    places: list[_Place] = []
    for term in side:
        if term.constant is not None:
            places.append(_Place(term, ()))
            continue
        matches = list(positions.match(term.segments, binding))
        if not matches:
            return ()
        if term.function:
            places.append(
                _Place(
                    term, tuple(dict.fromkeys(one for match in matches for one in match.positions)), matches[0].depth
                )
            )
        else:
            places += [_Place(term, match.positions, match.depth) for match in matches if match.positions]
    return tuple(places)


def _make_checks(
    relation: Relation, found: Sequence[tuple[_SidePlaces, ...]], slots: Sequence[Slot], *, has_long_names: bool = False
) -> Iterator[Check]:
    """Make the checks of one row or column, or of a whole report, from its slots; none where one has no number."""
    for places in found:
        pairs = [
            ([_make_part(one, slots) for one in left], [_make_part(one, slots) for one in right])
            for left, right in places
        ]
        parts = [part for pair in pairs for side in pair for part in side]
        if not any(part.slots for part in parts):
            continue
        label = _name_line(relation, parts, has_long_names=has_long_names)
        made = [
            Check(relation, label, tuple(left), tuple(right), sides, has_long_names=has_long_names)
            if all(map(_can_be_added, (*left, *right)))
            else None
            for (left, right), sides in zip(pairs, relation.all_sides, strict=True)
        ]
        size = len(relation.alternatives)
        checks = [check for check in made[:size] if check]  # of alternatives one is enough
        condition = made[size] if relation.condition else None
        if checks and (condition or not relation.condition):
            is_plain = len(checks) == 1 and not condition
            yield checks[0] if is_plain else replace(checks[0], others=tuple(checks[1:]), condition=condition)


def _make_part(place: _Place, slots: Sequence[Slot]) -> Part:
    named = tuple([slots[position] for position in place.positions])
    return Part(place.term, named, tuple([slot.address for slot in named]), place.depth)


def _can_be_added(part: Part) -> bool:
    if part.term.constant is not None or part.term.function == "count":
        return True
    return {slot.value_type.is_number for slot in part.slots} == {True}


def _name_line(relation: Relation, parts: Sequence[Part], *, has_long_names: bool) -> str:
    first = next(slot for part in parts for slot in part.slots)
    if relation.each == "column":
        return first.columns[-1].label
    if has_long_names and relation.each:
        return name_line(first.rows)
    return first.row_label or (first.columns[-1].label if relation.each is None else "")


def suggest_term(table: Table, terms: Sequence[Term]) -> str:
    """Return the question whether another row or column was meant, for the first term that names none."""
    known = sorted({path for slot in table.slots for path in (slot.row, slot.column)})
    positions = Positions(known)
    unknown = (term.path for term in terms if term.constant is None and not any(positions.match(term.segments, {})))
    return next((suggest(term, known) for term in unknown), "")
