"""Compare the values of two reports: each beside that of the earlier one, across editions of the form."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from msgspec import Struct

from nianbao.model.aggregate import is_convertible, map_cells
from nianbao.model.form import COMMON_FACTS, OWN_FACTS, Form
from nianbao.model.report import Number, Report
from nianbao.model.value_types import Value, ValueType

Status = Literal["kept", "new", "gone"]  # of a value, in the form
_IN_PERCENT = frozenset({"percent", "share"})  # of such a value only the difference is said
_IN_PROSE = frozenset({"text", "texts"})  # these are compared where they are printed
_TENTH = Decimal("0.1")


class ComparedValue(Struct, frozen=True):
    """A value of both reports; None where one has none. `address` is that of the later form, else of the earlier.

    `carried` is what the earlier report hands on to it, for a row of cases carried over.
    """

    address: str
    label: str
    unit: str
    value_type: ValueType
    before: Value | None
    after: Value | None
    status: Status = "kept"
    carried: Number | None = None

    @property
    def change(self) -> Number | None:
        """How much it has grown; None where it is no number or one report has none."""
        if isinstance(self.before, int | Decimal) and isinstance(self.after, int | Decimal):
            return self.after - self.before if self.value_type.is_number else None
        return None

    @property
    def percent(self) -> Decimal | None:
        """The change in per cent of the earlier number, with one place; None where there is no such."""
        if self.change is None or not self.before or self.value_type.name in _IN_PERCENT:
            return None
        return (100 * Decimal(self.change) / abs(Decimal(str(self.before)))).quantize(_TENTH, ROUND_HALF_UP)

    @property
    def is_changed(self) -> bool:
        """Return whether the reports have different values."""
        return self.before != self.after

    @property
    def is_empty(self) -> bool:
        """Return whether both reports have nothing here, or 0."""
        return not self.before and not self.after

    @property
    def is_lost(self) -> bool:
        """Return whether it is not what the earlier report hands on."""
        return self.carried is not None and self.after is not None and self.carried != self.after


class ComparedTable(Struct, frozen=True):
    """The values of one table of the form, or under an empty id those outside of tables."""

    id: str
    label: str
    values: tuple[ComparedValue, ...]


def compare_values(before: Report, after: Report, *, consecutive: bool) -> tuple[ComparedTable, ...]:
    """Compare every value of two reports but texts, in the order of the later form.

    With `consecutive` the earlier one hands its pending cases on. A figure that cannot be read counts as none.
    """
    sources = _map_sources(before.form, after.form)
    earlier, later = _read_values(before), _read_values(after)
    carries = after.form.carries if consecutive else {}
    values = [
        _compare_value(after.form, address, sources.get(address), earlier, later, carries)
        for address in _list_addresses(after.form)
    ]
    used = {source for found in sources.values() for source in found}
    gone = [address for address in _list_addresses(before.form) if address not in used]
    values += [_describe(before.form, address, earlier.get(address), None, "gone") for address in gone]
    return tuple(_group(before.form, after.form, [*values, *_compare_own(before, after)]))


def _compare_own(before: Report, after: Report) -> Iterator[ComparedValue]:
    """Compare the numbers among the facts that an office has of its own, which have names instead of labels."""
    types = {
        entry.address: entry.value_type
        for report in (after, before)
        for entry in report.entries
        if entry.address.startswith(f"{OWN_FACTS}.") and entry.value_type and entry.value_type.is_number
    }
    for address, value_type in types.items():
        values = before.values.get(address), after.values.get(address)
        status: Status = "new" if values[0] is None else "gone" if values[1] is None else "kept"
        yield ComparedValue(address, address.removeprefix(f"{OWN_FACTS}."), "", value_type, *values, status)


def have_common_values(before: Form, after: Form) -> bool:
    """Return whether some value of a table has a counterpart, or one of the forms has no tables."""
    if not before.slots or not after.slots:
        return True
    return any(sources for address, sources in _map_sources(before, after).items() if address in after.slots)


def _map_sources(before: Form, after: Form) -> dict[str, list[str]]:
    """Map each address of the later form to those of the earlier one that it is compared with: added up, if several."""
    sources = {address: [address] for address in _list_addresses(before) if address in after.value_types}
    if before.edition != after.edition and is_convertible(after, before):
        sources = {address: found for address, found in sources.items() if address not in after.omitted_figures}
        for source, target in map_cells(after, before).items():
            if target:
                sources.setdefault(target, []).append(source)
    return sources


def _list_addresses(form: Form) -> list[str]:
    skipped = {form.kind.period_fact, *COMMON_FACTS}
    return [
        address
        for address, value_type in form.value_types.items()
        if address not in skipped and (address in form.slots or value_type.name not in _IN_PROSE)
    ]


def _read_values(report: Report) -> Mapping[str, Value]:
    unread = report.unread
    figures = {address: figure for address, figure in report.figures.items() if address not in unread}
    return report.values | figures


def _compare_value(  # noqa: PLR0913, PLR0917  # what a value depends on
    form: Form,
    address: str,
    sources: list[str] | None,
    earlier: Mapping[str, Value],
    later: Mapping[str, Value],
    carries: Mapping[str, str],
) -> ComparedValue:
    after = later.get(address)
    if not sources:
        return _describe(form, address, None, after, "new")
    carried = None
    for row, last in carries.items():
        if f"{address}.".startswith(f"{row}."):
            carried = earlier.get(last + address.removeprefix(row))
    return _describe(form, address, _add_up(earlier, sources), after, "kept", carried)


def _add_up(values: Mapping[str, Value], sources: list[str]) -> Value | None:
    """Return the value of an address, or the sum of several; None where one cannot be read."""
    found = [values.get(source) for source in sources]
    if len(found) == 1:
        return found[0]
    numbers = [value for value in found if isinstance(value, int | Decimal)]
    return sum(numbers, start=0) if len(numbers) == len(found) else None


def _describe(  # noqa: PLR0913, PLR0917  # the fields of a value
    form: Form,
    address: str,
    before: Value | None,
    after: Value | None,
    status: Status,
    carried: Value | None = None,
) -> ComparedValue:
    slot = form.slots.get(address)
    unit = slot.unit if slot else next((fact.unit for fact in form.facts if fact.id == address), "")
    handed_on = carried if isinstance(carried, int | Decimal) else None
    return ComparedValue(
        address, form.labels[address], unit, form.value_types[address], before, after, status, handed_on
    )


def _group(before: Form, after: Form, values: list[ComparedValue]) -> Iterator[ComparedTable]:
    labels = {table.id: table.label for form in (before, after) for table in form.tables}
    order = dict.fromkeys([*(table.id for table in after.tables), *labels, ""])
    tables = {slot.address: table.id for form in (before, after) for table in form.tables for slot in table.slots}
    for id_ in order:
        own = tuple(value for value in values if tables.get(value.address, "") == id_)
        if own:
            yield ComparedTable(id_, labels.get(id_, ""), own)
