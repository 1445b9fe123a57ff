"""What a rule judges: a report with last year's, its texts as they would be printed, and the day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from nianbao.compose.prose import LeftOut
from nianbao.model.aggregate import UnitTotals
from nianbao.model.finding import Finding, Level, Place
from nianbao.model.offices import Register
from nianbao.model.report import Report


@dataclass(frozen=True, slots=True)
class Copied:
    """A section that says what another office's says: which office, per cent of it, and others like that one."""

    section: str
    office: str
    share: int
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A report before its rules. `texts` has the plain text of each section, one paragraph a line.

    `texts` is empty where the templates could not be filled; `before` are last year's texts.
    """

    report: Report
    today: date
    rules: tuple[str, ...] = ()  # the names that an acceptance may give
    author: str = ""  # who issues the report, where the file says so
    texts: Mapping[str, str] = field(default_factory=dict)
    undrawable: Callable[[frozenset[str]], frozenset[str]] = frozenset().intersection  # of signs, those without a face
    before: Mapping[str, str] = field(default_factory=dict)
    register: Register = field(default_factory=Register)
    office: str = ""  # the folder of the office in the register
    units: UnitTotals | None = None  # those of an office above
    left_out: Sequence[LeftOut] = ()  # of the prose, since it is no markup that prose may have
    neighbours: tuple[Copied, ...] | None = None  # sections that other offices have too; None: it was not compared

    def find(  # noqa: PLR0913  # a finding has that many sides
        self,
        rule: str,
        level: Level,
        address: str,
        message: str,
        *,
        label: str = "",
        notes: tuple[str, ...] = (),
        fix: str = "",
        place: Place | None = None,
    ) -> Finding:
        """Make a finding at an address of the data file, or at a place in it."""
        return Finding(rule, level, place or self.report.facts.place(address), message, address, label, notes, fix)
