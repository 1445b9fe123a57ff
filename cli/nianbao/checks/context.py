"""What a rule judges: a report with last year's, its texts as they would be printed, and the day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from nianbao.compose.prose import DroppedMarkup
from nianbao.model.aggregate import UnitTotals
from nianbao.model.finding import Finding, Level, Place
from nianbao.model.offices import Register
from nianbao.model.report import Report

Scope = Literal["facts", "figures", "texts", "last_year", "neighbours", "units", "register"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # what they mean, see `rules`
PICTURE = "picture"  # the kind of what is left out that has a rule of its own


@dataclass(frozen=True, slots=True)
class SharedSection:
    """A section that says what another office's says: which office, per cent of it, and others like that one."""

    section: str
    office: str
    share: int
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckContext:
    """A report before its rules. `texts` has the plain text of each section, one paragraph a line.

    `texts` is empty where the templates could not be filled; `before` are last year's texts. `rule` and `level` are
    those of the rule that judges it, and so of what `find` makes.
    """

    report: Report
    today: date
    rules: tuple[str, ...] = ()  # the names that an acceptance may give
    author: str = ""  # who issues the report, where the file says so
    texts: Mapping[str, str] = field(default_factory=dict)
    find_undrawable: Callable[[frozenset[str]], frozenset[str]] = (
        frozenset().intersection
    )  # of signs, those without a face
    previous_texts: Mapping[str, str] = field(default_factory=dict)
    register: Register = field(default_factory=Register)
    office: str = ""  # the folder of the office in the register
    units: UnitTotals | None = None  # those of an office above
    dropped_markup: Sequence[DroppedMarkup] = ()  # of the prose, since it is no markup that prose may have
    neighbours: tuple[SharedSection, ...] | None = (
        None  # sections that other offices have too; None: it was not compared
    )
    rule: str = ""
    level: Level = "error"

    def for_rule(self, rule: str, level: Level) -> "CheckContext":
        """Return the same case for one rule to judge, with its name and its usual level."""
        context = object.__new__(CheckContext)
        vars(context).update(vars(self), rule=rule, level=level)  # `replace` takes seven times as long, for every rule
        return context

    def has_data_for(self, scope: Scope) -> bool:
        """Tell whether there is what rules of a scope judge."""
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

    def make_finding(  # noqa: PLR0913  # a finding has that many sides
        self,
        address: str,
        message: str,
        *,
        level: Level | None = None,
        label: str = "",
        notes: tuple[str, ...] = (),
        fix: str = "",
        place: Place | None = None,
    ) -> Finding:
        """Make a finding of the rule that judges, at an address of the data file or at a place in it."""
        where = place or self.report.facts.find_place(address)
        return Finding(self.rule, level or self.level, where, message, address, label, notes, fix)
