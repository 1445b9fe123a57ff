"""The offices of a folder as rows: where the register puts each, and whether its figures are the sum of others."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from nianbao.model.offices import LEVEL_LIMIT, Register
from nianbao.workspace.store import Store


class OfficeRow(NamedTuple):
    """An office: `level` 1 reports to nobody; `leaf`: nobody reports to it. The rest is what the register says."""

    office: str
    name: str | None
    type: str | None
    parent: str | None
    level: int | None
    own: bool | None
    leaf: bool


def list_offices(store: Store, reporting: Iterable[str]) -> list[OfficeRow]:
    """List the offices of the register, those that have a folder, and those with reports, by their folders."""
    register = store.register()
    names = {*register.units, *store.folders(), *reporting}
    return [make_row(register, name) for name in sorted(names)]


def make_row(register: Register, office: str) -> OfficeRow:
    """Make the row of an office as a register has it."""
    leaf = not register.list_children(office)
    unit = register.units.get(office)
    if not unit:
        return OfficeRow(office, None, None, None, None, None, leaf)
    above = list(islice(register.list_ancestors(office), LEVEL_LIMIT))  # a circle has no end
    level = len(above) + 1 if len(above) < LEVEL_LIMIT else None
    return OfficeRow(office, unit.name, unit.kind or None, unit.parent or None, level, unit.own, leaf)
