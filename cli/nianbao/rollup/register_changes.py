"""What the register says of the units of an office otherwise than when they were last added up."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.units.record import RollupRecord
from nianbao.model.units.states import UnitState
from nianbao.workspace.store import Store


class RegisterChanges(Struct, frozen=True):
    """The units that `joined` an office since its last rollup, that `left` it, or that were `renamed`.

    `left` has the parent that each has now, None for one without or not listed any more. `renamed` has the former
    names. `counted_elsewhere` has, for units that are added up now, the office whose last sums have them too.
    """

    joined: Sequence[Unit] = ()
    left: Mapping[Unit, Unit | None] = field(default_factory=dict)
    renamed: Mapping[Unit, str] = field(default_factory=dict)
    counted_elsewhere: Mapping[Unit, Unit] = field(default_factory=dict)


def find_register_changes(
    office: Store, period: Period, record: RollupRecord | None, state: UnitState, summed: Collection[str] = ()
) -> RegisterChanges:
    """Compare the units of an office with those of the record of its last rollup, and of other offices' records.

    The records of offices that were just `summed` count no more: in a dry run they are still there.
    """
    register, now = office.register(period), {below.unit.id: below.unit for below in state.below}
    before = record.units if record and record.units is not None else now.keys()
    known = record.units if record and record.units is not None else {}
    joined = [unit for name, unit in now.items() if name not in before]
    left = {
        register.get_unit(name, former): register.units.get(register.get_unit(name).parent)
        for name, former in known.items()
        if name not in now and not (record and not record.includes_own and register.get_unit(name).own)
    }
    renamed = {now[name]: former for name, former in known.items() if name in now and now[name].name != former}
    moved = joined if known else list(now.values())
    return RegisterChanges(joined, left, renamed, _find_counted_elsewhere(office, period, moved, summed))


def _find_counted_elsewhere(
    office: Store, period: Period, units: Sequence[Unit], summed: Collection[str]
) -> dict[Unit, Unit]:
    """Find the units that are in the last sums of other offices."""
    register = office.register(period)
    wanted, found = {unit.id: unit for unit in units}, dict[Unit, Unit]()
    others = {unit.parent for unit in register.units.values()} - {"", office.office, *summed}
    for other in sorted(others) if wanted else ():
        record = office.of_office(other).record(period)
        found |= {wanted[name]: register.get_unit(other) for name in (record and record.units) or () if name in wanted}
    return found
