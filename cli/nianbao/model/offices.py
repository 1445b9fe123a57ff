"""The register of offices, `data/offices.toml`: offices by the names of their folders, and their parents.

They may have had other names and parents in earlier years: what is known of an office for one report year is asked of
the register of that year.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field

from nianbao.model.facts import Facts
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.i18n import _
from nianbao.model.period import FIRST_YEAR, LAST_YEAR

REGISTER_FILE = "offices.toml"
REGISTER_RULE = "broken-register"
LEVEL_LIMIT = 50  # of offices below each other: rollups are recursive


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


class History(Struct, frozen=True):
    """The first and the last report year of an office, and what it was `earlier`: until which year, oldest first."""

    first: int = FIRST_YEAR
    last: int = LAST_YEAR
    earlier: Sequence[tuple[int, Unit]] = ()

    def find_unit(self, year: int, now: Unit) -> Unit | None:
        """Return the office as it was in a report year; None where it had no report."""
        if not self.first <= year <= self.last:
            return None
        return next((unit for until, unit in self.earlier if year <= until), now)

    def list_changes(self) -> set[int]:
        """List the report years in which something was otherwise than in the year before or after."""
        years = {self.first - 1, self.first, self.last, self.last + 1}
        years.update(year for until, _unit in self.earlier for year in (until, until + 1))
        return {year for year in years if FIRST_YEAR <= year <= LAST_YEAR}


class Register(Struct, frozen=True, dict=True):
    """The offices in the order of their file, and the findings about it; without a file there are no offices.

    `units` are those of all years as they are now, with the `histories` of those that have one; in the register of a
    year they are those of that year, as they were then, and `absent` are the other ones.
    """

    units: Mapping[str, Unit] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    facts: Facts | None = None
    histories: Mapping[str, History] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def of_year(self, year: int) -> "Register":
        """Return the register as it was for reports of a year."""
        if not self.histories:
            return self
        if year not in self._of_years:
            found = {office: self._find_unit(unit, year) for office, unit in self.units.items()}
            units = {office: unit for office, unit in found.items() if unit}
            absent = frozenset(found.keys() - units.keys())
            self._of_years[year] = Register(units, self.findings, self.facts, absent=absent)
        return self._of_years[year]

    def lacks(self, office: str) -> bool:
        """Tell whether there are offices, but not this one."""
        return bool(self.units) and office not in self.units

    def _find_unit(self, unit: Unit, year: int) -> Unit | None:
        history = self.histories.get(unit.id)
        return history.find_unit(year, unit) if history else unit

    @cached_property
    def _of_years(self) -> dict[int, "Register"]:
        return {}

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
