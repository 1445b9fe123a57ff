"""The state of a unit for one period: whether its report is there and right, and what is known of the units below it.

A `UnitState` is a tree: `below` has the states of the units that report to the unit, in the order of the register.
`rollup.status.read_status` makes the trees of a folder, on several processes, and `checks.subordinates.UnitTree` those
of reports that are read already. Nothing else decides what counts as missing, late, broken or of another edition.

| condition | the report |
|---|---|
| `right` | can be read, and its figures have no errors: it is in the sums above it |
| `errors` | can be read, and its figures have errors: it is left out of the sums above it, unless a rollup counts it |
| `broken` | cannot be read, or is of an edition that cannot be added up: it is in no sum |
| `missing` | is not there |

`late`, `is_other_edition` and `is_outdated` are independent of that. A unit has reported unless it is `missing`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Literal, get_args

from msgspec import Struct, field
from msgspec.structs import asdict

from nianbao.model.finding import Finding
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.offices import Unit
from nianbao.model.period import Period

Condition = Literal["right", "errors", "broken", "missing"]
_MAX_NAMES = 20  # in a message
CONDITIONS: tuple[Condition, ...] = get_args(Condition)


class UnitState(Struct, frozen=True):
    """The state of one unit; see the module.

    `file` is its data file, or where it would be. `reasons` are the errors because of which it is not `right`, and
    what a missing file may be instead; `late` is the finding that it was issued after `due`. `due` is None where
    the kind does not say when, `issued` where the report has no such day. `stated_name` is what the report calls its
    office where the register calls it otherwise, `stated_office` the folder for which the register has that name.
    `is_other_edition`: the office above uses another edition. `is_outdated`: it has units below it, and its figures
    are not their sum.
    """

    unit: Unit
    file: str
    condition: Condition
    edition: str = ""
    is_other_edition: bool = False
    is_outdated: bool = False
    reasons: tuple[Finding, ...] = ()
    late: Finding | None = None
    due: date | None = None
    issued: date | None = None
    stated_name: str = ""
    stated_office: str = ""
    below: tuple["UnitState", ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether nothing is missing from the figures of the unit itself, or wrong with them."""
        return self.condition == "right" and not self.is_outdated

    @property
    def is_complete(self) -> bool:
        """Whether every unit below it, on every level, has reported and is right; its own report is not judged."""
        return not self.lacks_units()

    def lacks_units(self, *, with_broken: bool = False, deep: bool = False) -> bool:
        """Return whether units are missing from its sums, on any level, or are not the sum of their own units.

        `with_broken`: its sums count units with errors too, and if `deep`, so do those on the levels below.
        """
        return any(
            unit.is_outdated
            or not (unit.condition == "right" or (with_broken and unit.condition == "errors"))
            or unit.lacks_units(with_broken=with_broken and deep, deep=deep)
            for unit in self.below
        )

    def count_days_left(self, today: date) -> int | None:
        """Count the days until the report is due, below 0 once that has passed; None for one that was issued."""
        return None if self.issued or self.due is None else (self.due - today).days

    def walk(self, level: int = 1, above: tuple[Unit, ...] = ()) -> Iterator["PlacedUnit"]:
        """List the units below, each before those below it, with their level: 1 directly below."""
        for state in self.below:
            yield PlacedUnit(state, level, (*above, self.unit))
            yield from state.walk(level + 1, (*above, self.unit))

    def group(self) -> "UnitGroups":
        """Group the units below, on every level, by what the office above has to know of them."""
        return UnitGroups.of(self.walk())

    def count(self) -> "UnitCounts":
        """Count the units below, on every level."""
        return UnitCounts.of(placed.state for placed in self.walk())

    def count_levels(self) -> list["UnitCounts"]:
        """Count the units of each level below, that directly below first."""
        levels: dict[int, list[UnitState]] = {}
        for placed in self.walk():
            levels.setdefault(placed.level, []).append(placed.state)
        return [UnitCounts.of(states) for _level, states in sorted(levels.items())]


class PlacedUnit(Struct, frozen=True):
    """A unit somewhere below an office: on which `level`, and the offices between, from the top: `above`."""

    state: UnitState
    level: int
    above: tuple[Unit, ...]

    def __str__(self) -> str:
        """Name the unit; one that is not directly below the office with the office that it reports to."""
        unit = self.state.unit
        return _("unit-of-office", unit=unit, office=self.above[-1]) if self.level > 1 else str(unit)


def name_units(units: Sequence[PlacedUnit]) -> str:
    """Name the first of some units for a message."""
    return join_words(placed.state.unit for placed in units[:_MAX_NAMES])


class UnitGroups(Struct, frozen=True):
    """The units on every level below an office that it has to know of; a unit may be in several groups."""

    missing: list[PlacedUnit] = field(default_factory=list)
    broken: list[PlacedUnit] = field(default_factory=list)
    errors: list[PlacedUnit] = field(default_factory=list)
    outdated: list[PlacedUnit] = field(default_factory=list)
    late: list[PlacedUnit] = field(default_factory=list)
    other_edition: list[PlacedUnit] = field(default_factory=list)

    @classmethod
    def of(cls, units: Iterable[PlacedUnit]) -> "UnitGroups":
        """Group units."""
        groups = cls()
        by_condition = {"missing": groups.missing, "broken": groups.broken, "errors": groups.errors}
        for placed in units:
            state = placed.state
            is_in = (
                (by_condition.get(state.condition), True),
                (groups.outdated, state.is_outdated),
                (groups.late, state.late is not None),
                (groups.other_edition, state.is_other_edition),
            )
            for group, belongs in is_in:
                if group is not None and belongs:
                    group.append(placed)
        return groups

    def list_faulty_below(self) -> list[PlacedUnit]:
        """List the units with errors, or broken, that are not directly below the office."""
        return [placed for placed in (*self.broken, *self.errors) if placed.level > 1]

    def list_ids(self) -> dict[str, list[str]]:
        """List the folders of the units of each group that has any."""
        return {name: [placed.state.unit.id for placed in units] for name, units in asdict(self).items() if units}


class UnitCounts(Struct, frozen=True):
    """How many of some units have reported, and how many of these are in which state."""

    units: int
    reported: int
    right: int
    errors: int
    broken: int
    missing: int
    outdated: int
    late: int
    other_edition: int

    @classmethod
    def of(cls, states: Iterable[UnitState]) -> "UnitCounts":
        """Count units."""
        all_states = list(states)
        conditions = [state.condition for state in all_states]
        missing = conditions.count("missing")
        return cls(
            units=len(all_states),
            reported=len(all_states) - missing,
            right=sum(state.is_right for state in all_states),
            errors=conditions.count("errors"),
            broken=conditions.count("broken"),
            missing=missing,
            outdated=sum(state.is_outdated for state in all_states),
            late=sum(state.late is not None for state in all_states),
            other_edition=sum(state.is_other_edition for state in all_states),
        )


def find_due_day(form: Form | None, author: str, period: Period) -> date | None:
    """Return the day on which the report of an author is due; None where its kind does not know that."""
    due = form.find_due(author) if form else None
    try:
        return form.get_due_day(due, period) if form and due else None
    except (ValueError, OverflowError):
        return None
