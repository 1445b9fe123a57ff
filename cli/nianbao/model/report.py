"""A report: a form filled with the facts of one file, with totals computed and relations checked."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import chain, repeat
from typing import Any

from msgspec import Struct

from nianbao.model.facts import Facts
from nianbao.model.form import EXCLUDED, OWN_FACTS, UNTYPED_TABLES, Form
from nianbao.model.open_rows.applicability import find_excluded
from nianbao.model.open_rows.filling import expand_form
from nianbao.model.period import Period, parse_period
from nianbao.model.relations import Check, Part
from nianbao.model.value_types import Value, ValueType, guess_value_type

Number = int | Decimal


class ReportEntry(Struct, frozen=True, gc=False):  # 200 of each report, and none refers back to itself
    """One entry of a data file, compared with the form: its value, and the value type that the form requires."""

    address: str
    value: object
    value_type: ValueType | None  # None for a table, and for an address that is not in the form
    known: bool
    fault: str = ""  # why the value is not of its value type

    @property
    def valid(self) -> bool:
        """Return whether the form has the address, and the value is of its value type."""
        return self.known and self.value_type is not None and not self.fault


class Report(Struct, frozen=True, eq=False, dict=True):
    """A filled form.

    `figures` has the figures of every table by address, but those that are absent; totals that are left out are
    computed.
    """

    form: Form
    facts: Facts
    entries: tuple[ReportEntry, ...]  # all entries of the data file, in its order
    figures: dict[str, Number]
    computed: dict[str, tuple[str, ...]]  # totals that are left out -> the addresses that they are the sum of
    values: dict[str, Value]  # valid ones that are no figure: outside tables, in tables what is no number, own facts
    previous: "Report | None" = None  # last year's report, if there is one
    excluded: frozenset[str] = frozenset()  # addresses of cells and facts that do not apply

    @cached_property
    def period(self) -> Period | None:
        """The period that the report is about, as its file says; None if it does not have a valid one."""
        period = parse_period(str(self.values.get(self.form.kind.period_fact, "")))
        return period if period and self.form.kind.calendar.has(period) else None

    @property
    def year(self) -> int:
        """The year of the period; 0 if the file does not have a valid one."""
        return self.period.year if self.period else 0

    @cached_property
    def invalid_entries(self) -> tuple[ReportEntry, ...]:
        """The entries that hold no valid value: tables, and what is wrong; several rules ask for them."""
        return tuple([one for one in self.entries if one.fault or one.value_type is None or not one.known])

    @cached_property
    def prose(self) -> dict[str, str]:
        """Texts of the data file that replace the standard text, by section id."""
        return _select_texts(self.facts.tree.get("prose"))

    @cached_property
    def headings(self) -> dict[str, str]:
        """Headings of the data file that replace those of the form, by section id."""
        return _select_texts(self.facts.tree.get("headings"))

    def add_up_sides(self, check: Check) -> tuple[Number, Number]:
        """Return the sums of both sides of a check; a cell that does not apply counts nothing."""
        if check.side_addresses is not None:
            get, (of_left, of_right) = self.figures.get, check.side_addresses
            return sum(map(get, of_left, repeat(0))), sum(map(get, of_right, repeat(0)))
        left = sum([part.term.factor * self.add_up_part(part) for part in check.left])
        right = sum([part.term.factor * self.add_up_part(part) for part in check.right])
        return left, right

    def add_up_part(self, part: Part) -> Number:
        """Return the sum of the figures of a part of a check, of this or of last year, or what its function makes.

        The factor is not applied, and absent figures count nothing.
        """
        if part.constant is not None:
            return part.constant
        figures = self._get_figures(previous=part.term.previous)
        found = [figures[address] for address in part.addresses if address in figures]
        match part.term.function:
            case "count":
                return sum(address in figures or address in self.values for address in part.addresses)
            case "min":
                return min(found, default=0)
            case "max":
                return max(found, default=0)
        return sum(found)

    def find_figure(self, address: str, *, previous: bool = False) -> Number | None:
        """Return a figure of this report, or of last year's; None if it is absent."""
        return self._get_figures(previous=previous).get(address)

    def _get_figures(self, *, previous: bool) -> dict[str, Number]:
        report = self.previous if previous else self
        if report is None:
            raise LookupError
        return report.figures

    def is_satisfied(self, check: Check) -> bool:
        """Return whether a check holds."""
        holds = check.sides.holds(*self.add_up_sides(check), check.relation.within)
        return holds or any(self._may_judge(one) and self.is_satisfied(one) for one in check.others)

    @cached_property
    def unread(self) -> frozenset[str]:
        """Addresses of figures that the file may have but that cannot be read, so that no check can use them.

        A value of the wrong type makes its own figure unreadable; an unknown key, all figures of its table, since any
        of them may be meant.
        """
        unreadable = set()
        for entry in self.invalid_entries:
            if entry.fault or (not entry.value_type and not isinstance(entry.value, dict)):
                unreadable.add(entry.address)
            if not entry.known:
                unreadable.add(entry.address.rpartition(".")[0])
        unreadable.discard("")
        if not unreadable:
            return frozenset()
        return self._list_figures_below(unreadable)

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Addresses of figures of which nothing can be said: unread ones, and those of tables that are not there."""
        missing = [table.id for table in self.form.tables if table.id not in self.facts.tree]
        return self.unread | self._list_figures_below(missing) if missing else self.unread

    def _list_figures_below(self, addresses: Iterable[str]) -> frozenset[str]:
        prefixes = tuple(f"{address}." for address in addresses)
        return frozenset(address for address in self.form.slots if f"{address}.".startswith(prefixes))

    def list_parts(self, address: str) -> tuple[str, ...]:
        """Return the addresses that a computed total is the sum of, with computed ones resolved; others as they are."""
        if address not in self.computed:
            return (address,)
        return tuple(part for summand in self.computed[address] for part in self.list_parts(summand))

    @cached_property
    def is_complete(self) -> bool:
        """Whether every figure is there and readable."""
        return not self.unread and len(self.figures) == len(self.form.omitted_figures)

    @cached_property
    def judged(self) -> tuple[Check, ...]:
        """The checks that can be judged: all that they need of figures, last year's too, is there and readable.

        The condition of a check holds.
        """
        return tuple(
            check
            for check in self.form.checks
            if ((self.is_complete and not check.uses_previous) or self._may_judge(check))
            and (not check.condition or (self._may_judge(check.condition) and self.is_satisfied(check.condition)))
        )

    def _may_judge(self, check: Check) -> bool:
        sides = check.side_addresses
        if sides and all(sides) and all(map(self.readable_figures.__contains__, chain(*sides))):  # as of most
            return True
        is_readable = self._is_readable if check.relation.blanks == "skip" else self._is_known
        if not all(map(is_readable, check.parts)):
            return False
        return (check.relation.blanks == "skip" and not self.excluded) or all(
            any(map(self._has_figure, side)) for side in (check.left, check.right)
        )

    def _is_readable(self, part: Part) -> bool:
        """Return whether a part has all its figures, or one of them if that is enough for its function."""
        report = self.previous if part.term.previous else self
        if report is None:
            return part.constant is not None
        if report.is_complete and report.form is self.form:
            return True
        if part.term.function:
            is_there = self._has_figure(part)
        else:
            is_there = all(one in report.figures or one in report.excluded for one in part.addresses)
        return is_there and self._is_known(part)

    def _is_known(self, part: Part) -> bool:
        """Return whether nothing is unread of the figures of a part, those that are there and those that are not."""
        report = self.previous if part.term.previous else self
        if report is None:
            return part.constant is not None
        return report.doubtful.isdisjoint(part.addresses)

    def _has_figure(self, part: Part) -> bool:
        report = self.previous if part.term.previous else self
        if part.constant is not None or part.term.function == "count":
            return True
        return report is not None and any(address in report.figures for address in part.addresses)

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """Addresses of which something is unknown: the figure, or one that it is computed of."""
        if not self.unknown:
            return frozenset()
        sums = (one for one in self.computed if not self.unknown.isdisjoint(self.list_parts(one)))
        return (self.unknown - self.computed.keys()).union(sums)

    @cached_property
    def readable_figures(self) -> Collection[str]:
        """Addresses of figures of which nothing is unknown, so that a check of them needs no closer look."""
        return self.figures.keys() - self.doubtful

    @cached_property
    def broken(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.judged if not self.is_satisfied(check))


def fill_form(form: Form, facts: Facts, previous: Report | None = None) -> Report:
    """Fill a form: a figure that is left out is 0 or absent, a total that is left out is the sum of its parts.

    A total that may be absent is so where one of its parts is; of others absent parts count nothing. A value of the
    wrong type counts as left out; rules report it.
    """
    form, facts = expand_form(form, facts)
    entries: list[ReportEntry] = []
    values: dict[str, Any] = {}
    _match_entries(facts.tree, "", form, entries, values)
    excluded = find_excluded(form, values, values.get(EXCLUDED)) if EXCLUDED in form.common_facts else frozenset()
    omitted = form.omitted_figures
    figures: dict[str, Number] = {
        address: figure for address, zero in omitted.items() if (figure := values.get(address, zero)) is not None
    }
    for address in excluded:
        figures.pop(address, None)
    computed = compute_totals(form, figures, values.keys(), excluded)
    others = {address: value for address, value in values.items() if address not in omitted}
    return Report(form, facts, tuple(entries), figures, computed, others, previous, excluded)


def compute_totals(
    form: Form, figures: dict[str, Number], written: Collection[str], excluded: frozenset[str] = frozenset()
) -> dict[str, tuple[str, ...]]:
    """Put the totals that are not written into the figures; return the addresses that each is the sum of."""
    computed: dict[str, tuple[str, ...]] = {}
    for address, parts in form.totals.items():
        is_known = form.omitted_figures[address] is not None or figures.keys() | excluded >= set(parts)
        if address not in written and address not in excluded and is_known:
            computed[address] = parts
            figures[address] = sum([figures.get(part, 0) for part in parts])
    return computed


def _match_entries(
    tree: dict[str, Any], table: str, form: Form, entries: list[ReportEntry], values: dict[str, Any]
) -> None:
    """Match every entry of a data file with the form, in the order of the file; collect the values of valid ones."""
    known, groups = form.values_below.get(table, {}), form.groups
    for key, value in tree.items():
        if found := known.get(key):  # nearly all of the 200 of each report
            address, value_type = found
            entry = ReportEntry(address, value, value_type, True, value_type.find_fault(value))  # noqa: FBT003  # positional, since there are many entries
        else:
            address = f"{table}.{key}" if table else key
            if table == OWN_FACTS:
                entry = ReportEntry(address, value, guess_value_type(value), key.isidentifier())
            else:  # a quoted key may look like a path
                entry = ReportEntry(address, value, None, known="." not in key and address in groups)
        entries.append(entry)
        if entry.valid:
            values[address] = value
        elif entry.known and isinstance(value, dict) and address in groups and address not in UNTYPED_TABLES:
            _match_entries(value, address, form, entries, values)


def _select_texts(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs if isinstance(text, str)}


def nest_values(values: Mapping[str, object]) -> dict[str, Any]:
    """Return values by address as the tree of tables that a data file has."""
    tree: dict[str, Any] = {}
    for address, value in values.items():
        *groups, key = address.split(".")
        table = tree
        for group in groups:
            table = table.setdefault(group, {})
        table[key] = value
    return tree
