"""Choose the units to which something goes back: those whose reports are missing, or not right."""

from collections.abc import Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase

from msgspec import Struct

from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import suggest
from nianbao.model.period import Period
from nianbao.model.units.states import PlacedUnit, UnitState
from nianbao.rollup.status import Status, find_top, read_status
from nianbao.workspace.locales import use_language_of_documents
from nianbao.workspace.selection import make_folder_name
from nianbao.workspace.store import Store

_USUAL_DAYS = 10  # to answer, in an example


class ChosenUnits(Struct, frozen=True):
    """The units to which something goes back, and those that are `done`."""

    units: list[PlacedUnit]
    done: list[PlacedUnit]


def read_status_for_units(store: Store, period: Period, into: str = "", jobs: int = 0) -> Status:
    """Read the states of units as `read_status` does, with their reasons in the language of the documents.

    Raises `UserError` where there are no units, and where the register has errors: nobody knows whose report goes back
    to whom.
    """
    store.register().require_right()
    find_top(store, period, into)  # its error is for the person who runs the command
    with use_language_of_documents(store.kind.form_in_force(period).locale.language):
        return read_status(store, period, into, jobs)


def choose_units(
    status: Status, words: Sequence[str] = (), *, all_levels: bool = False, any_error: bool = False
) -> ChosenUnits:
    """Choose among units by words: folders, or patterns of them; without words, among those directly below an office.

    With `all_levels` it is among units of every level. With `any_error` the reports that are right go on as well: only
    their other rules tell whether something goes back. Raises `UserError` for a word that means no unit.
    """
    placed = [one for state in status.states for one in state.walk()]
    if words:
        named = {name for word in words for name in _match(word, placed)}
        chosen = [one for one in placed if one.state.unit.id in named]
    else:
        chosen = [one for one in placed if all_levels or one.level == 1]
    units = [one for one in chosen if any_error or not one.state.is_right]
    return ChosenUnits(units, [one for one in chosen if one.state.is_right and not any_error])


def _match(word: str, placed: Sequence[PlacedUnit]) -> list[str]:
    known = [one.state.unit.id for one in placed]
    name = make_folder_name(word)
    found = [unit for unit in known if unit == name] or [unit for unit in known if fnmatchcase(unit, name)]
    if not found:
        raise UserError(_("no-such-unit", word=word) + suggest(name, known), _("see-units-by-status"))
    return found


def find_day(state: UnitState, by: date | None, today: date) -> date | None:
    """Return the day by which a unit should answer: the one given, else the one when it is due, unless that is past."""
    return by or (state.due if state.due and state.due >= today else None)


def parse_day(word: str, today: date) -> date:
    """Return the day that a word names, as 2025-02-10; raises `UserError` for none, and for one that is past."""
    try:
        day = date.fromisoformat(word)
    except ValueError:
        example = (today + timedelta(days=_USUAL_DAYS)).isoformat()
        raise UserError(_("not-a-day", word=word), _("write-like-example", example=example)) from None
    if day < today:
        raise UserError(_("day-is-past", day=day), _("name-day-to-come"))
    return day
