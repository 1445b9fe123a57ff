"""Load the register of offices, and find what is wrong with it."""

from collections.abc import Collection, Iterator, Mapping
from operator import itemgetter
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, field
from msgspec.structs import replace

from nianbao.model.facts import Facts
from nianbao.model.file_names import PORTABLE_PATTERN, fold_name, is_portable
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import N_, _
from nianbao.model.loading.loader import find_faults
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.offices import LEVEL_LIMIT, REGISTER_RULE, History, Register, Unit
from nianbao.model.period import FIRST_YEAR, LAST_YEAR

_OF_YEARS = {"from", "until", "earlier"}  # keys of an entry that are about years
_Year = Annotated[int, Meta(ge=FIRST_YEAR, le=LAST_YEAR)]
_Name = Annotated[Text, Meta(description="field-office-name")]
_Own = Annotated[bool, Meta(description="field-office-own")]


class EarlierEntry(Shape, frozen=True):
    """An office as it was for reports up to a year; what is left out was as it is now."""

    until: Annotated[_Year, Meta(description="field-earlier-until")]
    name: _Name = ""
    kind: Annotated[str, Meta(description="field-office-kind")] = ""
    parent: Annotated[str, Meta(description="field-earlier-parent")] = ""  # empty where it reported to nobody
    own: _Own = False


class OfficeEntry(Shape, frozen=True):
    """The table of an office in the file; see `Unit` and `History`."""

    name: _Name
    kind: Annotated[Text, Meta(description="field-office-kind")] = ""
    parent: Annotated[Text, Meta(description="field-office-parent")] = ""
    own: _Own = False
    first: Annotated[_Year, Meta(description="field-office-from")] = field(default=FIRST_YEAR, name="from")
    until: Annotated[_Year, Meta(description="field-office-until")] = LAST_YEAR
    earlier: Annotated[tuple[EarlierEntry, ...], Meta(description="field-office-earlier")] = ()


RegisterFile: TypeAlias = dict[Annotated[str, Meta(pattern=PORTABLE_PATTERN)], OfficeEntry]  # by folders


def load_register(facts: Facts | Finding) -> Register:
    """Load the register: valid entries become units, faults become findings."""
    if isinstance(facts, Finding):
        return Register(findings=tuple(facts.split()))
    found: list[Finding] = []
    units: dict[str, Unit] = {}
    histories: dict[str, History] = {}
    for office, entry in facts.tree.items():
        faults = list(_find_entry_faults(facts, office, entry))
        found += faults
        if not faults:
            units[office] = Unit(office, **_pick_fields(entry))
            if not entry.keys().isdisjoint(_OF_YEARS):
                histories[office] = _make_history(units[office], entry)
    found += _find_folder_clashes(facts)
    now = list(_find_structure_faults(facts, units))
    register = Register(units, facts=facts, histories=histories)
    found += [*now, *_find_faults_of_years(facts, register, {one.message for one in now})]
    return replace(register, findings=tuple(found))


def _pick_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _OF_YEARS}


def _make_history(unit: Unit, entry: Mapping[str, Any]) -> History:
    earlier = sorted(entry.get("earlier", ()), key=itemgetter("until"))
    units = [(one["until"], replace(unit, **_pick_fields(one))) for one in earlier]
    return History(entry.get("from", FIRST_YEAR), entry.get("until", LAST_YEAR), units)


def _find_structure_faults(facts: Facts, units: Mapping[str, Unit], absent: Collection[str] = ()) -> Iterator[Finding]:
    """Find what is wrong with the offices together, of all years or of one, for which `absent` ones have no reports."""
    yield from _find_missing_parents(facts, units, absent)
    yield from _find_cycles(facts, units)
    yield from _find_duplicate_own_offices(facts, units)
    yield from _find_duplicate_names(facts, units)


def _find_faults_of_years(facts: Facts, register: Register, known: set[str]) -> Iterator[Finding]:
    """Find what is wrong with the offices of one year only; each is told for the last year that has it."""
    years = {year for history in register.histories.values() for year in history.list_changes()}
    for year in sorted(years, reverse=True):
        of_year = register.of_year(year)
        for finding in _find_structure_faults(facts, of_year.units, of_year.absent):
            if finding.message not in known:
                known.add(finding.message)
                place = _find_earlier_place(facts, finding.address, year) or finding.place
                yield replace(finding, message=_("register-in-year", year=year, message=finding.message), place=place)


def _find_earlier_place(facts: Facts, address: str, year: int) -> Place | None:
    """Find the place of the entry of an office for an earlier year; None where it was what it is now."""
    office, _dot, key = address.rpartition(".")
    entries = enumerate(facts.tree[office].get("earlier", ()))
    found = min(((entry["until"], index) for index, entry in entries if entry["until"] >= year), default=None)
    return facts.find_place((office, "earlier", found[1], key)) if found else None


def _make_finding(facts: Facts, address: str, message: str, fix: str = "") -> Finding:
    return Finding(REGISTER_RULE, "error", facts.find_place(address), message, address, fix=fix)


