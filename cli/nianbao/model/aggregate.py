"""What an office adds up from its units: each figure with the units that gave it, and what has no place in the sum."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property

from nianbao.model.finding import Finding
from nianbao.model.form import Form, bad
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.report import Number, Report

ROLLUP_DIFFERS = "rollup-differs"
_FIGURE_PATTERN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,20})?")  # of a record


@dataclass(frozen=True, slots=True)
class UnitReport:
    """What the report of one unit gives: its figures, in the order of its form.

    `faults` are errors of its figures, or why it cannot be read at all, and then there is no edition; `doubts` are
    warnings at amounts of money; `late` is the finding that it was issued late.
    """

    unit: Unit
    file: str
    edition: str = ""
    figures: tuple[Number, ...] = ()
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    late: Finding | None = None


@dataclass(frozen=True, slots=True)
class UnplacedFigure:
    """A figure that a unit gives and the sum has no place for."""

    report: UnitReport
    address: str
    figure: Number


@dataclass(frozen=True)
class Aggregate:
    """Units added up into a form: `counted` gave the figures, `broken` were left out for their faults.

    `forms` are those of the units by edition.
    """

    form: Form
    forms: Mapping[str, Form]
    counted: tuple[UnitReport, ...]
    broken: tuple[UnitReport, ...] = ()

    @cached_property
    def figures(self) -> dict[str, Number]:
        """The sum of every cell of every table, to the last digit, by address."""
        sums: dict[str, Number] = dict.fromkeys(self.form.slots, 0)
        of_edition: dict[str, list[tuple[Number, ...]]] = {}
        for given in self.counted:
            of_edition.setdefault(given.edition, []).append(given.figures)
        for edition, figures in of_edition.items():
            for place, column in zip(self._map_cells(edition).values(), zip(*figures, strict=True), strict=True):
                if place:
                    sums[place] += sum(column)
        return sums

    def find_contributions(self, address: str) -> list[tuple[UnitReport, Number | None]]:
        """Tell which unit gave what to a cell; None where its edition has no such figure."""
        found: list[tuple[UnitReport, Number | None]] = []
        for given in self.counted:
            at = self._find_sources(given.edition, address)
            found.append((given, sum((given.figures[source] for source in at), start=0) if at else None))
        return found

    def sort_contributions(self, address: str) -> list[tuple[UnitReport, Number]]:
        """Give the units that make up a cell, the biggest first."""
        found = [(given, figure) for given, figure in self.find_contributions(address) if figure]
        return sorted(found, key=lambda pair: max(pair[1], -pair[1]), reverse=True)

    @cached_property
    def unplaced(self) -> tuple[UnplacedFigure, ...]:
        """The figures other than 0 that the sum has no place for."""
        return tuple(
            UnplacedFigure(given, address, figure)
            for given in self.units_of_other_edition
            for (address, place), figure in zip(self._map_cells(given.edition).items(), given.figures, strict=True)
            if not place and figure
        )

    @cached_property
    def units_without_cell(self) -> dict[str, list[UnitReport]]:
        """Cells that some units, being of another edition, have no figure for."""
        found: dict[str, list[UnitReport]] = {}
        for given in self.units_of_other_edition:
            for address in self.form.slots.keys() - self._map_cells(given.edition).values():
                found.setdefault(address, []).append(given)
        return {address: found[address] for address in self.form.slots if address in found}

    def list_rows_without_cells(self) -> list[tuple[str, tuple[str, ...], int]]:
        """Give those cells by row: its address, the columns (none: all that it has), and how many units."""
        rows: dict[str, list[str]] = {}
        for address, slot in self.form.slots.items():
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
        return tuple(given for given in self.counted if given.edition != self.form.edition)

    def list_figures_to_write(self) -> dict[str, Number]:
        """Return the sums to write down: a total only where it is not the sum of its parts."""
        known = self.figures
        made = {
            total for total, parts in self.form.totals.items() if known[total] == sum(known[part] for part in parts)
        }
        return {address: figure for address, figure in known.items() if address not in made}

    def _map_cells(self, edition: str) -> dict[str, str]:
        return map_cells(self.form, self.forms[edition])

    def _find_sources(self, edition: str, address: str) -> list[int]:
        return [at for at, place in enumerate(self._map_cells(edition).values()) if place == address]


@dataclass(frozen=True, slots=True)
class RollupRecord:
    """How a data file was added up: its sums as they were written, so that edits by hand are seen."""

    figures: Mapping[str, Number]
    includes_own: bool = True  # the office's own figures were among them
    includes_broken: bool = False  # units with errors were too

    @classmethod
    def parse(cls, text: str) -> "RollupRecord | None":
        """Read a record from the text of its file; None for a text that is none."""
        try:
            raw = json.loads(text)
            figures = {at: _parse_number(figure) for at, figure in raw["figures"].items()}
            return cls(figures, raw["own"] is True, raw["broken"] is True)
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return None

    def format(self) -> str:
        """Write the text of its file: figures that are not 0, as texts, so that no digit is lost."""
        figures = {address: f"{Decimal(figure):f}" for address, figure in self.figures.items() if figure}
        return (
            json.dumps({"own": self.includes_own, "broken": self.includes_broken, "figures": figures}, indent=1) + "\n"
        )


def _parse_number(text: str) -> int | Decimal:
    """Read a figure as it is written down; raises ValueError for what no sum is: an exponent, or too many digits."""
    if not _FIGURE_PATTERN.fullmatch(text):
        raise ValueError(text)
    return Decimal(text) if "." in text else int(text)


@dataclass(frozen=True)
class UnitTotals:
    """The units of an office for the rules of its report: what they add up to, and which are missing."""

    aggregate: Aggregate
    missing: tuple[Unit, ...] = ()
    record: RollupRecord | None = None


def find_differences(report: Report, units: UnitTotals) -> Iterator[tuple[str, Number]]:
    """Find the cells of a report that are not the sum of its units, with that sum.

    Totals left out are told by their parts. Where units are missing, or have no such figure, a report that was not
    added up by a rollup may hold more than the sum, and only less of it is wrong.
    """
    rolled = units.aggregate
    if not rolled.counted:
        return
    partial = bool(units.missing or rolled.broken)
    for address, total in rolled.figures.items():
        figure = report.figures[address]
        if figure == total or address in report.computed or address in report.unread:
            continue
        open_end = (partial or address in rolled.units_without_cell) and not units.record
        if not open_end or (figure < total and report.form.slots[address].kind != "change"):
            yield address, total


def is_convertible(into: Form, form: Form) -> bool:
    """Tell whether the reports of one form can be added up into another."""
    return form.edition == into.edition or (form.name == into.name and form.edition in into.takes)


@cache
def map_cells(into: Form, form: Form) -> dict[str, str]:
    """Say for every figure of a form, in its order, which cell of another it goes to; an empty text for none.

    Raises `Stop` where the form that takes names a row twice, or one that the other has not.
    """
    if form.edition == into.edition:
        return {address: address for address in form.slots}
    takes, at = into.takes[form.edition], f"takes.{form.edition}"
    found: dict[str, str] = {}
    for address in into.slots:
        row = next((row for row in takes if f"{address}.".startswith(f"{row}.")), None)
        sources = [address] if row is None else [source + address.removeprefix(row) for source in takes[row]]
        for source in sources:
            if row is not None and source not in form.slots:
                bad(into.edition, at, _("{edition} 版没有 {address}", edition=form.edition, address=source))
            if source in found:
                bad(into.edition, at, _("{address} 会加到两处", address=source))
            if source in form.slots:
                found[source] = address
    return {address: found.get(address, "") for address in form.slots}
