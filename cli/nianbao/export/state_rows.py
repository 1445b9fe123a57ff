"""The states of all offices, period by period, as rows: offices without a data file too."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from nianbao.checks.check import load_policy
from nianbao.checks.subordinates import UnitTree
from nianbao.export.office_rows import OfficeRow, make_row
from nianbao.model.offices import Register
from nianbao.model.period import Period
from nianbao.model.units.states import Condition, UnitState
from nianbao.rollup.collect import read_by_office
from nianbao.workspace.store import Store


class StateRow(NamedTuple):
    """The state of an office for a period, see `UnitState`; `why` says because of what it is not right.

    `place` is where the register of that year puts it.
    """

    place: OfficeRow
    kind: str
    year: int
    period: str
    state: Condition
    due: date | None
    published: date | None
    late_days: int | None
    outdated: bool
    why: str | None
    file: str


def list_periods(store: Store) -> list[Period]:
    """List the periods of which any office has a data file, oldest first."""
    return sorted({period for periods in store.offices().values() for period in periods})


def list_states(store: Store, period: Period, today: date, jobs: int = 0) -> Iterator[StateRow]:
    """List the states of all offices for a period: those of the register, with a folder, or with a data file."""
    register = store.register(period)
    idle = {name for name in register.absent if not store.of_office(name).has(period)}
    names = {*register.units, *store.folders(), *store.offices()} - idle
    units = [register.get_unit(name) for name in sorted(names)]
    tree = UnitTree(store, period, read_by_office(store, period, units, load_policy(store), jobs))
    below = {unit.id for above in units for unit in register.list_children(above.id)}
    for unit in units:
        if unit.id not in below:
            state = tree.make_state(unit)
            yield from (_make_row(store, period, one, today, register) for one in _list_all(state))


def _list_all(state: UnitState) -> Iterator[UnitState]:
    yield state
    yield from (placed.state for placed in state.walk())


def _make_row(store: Store, period: Period, state: UnitState, today: date, register: Register) -> StateRow:
    reasons = "; ".join(f"{reason.place}: {reason.message}" for reason in state.reasons)
    return StateRow(
        make_row(register, state.unit.id),
        store.kind.id,
        period.year,
        str(period),
        state.condition,
        state.due,
        state.issued,
        max(((state.issued or today) - state.due).days, 0) if state.due else None,
        state.is_outdated,
        reasons or None,
        state.file,
    )