def _find_entry_faults(facts: Facts, office: str, entry: Any) -> Iterator[Finding]:  # noqa: ANN401  # any TOML value
    """Find the faults of one entry, without looking at others."""
    if office.startswith(".") or not is_portable(office):
        yield _make_finding(facts, office, _("not-a-folder-name", office=office), _("write-folder-name"))
    if not isinstance(entry, dict):
        yield _make_finding(facts, office, _("office-should-be-table", office=office))
        return
    if isinstance(entry.get("parent"), list):
        message = _("office-with-several-parents", office=office)
        yield _make_finding(facts, f"{office}.parent", message, _("figures-would-count-twice"))
        entry = {key: value for key, value in entry.items() if key != "parent"}
    faults = list(find_faults(entry, OfficeEntry, (office,), office))
    for fault in faults:
        yield Finding(
            REGISTER_RULE, "error", facts.find_place(fault.keys), fault.message, ".".join(map(str, fault.keys))
        )
    if not faults:
        yield from _find_year_faults(facts, office, entry)


def _find_year_faults(facts: Facts, office: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """Find years of an entry that do not follow each other."""
    first, last = entry.get("from", FIRST_YEAR), entry.get("until", LAST_YEAR)
    if first > last:
        yield _make_finding(facts, f"{office}.until", _("office-ends-before-it-begins", office=office, first=first))
    seen: set[int] = set()
    for index, one in enumerate(entry.get("earlier", ())):
        until = one["until"]
        if until in seen or not first <= until < last:
            reason = N_("earlier-year-twice") if until in seen else N_("earlier-year-outside")
            yield _make_finding(facts, f"{office}.earlier.{index}.until", _(reason, office=office, year=until))
        seen.add(until)


def _find_folder_clashes(facts: Facts) -> Iterator[Finding]:
    """Find offices whose names are the same folder on some file systems."""
    seen: dict[str, str] = {}
    for office in facts.tree:
        first = seen.setdefault(fold_name(office), office)
        if first != office:
            message = _("register-names-too-alike", office=office, first=first)
            yield _make_finding(facts, office, message, _("list-office-once"))


def _find_missing_parents(facts: Facts, units: Mapping[str, Unit], absent: Collection[str]) -> Iterator[Finding]:
    """Find parents that are not listed, or not for these years, and own offices (本级) without a parent."""
    for unit in units.values():
        if unit.parent in absent:
            message = _("parent-of-other-years", office=unit.id, parent=unit.parent)
            yield _make_finding(facts, f"{unit.id}.parent", message, _("say-parent-of-years", office=unit.id))
        if unit.parent and unit.parent not in facts.tree:
            message = _("parent-not-listed", office=unit.id, parent=unit.parent)
            yield _make_finding(facts, f"{unit.id}.parent", message, _("add-parent-with-name", parent=unit.parent))
        if unit.own and not unit.parent:
            message = _("own-office-without-parent", office=unit.id)
            yield _make_finding(facts, f"{unit.id}.own", message, _("say-whose-own-office"))


def _find_cycles(facts: Facts, units: Mapping[str, Unit]) -> Iterator[Finding]:
    """Find offices above themselves, or below too many others; a cycle is reported at its first office only."""
    levels: dict[str, int] = {}
    for first_office in units:
        chain: dict[str, None] = {}
        office = first_office
        while office in units and office not in levels and office not in chain:
            chain[office] = None
            office = units[office].parent
        if office in chain:
            names = list(chain)
            cycle = [*names[names.index(office) :], office]
            chain_text = " → ".join(cycle if len(cycle) <= LEVEL_LIMIT else [*cycle[:LEVEL_LIMIT], "…"])
            yield _make_finding(
                facts, f"{office}.parent", _("parents-in-circle", chain=chain_text), _("correct-one-parent")
            )
        for level, member in enumerate(reversed(chain), levels.get(office, 0) + 1):
            levels[member] = level
            if level == LEVEL_LIMIT + 1 and office not in chain:
                message = _("office-too-deep", office=member, limit=LEVEL_LIMIT)
                yield _make_finding(facts, f"{member}.parent", message)


def _find_duplicate_own_offices(facts: Facts, units: Mapping[str, Unit]) -> Iterator[Finding]:
    """Find second own offices (本级) of one parent."""
    own_offices: dict[str, str] = {}
    for unit in units.values():
        if unit.own and unit.parent and own_offices.setdefault(unit.parent, unit.id) != unit.id:
            message = _("two-own-offices", parent=unit.parent, first=own_offices[unit.parent], office=unit.id)
            yield _make_finding(facts, f"{unit.id}.own", message)


def _find_duplicate_names(facts: Facts, units: Mapping[str, Unit]) -> Iterator[Finding]:
    """Find names that are listed twice: below one office they are confused, elsewhere there may be two such offices."""
    seen: dict[str, Unit] = {}
    for unit in units.values():
        first = seen.setdefault(unit.name, unit)
        if first is unit or (unit.own and first.own and unit.parent != first.parent):
            continue
        message = _("register-name-twice", name=unit.name, office=unit.id, first=first.id)
        finding = _make_finding(facts, f"{unit.id}.name", message, _("tell-offices-apart"))
        yield replace(finding, level="warning" if unit.parent == first.parent else "note")
