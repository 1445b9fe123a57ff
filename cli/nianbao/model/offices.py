"""The register of offices, `data/offices.toml`: offices by the names of their folders, and their parents."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.model.facts import Facts
from nianbao.model.file_names import fold_name, is_portable
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.i18n import _
from nianbao.model.loading.loader import find_faults
from nianbao.model.loading.shapes import Shape, Text

REGISTER_FILE = "offices.toml"
REGISTER_RULE = "broken-register"
LEVEL_LIMIT = 50  # of offices below each other: rollups are recursive


class OfficeEntry(Shape, frozen=True):
    """The table of an office in the file; see `Unit`."""

    name: Text
    kind: Text = ""
    parent: Text = ""
    own: bool = False


class Unit(Struct, frozen=True):
    """An office: `id` is the name of its folder, `kind` is free text, `parent` is the folder of the office above it.

    `own`: its report holds the figures of the parent office itself (本级).
    """

    id: str
    name: str
    kind: str = ""
    parent: str = ""
    own: bool = False

    def __str__(self) -> str:
        return self.name


class Register(Struct, frozen=True, dict=True):
    """The offices in the order of their file, and the findings about it; without a file there are no offices."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    facts: Facts | None = None

    def list_children(self, office: str) -> tuple[Unit, ...]:
        """List the offices directly below one, in the order of the file."""
        return self._children.get(office, ())

    def list_ancestors(self, office: str) -> Iterator[str]:
        """List the ids of the offices above one, the nearest first; in a circle, no more than there may be levels."""
        for _level in range(LEVEL_LIMIT):
            office = self.units[office].parent if office in self.units else ""
            if not office:
                return
            yield office

    def get_unit(self, office: str, name: str = "") -> Unit:
        """Return an office; if it is not listed, one with `name`, or with the name of its folder."""
        return self.units.get(office) or Unit(office, name or office)

    @property
    def errors(self) -> list[Finding]:
        """The findings because of which nothing may be added up."""
        return [finding for finding in self.findings if finding.level == "error"]

    def require_right(self) -> None:
        """Raise `UserError` that lists the errors, if there are any: nobody knows then which office is above which."""
        if errors := self.errors:
            raise UserError("\n".join(f"{one.place}: {one.message}" for one in errors), _("mend-register-first"))

    def list_warnings(self) -> list[Finding]:
        """List the findings that forbid nothing."""
        return [finding for finding in self.findings if finding.level != "error"]

    def list_below(self, office: str) -> Iterator[Unit]:
        """List the offices below one on every level, each before those below it."""
        for unit in self.list_children(office):
            yield unit
            yield from self.list_below(unit.id)

    def names(self, office: str, stated: str) -> bool:
        """Return whether the name that a report states may be that of its office: one may be a part of the other.

        The report of an own office (本级) may also state the name of the office above. Every name is right for an
        office that is not listed.
        """
        unit = self.units.get(office)
        if not unit or not stated:
            return True
        known = [unit.name, *([self.get_unit(unit.parent).name] if unit.own else [])]
        return any(stated in name or name in stated for name in known)

    def find_named(self, name: str) -> str:
        """Return the folder of the first office with exactly this name; an empty text where none has it."""
        return self._folders_by_name.get(name, "")

    def list_findings(self, office: str) -> list[Finding]:
        """List the findings about the entry of an office, or about the file as a whole."""
        return [finding for finding in self.findings if finding.address.split(".")[0] in {"", office}]

    def find_place(self, office: str) -> Place:
        """Return the place of an office's entry in the file."""
        return self.facts.find_key(office) if self.facts else Place(REGISTER_FILE)

    @cached_property
    def _folders_by_name(self) -> dict[str, str]:
        return {unit.name: unit.id for unit in reversed([*self.units.values()])}

    @cached_property
    def _children(self) -> dict[str, tuple[Unit, ...]]:
        found: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            if unit.parent and self._has_top(unit):
                found.setdefault(unit.parent, []).append(unit)
        return {parent: tuple(units) for parent, units in found.items()}

    def _has_top(self, unit: Unit) -> bool:
        """Return whether the offices above a unit end: they are in no circle, and not too many."""
        return len(list(self.list_ancestors(unit.id))) < LEVEL_LIMIT


def load_register(facts: Facts | Finding) -> Register:
    """Load the register: valid entries become units, faults become findings."""
    if isinstance(facts, Finding):
        return Register(findings=tuple(facts.split()))
    found: list[Finding] = []
    units: dict[str, Unit] = {}
    for office, entry in facts.tree.items():
        faults = list(_find_entry_faults(facts, office, entry))
        found += faults
        if not faults:
            units[office] = Unit(office, **entry)
    found += _find_folder_clashes(facts)
    found += _find_missing_parents(facts, units)
    found += _find_cycles(facts, units)
    found += _find_duplicate_own_offices(facts, units)
    found += _find_duplicate_names(facts, units)
    return Register(units, tuple(found), facts)


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
    for fault in find_faults(entry, OfficeEntry, (office,), office):
        yield Finding(
            REGISTER_RULE, "error", facts.find_place(fault.keys), fault.message, ".".join(map(str, fault.keys))
        )


def _find_folder_clashes(facts: Facts) -> Iterator[Finding]:
    """Find offices whose names are the same folder on some file systems."""
    seen: dict[str, str] = {}
    for office in facts.tree:
        first = seen.setdefault(fold_name(office), office)
        if first != office:
            message = _("register-names-too-alike", office=office, first=first)
            yield _make_finding(facts, office, message, _("list-office-once"))


def _find_missing_parents(facts: Facts, units: Mapping[str, Unit]) -> Iterator[Finding]:
    """Find parents that are not listed, and own offices (本级) without a parent."""
    for unit in units.values():
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
