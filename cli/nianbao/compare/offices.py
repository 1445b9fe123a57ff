"""The reports of all offices, each beside its earlier one: key figures, and what does not follow from last year."""

from collections.abc import Iterator, Sequence
from functools import cached_property, partial

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks.check import limit_check
from nianbao.compare.figures import ComparedValue, compare_values, have_common_values
from nianbao.compare.reports import require_report
from nianbao.compose.document import compose_author
from nianbao.model.finding import UserError, try_work
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.period import Period
from nianbao.model.relations import Check
from nianbao.model.report import Number, Report
from nianbao.model.value_types import Value
from nianbao.workspace import selection
from nianbao.workspace.processes import pool
from nianbao.workspace.store import Store

TERMINAL, XLSX = "terminal", "xlsx"
FORMATS = (TERMINAL, XLSX)


class BrokenLink(Struct, frozen=True):
    """What does not follow from last year: `label` says of what, `expected` what should be, `found` what is there."""

    label: str
    expected: Number
    found: Number


class OfficePair(Struct, frozen=True):
    """The two reports of one office: key figures and broken links, none where it lacks one of the reports.

    `leaf`: its figures are in neither year the sum of those of its units. `unread` is the number of figures that cannot
    be read, which are not compared.
    """

    office: str
    name: str
    leaf: bool
    values: tuple[ComparedValue, ...] = ()
    links: tuple[BrokenLink, ...] = ()
    missing: Period | None = None
    unread: int = 0


class OfficesComparison(Struct, frozen=True, dict=True):
    """The reports of many offices for two periods, in the order of the register."""

    store: Store
    before: Period
    after: Period
    pairs: Sequence[OfficePair]

    @cached_property
    def form(self) -> Form:
        """The form in force for the later period."""
        return self.store.kind.form_in_force(self.after)

    def with_pairs(self, pairs: Sequence[OfficePair]) -> "OfficesComparison":
        """Return the same comparison with the offices as they were read, in the same order."""
        read = {pair.office: pair for pair in pairs}
        return replace(self, pairs=[read[pair.office] for pair in self.pairs if pair.office in read])

    @cached_property
    def compared(self) -> list[OfficePair]:
        """The offices that have both reports."""
        return [pair for pair in self.pairs if not pair.missing]

    @cached_property
    def figures(self) -> dict[str, ComparedValue]:
        """The key figures by address, of some office each, for their labels and types."""
        return {value.address: value for pair in self.compared for value in pair.values}

    def list_values(self, address: str) -> list[tuple[OfficePair, ComparedValue]]:
        """List the values of a key figure, with the office of each."""
        return [(pair, value) for pair in self.compared for value in pair.values if value.address == address]

    def add_up(self, address: str) -> ComparedValue | None:
        """Add a key figure up over the offices that have no units and have it in both reports.

        None where there are none, or where its sum has no meaning.
        """
        slot = self.form.slots.get(address)
        known = [value for pair, value in self.list_values(address) if pair.leaf and value.change is not None]
        is_sum = slot.rollup == "sum" if slot else bool(known) and known[0].value_type.adds_up
        return _add_values(known) if known and is_sum else None


def check_formats(names: Sequence[str], *, committed: bool = False) -> list[str]:
    """Return the formats without repetitions.

    Raises `UserError` for one that cannot show many offices, and with `committed`: git knows of one data file only.
    """
    if committed:
        raise UserError(_("compare-all-without-git"), _("compare-leave-all-out"))
    for name in names:
        if name.casefold() not in FORMATS:
            raise UserError(
                _("compare-all-format-unknown", name=name),
                _("output-formats-available", choices=join_words(FORMATS)),
            )
    return list(dict.fromkeys(name.casefold() for name in names))


