"""Sums of the reports of units: the units that contribute to each sum, and the figures that are in no sum."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from typing import NoReturn, cast

from msgspec import Struct

from nianbao.model.finding import Finding, UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.report import Number, Report
from nianbao.model.units.record import RollupRecord
from nianbao.model.units.states import UnitState

_NOT_NEGATIVE = frozenset({"count", "money"})  # types whose sum grows with every unit
ROLLUP_DIFFERS = "rollup-differs"


class UnitReport(Struct, frozen=True):
    """The report of one unit: its figures, in the order of its form, None for those that are absent.

    `errors` are those of its figures, or why it cannot be read at all, and then `edition` is empty; `warnings` are
    those about amounts of money; `late` is the finding that it was issued late. `author` is what the report calls its
    office; `due` and `issued` are None where nobody knows. `open_figures` are figures, other than 0, of open rows:
    no sum has a cell for them. `has_accepted`: errors of its figures are accepted, and sums may have them too.
    """

    unit: Unit
    file: str
    edition: str = ""
    figures: tuple[Number | None, ...] = ()
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    late: Finding | None = None
    author: str = ""
    due: date | None = None
    issued: date | None = None
    open_figures: tuple[tuple[str, Number], ...] = ()
    has_accepted: bool = False


class UnplacedFigure(Struct, frozen=True):
    """A figure of a unit for which the form that is added up into has no cell."""

    report: UnitReport
    address: str
    figure: Number


class Aggregate(Struct, frozen=True, dict=True):
    """Reports of units added up into `form`: `counted` are in the sums, `broken` are left out for their errors.

    `forms` are the forms of the units by edition.
    """

    form: Form
    forms: Mapping[str, Form]
    counted: tuple[UnitReport, ...]
    broken: tuple[UnitReport, ...] = ()

    @cached_property
    def figures(self) -> dict[str, Number]:
        """What the figures of every cell make, by address: their sum, to the last digit, or as the form says.

        A cell that is not rolled up, or of which every unit's figure is absent, has none.
        """
        found: dict[str, Number] = {}
        for address, zero in self.form.omitted_figures.items():
            slot, values = self.form.slots[address], self._columns.get(address, [])
            if slot.weight:
                figure = _weigh(values, self._columns.get(slot.weight, []), slot.value_type.places)
            else:
                figure = _combine(slot.rollup, values, zero)
            if figure is not None:
                found[address] = figure
        return found

    @cached_property
    def _columns(self) -> dict[str, list[Number | None]]:
        """The figures of the units that go into each cell; those of one edition stand together, in its order."""
        by_edition: dict[str, list[tuple[Number | None, ...]]] = {}
        for report in self.counted:
            by_edition.setdefault(report.edition, []).append(report.figures)
        found: dict[str, list[Number | None]] = {}
        for edition, figures in by_edition.items():
            for target, column in zip(self._map_cells(edition).values(), zip(*figures, strict=True), strict=True):
                if target:
                    found.setdefault(target, []).extend(column)
        return found

    def find_contributions(self, address: str) -> list[tuple[UnitReport, Number | None]]:
        """Return what each unit contributes to a cell; None if it has no such figure."""
        found: list[tuple[UnitReport, Number | None]] = []
        for report in self.counted:
            sources = (report.figures[source] for source in self._find_sources(report.edition, address))
            figures = [figure for figure in sources if figure is not None]
            found.append((report, sum(figures, start=0) if figures else None))
        return found

    def sort_contributions(self, address: str) -> list[tuple[UnitReport, Number]]:
        """Return the contributions to a cell other than 0, the largest amount first."""
        found = [(report, figure) for report, figure in self.find_contributions(address) if figure]
        return sorted(found, key=lambda pair: max(pair[1], -pair[1]), reverse=True)

    @cached_property
    def unplaced(self) -> tuple[UnplacedFigure, ...]:
        """The figures of units, other than 0, for which the form has no cell."""
        return tuple(self._list_unplaced())

    def _list_unplaced(self) -> Iterator[UnplacedFigure]:
        for report in self.units_of_other_edition:
            for (address, target), figure in zip(self._map_cells(report.edition).items(), report.figures, strict=True):
                if not target and figure:
                    yield UnplacedFigure(report, address, figure)
        for report in self.counted:
            yield from (UnplacedFigure(report, address, figure) for address, figure in report.open_figures)

    @cached_property
    def units_without_cell(self) -> dict[str, list[UnitReport]]:
        """Cells for which some units, being of another edition, have no figure: address -> those units."""
        found: dict[str, list[UnitReport]] = {}
        for report in self.units_of_other_edition:
            for address in self.form.omitted_figures.keys() - self._map_cells(report.edition).values():
                found.setdefault(address, []).append(report)
        return {address: found[address] for address in self.form.omitted_figures if address in found}

    def list_rows_without_cells(self) -> list[tuple[str, tuple[str, ...], int]]:
        """Return the cells of `units_without_cell` by row: its address, the columns, and how many units.

        No columns means all that the row has.
        """
        rows: dict[str, list[str]] = {}
        for address in self.form.omitted_figures:
            slot = self.form.slots[address]
            rows.setdefault(address.removesuffix(f".{slot.column}"), []).append(address)
        found: list[tuple[str, tuple[str, ...], int]] = []
        for row, cells in rows.items():
            without = [address for address in cells if address in self.units_without_cell]
            columns = [address.removeprefix(f"{row}.") for address in without if len(without) < len(cells)]
            if without:
                found.append((row, tuple(columns), len(self.units_without_cell[without[0]])))
        return found

    @cached_property
    def units_of_other_edition(self) -> tuple[UnitReport, ...]:
        """The units of another edition."""
        return tuple(report for report in self.counted if report.edition != self.form.edition)

    def list_figures_to_write(self) -> dict[str, Number]:
        """Return the sums to write to a file: a total only if it is not the sum of its parts."""
        sums = self.figures
        computed = {
            total
            for total, parts in self.form.totals.items()
            if sums.get(total) == sum(sums.get(part, 0) for part in parts)
        }
        return {address: figure for address, figure in sums.items() if address not in computed}

    def _map_cells(self, edition: str) -> dict[str, str]:
        return map_cells(self.form, self.forms[edition])

    def _find_sources(self, edition: str, address: str) -> list[int]:
        return [index for index, target in enumerate(self._map_cells(edition).values()) if target == address]


def _combine(rollup: str, values: Sequence[Number | None], zero: int | None) -> Number | None:
    """Make one figure of those of the units as a form says; `zero` is the figure of no units, if there is one."""
    given = [value for value in values if value is not None] if None in values else cast("Sequence[Number]", values)
    if rollup == "sum":
        return sum(given) if given else zero
    way: Callable[..., Number] | None = {"max": max, "min": min}.get(rollup)
    return way(given, default=zero) if way else None


def _weigh(values: Sequence[Number | None], weights: Sequence[Number | None], places: int) -> Number | None:
    """Return the weighted mean of figures, rounded half up; None where nothing has a weight, or not all have one."""
    if len(values) != len(weights):
        return None
    pairs = [
        (value, weight)
        for value, weight in zip(values, weights, strict=True)
        if value is not None and weight is not None
    ]
    total = sum(weight for _value, weight in pairs)
    if not total:
        return None
    mean = sum(Decimal(value) * weight for value, weight in pairs) / Decimal(total)
    return mean.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


class UnitTotals(Struct, frozen=True):
    """What the rules of an office's report need of its units: the sums, their states on every level, the record."""

    aggregate: Aggregate
    state: UnitState
    record: RollupRecord | None = None

    @property
    def missing(self) -> tuple[Unit, ...]:
        """The units directly below without a report."""
        return tuple(state.unit for state in self.state.below if state.condition == "missing")


