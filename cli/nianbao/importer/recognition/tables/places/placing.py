"""Open rows in their places: one solution is taken, several are told, and none leaves the cells undecided."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.printed_values import Number
from nianbao.importer.recognition.tables.ambiguous_rows import Solved
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow
from nianbao.importer.recognition.tables.identities import Choice, RowFigures, Solution
from nianbao.importer.recognition.tables.places.form_rows import FormRows
from nianbao.importer.recognition.tables.places.open_rows import OpenRow
from nianbao.model.relations import Check

_MAX_OPTIONS = 24  # figures of a cell that are told

Figures = Mapping[str, Number | None]  # by address; None for one that could not be read


def place_rows(
    open_rows: Sequence[OpenRow], solved: Sequence[Solved], known: Figures, labelled: AbstractSet[str]
) -> Iterator[RecognizedRow]:
    """Give a row for each place that an open row may have.

    `known` are the figures of all other rows, `labelled` the addresses of those that were read by their labels.
    """
    placed: dict[FormRows, dict[int, RecognizedRow]] = {}
    for one in solved:
        rows = [open_rows[number] for number in one.rows]
        for form_rows in dict.fromkeys(row.form_rows for row in rows):
            of_table = [number for number, row in enumerate(rows) if row.form_rows is form_rows]
            places = sorted({place for number in of_table for place in rows[number].places})
            chosen = ((place, _choose_row(place, rows, of_table, one.solutions)) for place in places)
            placed[form_rows] = {place: row for place, row in chosen if row}
    figures = {**known}
    for placed_row in (row for found in placed.values() for row in found.values()):
        figures |= {
            cell.slot.address: None if cell.state == "undecided" else cell.value or 0 for cell in placed_row.cells
        }
    for form_rows, found in placed.items():
        free = [place for place in range(len(form_rows.rows)) if labelled.isdisjoint(form_rows.list_addresses(place))]
        alternatives = _Alternatives(form_rows, free, found.keys(), figures)
        for place, row in found.items():
            is_proven = row.evidence == "sums" and alternatives.has_sums(place) and not alternatives.has_any(place)
            yield row if is_proven else replace(row, evidence="order")


def _choose_row(
    place: int, rows: Sequence[OpenRow], of_table: Sequence[int], solutions: Sequence[Solution] | None
) -> RecognizedRow | None:
    """Choose the row that has a place in every solution; an undecided one where they differ or there is none."""
    able = [number for number in of_table if place in rows[number].places]
    first = rows[able[0]].places[place]
    if not solutions:
        return _leave_undecided(first, "order" if solutions is None else "no-order")
    taken = [_find_choice(solution, able, place) for solution in solutions]
    printed = next((number for number, _ in filter(None, taken)), None)
    if printed is None:
        return None
    options = {found[1].figures if found else (0,) * len(first.cells) for found in taken}
    if len(options) == 1:
        return replace(rows[printed].places[place], evidence="sums" if all(taken) else "order")
    return _leave_undecided(first, "order", sorted(options))


def _find_choice(solution: Solution, able: Sequence[int], place: int) -> tuple[int, Choice] | None:
    """Return which of the rows that are able to has a place in a solution."""
    return next(((number, solution[number]) for number in able if solution[number].place == place), None)


def _leave_undecided(row: RecognizedRow, reason: str, figures: Sequence[RowFigures] = ()) -> RecognizedRow:
    """Return a row with undecided cells, which may have the figures of any of the rows given."""
    cells = []
    for column, cell in enumerate(row.cells):
        options = tuple(sorted({one[column] for one in figures}))[:_MAX_OPTIONS]
        cells.append(RecognizedCell(cell.slot, "undecided", reason=reason, options=options))
    return replace(row, cells=tuple(cells), evidence="order")


# ── what the sums prove ──────────────────────────────────────────────────────────────


class _Alternatives(Struct, frozen=True):
    """The free places of a table, where a row could stand as well if no identity speaks against it.

    Those that are not `printed` have no figures but 0.
    """

    form_rows: FormRows
    free: Sequence[int]
    printed: AbstractSet[int]
    figures: Figures

    def has_sums(self, place: int) -> bool:
        """Tell whether every figure of a row is in an identity."""
        return all(address in self.form_rows.checks_by_address for address in self.form_rows.list_addresses(place))

    def has_any(self, place: int) -> bool:
        """Tell whether the figures of a row could be exchanged with those of another place."""
        return any(self._may_exchange(place, other) for other in self.free if other != place)

    def _may_exchange(self, place: int, other: int) -> bool:
        own, others = self.form_rows.list_addresses(place), self.form_rows.list_addresses(other)
        figures = self.figures
        if len(own) != len(others):
            return False
        if all(figures.get(a) == figures.get(b) for a, b in zip(own, others, strict=True)):
            return other not in self.printed  # which of the rows of zeros was printed, no sum tells
        exchanged = {a: figures.get(b) for a, b in zip((*own, *others), (*others, *own), strict=True)}
        checks = dict.fromkeys(
            check for address in (*own, *others) for check in self.form_rows.checks_by_address.get(address, ())
        )
        return all(_may_hold(check, exchanged, figures) for check in checks)


def _may_hold(check: Check, exchanged: Figures, figures: Figures) -> bool:
    """Tell whether an identity holds, or cannot be checked."""
    total: Number = 0
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            for address in part.addresses:
                figure = exchanged[address] if address in exchanged else figures.get(address)
                if figure is None:
                    return True
                total += sign * part.term.factor * figure
            total += sign * part.term.factor * (part.constant or 0)
    return -check.relation.within <= total <= check.relation.within