def choose(store: Store, words: Sequence[str]) -> OfficesComparison:
    """Choose the periods by the words of a command line, and the offices that have a report of one of them.

    Raises `UserError` for words that are no periods, or are more than two.
    """
    store, words = selection.choose_kind(store, words)
    periods, others = selection.split_periods(store, words)
    if others:
        raise UserError(_("compare-all-names-no-office", word=others[0]), _("compare-leave-all-out"))
    offices = store.offices()
    if not offices:
        raise UserError(_("no-data-file-here"), _("run-in-report-folder"))
    periods = sorted(set(periods)) or [max(period for own in offices.values() for period in own)]
    if len(periods) > 2:  # noqa: PLR2004  # those of a comparison
        raise UserError(_("compare-too-many", count=len(periods)), _("compare-name-another"))
    before, after = periods if len(periods) > 1 else (periods[0].get_previous(), periods[0])
    if before is None:
        raise UserError(_("compare-nothing-before", data=after), _("compare-name-another"))
    order = dict.fromkeys([*store.register().units, *sorted({*store.folders(), *offices})])
    known = [office for office in order if {before, after} & set(offices.get(office, ()))]
    registers = [store.register(period) for period in (before, after)]
    pairs = [OfficePair(office, office, not any(one.list_children(office) for one in registers)) for office in known]
    return OfficesComparison(store, before, after, pairs)


def compare_all(chosen: OfficesComparison, jobs: int = 0) -> Iterator[OfficePair | UserError]:
    """Compare the reports of each office on several processes, in any order; for one that fails, a `UserError`."""
    work = partial(_try_compare, chosen.store, chosen.before, chosen.after)
    yield from pool.run_all(chosen.pairs, work, partial(_describe_lost_worker, chosen), jobs)


def _try_compare(store: Store, before: Period, after: Period, pair: OfficePair) -> OfficePair | UserError:
    office = store.of_office(pair.office)
    return try_work(partial(_compare, office, before, after, pair), office.data(after))


def _describe_lost_worker(chosen: OfficesComparison, pair: OfficePair) -> UserError:
    return pool.make_lost_error(chosen.store.of_office(pair.office).data(chosen.after))


def _compare(store: Store, before: Period, after: Period, pair: OfficePair) -> OfficePair:
    with limit_check():
        there = {
            period: require_report(store.report(period, last=True)) for period in (before, after) if store.has(period)
        }
        named = store.register(after).units.get(pair.office) or store.register().units.get(pair.office)
        authors = [compose_author(report) for report in reversed(there.values())]
        name = named.name if named else next(filter(None, authors), pair.office)
        missing = next((period for period in (before, after) if period not in there), None)
        if missing:
            return OfficePair(pair.office, name, pair.leaf, missing=missing)
        first, second = there[before], there[after]
        if not have_common_values(first.form, second.form):
            raise UserError(
                _("compare-editions-differ", first=first.form.edition, other=second.form.edition),
                _("compare-say-takes", edition=second.form.edition, other=first.form.edition),
            )
        is_next = store.get_previous(after) == before
        values = [value for table in compare_values(first, second, consecutive=is_next) for value in table.values]
        key_figures = list_key_addresses(second.form)
        of_figures = {value.address: value for value in values if value.address in key_figures}
        return OfficePair(
            pair.office,
            name,
            pair.leaf,
            tuple(of_figures[address] for address in key_figures if address in of_figures),
            tuple(_list_broken_links(second, values)) if is_next else (),
            unread=len(first.unread) + len(second.unread),
        )


def list_key_addresses(form: Form) -> list[str]:
    """List the addresses of the figures that a form calls important, else its totals, else all of them."""
    totals = [check.left[0].slots[0].address for check in form.checks if check.relation.total]
    return list(dict.fromkeys(form.key_figures or totals or form.slots))


def _list_broken_links(report: Report, values: Sequence[ComparedValue]) -> Iterator[BrokenLink]:
    """List the relations with last year's figures that do not hold, and what was carried over otherwise."""
    broken = [check for check in report.broken if check.uses_previous]
    for check in broken:
        found, expected = report.add_up_sides(check)
        yield BrokenLink(_label(check), expected, found)
    said = {address for check in broken for part in check.parts for address in part.addresses}
    for value in values:
        if (
            value.is_lost
            and value.address not in said
            and isinstance(value.after, Number)
            and value.carried is not None
        ):
            yield BrokenLink(value.label, value.carried, value.after)


def _label(check: Check) -> str:
    return f"{check.name_part(check.left[0])} · {check.label}" if check.left[0].slots else check.label


def _add_values(values: Sequence[ComparedValue]) -> ComparedValue:
    """Add values of one figure up."""
    first = values[0]
    before, after = (
        _add_numbers(numbers) for numbers in zip(*((one.before, one.after) for one in values), strict=True)
    )
    return ComparedValue(first.address, first.label, first.unit, first.value_type, before, after)


def _add_numbers(values: Sequence[Value | None]) -> Number:
    return sum((value for value in values if isinstance(value, Number)), start=0)