def find_differences(report: Report, units: UnitTotals) -> Iterator[tuple[str, Number]]:
    """Find the cells of a report that differ from the sum of its units: address and that sum.

    A total that is left out is not compared, since its parts are, nor is a figure that is absent. Where units are
    missing, or have no such figure, a report that was not added up by a rollup may hold more than the sum, and only
    less than it is wrong.
    """
    aggregate = units.aggregate
    if not aggregate.counted:
        return
    incomplete = bool(units.missing or aggregate.broken)
    for address, total in aggregate.figures.items():
        figure = report.figures.get(address)
        if figure is None or figure == total or address in report.computed or address in report.unread:
            continue
        may_exceed = (incomplete or address in aggregate.units_without_cell) and not units.record
        slot = report.form.slots[address]
        if not may_exceed or (slot.rollup == "sum" and figure < total and slot.value_type.name in _NOT_NEGATIVE):
            yield address, total


def find_accepted_cells(report: Report) -> Mapping[str, str]:
    """Find the cells that a data file accepts as other than the sum of its units: address -> reason.

    An acceptance counts as long as the figure is the value that was accepted.
    """
    entries = report.facts.tree.get("accept", [])
    return {
        entry["at"]: str(entry["because"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
        and entry.get("rule") == ROLLUP_DIFFERS
        and entry.get("because")
        and isinstance(entry.get("at"), str)
        and entry["at"] in report.figures
        and report.figures[entry["at"]] == entry.get("value")
    }


def is_convertible(into: Form, form: Form) -> bool:
    """Return whether reports of `form` can be added up into `into`: the table `takes` of `into` must list it."""
    return form.edition == into.edition or (form.name == into.name and form.edition in into.takes)


@cache
def map_cells(into: Form, form: Form) -> dict[str, str]:
    """Map every figure of `form`, in its order, to the cell of `into` that it is added to; empty text for none.

    Raises `UserError` if the table `takes` of `into` names a row twice, or one that `form` does not have.
    """
    if form.edition == into.edition:
        return {address: address for address in form.omitted_figures}
    takes, key = into.takes[form.edition], f"takes.{form.edition}"
    found: dict[str, str] = {}
    for address in into.omitted_figures:
        row = next((row for row in takes if f"{address}.".startswith(f"{row}.")), None)
        sources = [address] if row is None else [source + address.removeprefix(row) for source in takes[row]]
        for source in sources:
            if row is not None and source not in form.slots:
                _raise_form_error(into.edition, key, _("edition-lacks-address", edition=form.edition, address=source))
            if source in found:
                _raise_form_error(into.edition, key, _("address-counts-twice", address=source))
            if source in form.omitted_figures:
                found[source] = address
    return {address: found.get(address, "") for address in form.omitted_figures}


def _raise_form_error(edition: str, at: str, why: str) -> NoReturn:
    """Raise the `UserError` for a faulty form: `at` is the place in its file."""
    raise UserError(_("edition-file-fault", edition=edition, at=at, why=why), _("mend-form"))
