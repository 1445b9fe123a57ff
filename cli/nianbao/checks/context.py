"""The context of a check, which rules judge: the report, last year's, its printed texts, the date, and others."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, get_args

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.compose.prose import DroppedMarkup
from nianbao.model.aggregate import UnitTotals
from nianbao.model.finding import Finding, Level, Place
from nianbao.model.offices import Register
from nianbao.model.report import Report

Scope = Literal["facts", "figures", "texts", "last_year", "neighbours", "units", "register"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # their meanings are listed in `rules`


class SharedSection(Struct, frozen=True):
    """A section that is mostly the same as another office's: that office, the percentage, and further offices."""

    section: str
    office: str
    share: int
    others: tuple[str, ...] = ()


class CheckContext(Struct, frozen=True):
    """A report and what rules need to judge it. `texts` has the plain text of each section, one paragraph a line.

    `texts` is empty if the templates could not be filled; `previous_texts` are last year's. `rule` and `level` are
    those of the current rule, and of the findings that `make_finding` makes.
    """

    report: Report
    today: date
    rules: tuple[str, ...] = ()  # the names that an acceptance may use
    author: str = ""  # the office that issues the report, if the file names it
    texts: Mapping[str, str] = field(default_factory=dict)
    find_undrawable: Callable[[frozenset[str]], frozenset[str]] = (
        frozenset().intersection
    )  # the characters that no font has
    previous_texts: Mapping[str, str] = field(default_factory=dict)
    register: Register = field(default_factory=Register)
    office: str = ""  # the folder of the office in the register
    units: UnitTotals | None = None  # the sums of its units, if it has any
    dropped_markup: Sequence[DroppedMarkup] = ()  # markup of the prose that is not allowed there
    neighbours: tuple[SharedSection, ...] | None = None  # None: it was not compared with other offices
    rule: str = ""
    level: Level = "error"

    def for_rule(self, rule: str, level: Level) -> "CheckContext":
        """Return a copy of the context for one rule, with its name and its usual level."""
        return replace(self, rule=rule, level=level)

    def has_data_for(self, scope: Scope) -> bool:
        """Return whether the context has the data that rules of a scope judge."""
        match scope:
            case "texts":
                return bool(self.texts)
            case "last_year":
                return self.report.previous is not None
            case "neighbours":
                return self.neighbours is not None
            case "units":
                return self.units is not None
            case "register":
                return bool(self.office)
        return True

    def make_finding(  # noqa: PLR0913  # the fields of a finding
        self,
        address: str,
        message: str,
        *,
        level: Level | None = None,
        label: str = "",
        notes: tuple[str, ...] = (),
        fix: str = "",
        place: Place | None = None,
        words: str = "",
    ) -> Finding:
        """Make a finding of the current rule, at an address of the data file, or at `place`."""
        found = place or self.report.facts.find_place(address)
        return Finding(self.rule, level or self.level, found, message, address, label, notes, fix, words)
