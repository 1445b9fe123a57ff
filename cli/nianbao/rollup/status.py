"""The states of the units of a folder: of those below one office, or of all that the register lists."""

from collections.abc import Sequence

from msgspec import Struct

from nianbao.checks import check
from nianbao.checks.subordinates import UnitTree
from nianbao.model.finding import Finding, UserError, has_errors
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.units.states import UnitState
from nianbao.rollup.collect import describe_missing_units, find_office, list_unlisted, read_by_office
from nianbao.workspace.data_files.unread import find_unread_of
from nianbao.workspace.store import Store


class Status(Struct, frozen=True):
    """The states of offices with all units below them, and what else is to be said of the folder.

    `findings` are about the register and about files of missing units that no report is made of; `unlisted` are folders
    of `data/` that the register does not list.
    """

    states: Sequence[UnitState]
    findings: Sequence[Finding] = ()
    unlisted: Sequence[str] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all units have reported and are right; the offices at the top need not be added up yet."""
        return not has_errors(self.findings) and all(
            state.is_complete and (state.is_right or state.condition == "missing") for state in self.states
        )


def read_status(store: Store, period: Period, into: str = "", jobs: int = 0) -> Status:
    """Read the reports of all units below an office, on several processes, and return its state with theirs.

    Without an office there is a state for each office that has units and reports to nobody, and one without a folder
    for the offices that have neither, be they in the register or, where there is none, in folders. Where the register
    has errors there are only these. Raises `UserError` where there are no units.
    """
    register = store.register(period)
    if register.errors:
        return Status((), register.findings)
    top, alone = find_top(store, period, into)
    units = [one for unit in (*top, *alone) for one in (unit, *register.list_below(unit.id))]
    tree = UnitTree(store, period, read_by_office(store, period, units, check.load_policy(store), jobs))
    states = [tree.make_state(unit) for unit in top]
    if alone:
        states.append(tree.make_state(Unit("", _("offices-without-parent")), below=alone))
    missing = [placed.state.unit.id for state in states for placed in state.group().missing]
    unread = [file.make_finding() for file in find_unread_of(store, missing, [period])]
    return Status(states, [*register.findings, *unread], list_unlisted(store, period))


def find_top(store: Store, period: Period, into: str = "") -> tuple[list[Unit], list[Unit]]:
    """Find the offices whose units are judged, and those without units or parent, which are judged themselves.

    Raises `UserError` where there are no units.
    """
    register = store.register(period)
    if into:
        office = find_office(store, into)
        if not register.list_children(office):
            raise describe_missing_units(register, office)
        return [register.get_unit(office)], []
    listed = [unit for unit in register.units.values() if not unit.parent]
    offices = listed or [register.get_unit(name) for name in store.folders() if name not in register.absent]
    if not offices:
        raise UserError(_("no-offices-here"), _("write-register-or-folders"))
    top = [unit for unit in offices if register.list_children(unit.id)]
    return top, [unit for unit in offices if not register.list_children(unit.id)]
