"""The names that a template may use: the facts of a report as a tree, `requests.received.total`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import NoReturn

from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateError

from nianbao.model.form import OWN_FACTS
from nianbao.model.i18n import _, translate
from nianbao.model.loading.inheritance import find_nearest
from nianbao.model.period import Calendar, Period
from nianbao.model.report import Report
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import VALUE_TYPES, Value, ValueType


class FactNode:
    """A table of facts as templates see it: each part of `requests.received` is the attribute of a node."""

    __slots__ = ("_address", "_report")

    def __init__(self, report: Report, address: str) -> None:
        self._report = report
        self._address = address

    def __getattr__(self, name: str) -> object:
        value = find_below(self, name)
        if value is None:
            raise AttributeError(name)
        return value


def find_below(node: FactNode, name: str) -> object:
    """Return the child of a node: a value, a node, an absent fact, or None where the form has no such name."""
    return find_fact(node._report, f"{node._address}.{name}")  # noqa: SLF001  # its own module


def get_address(node: FactNode) -> str:
    """Return a node's address; not an attribute of it, since an attribute would hide a fact of that name."""
    return node._address  # noqa: SLF001  # its own module


def list_names(node: FactNode) -> list[str]:
    """List the names that a node may have as children."""
    report, prefix = node._report, f"{node._address}."  # noqa: SLF001  # its own module
    addresses = (*report.form.value_types, *report.form.groups, *report.values)
    return sorted({address[len(prefix) :].split(".")[0] for address in addresses if address.startswith(prefix)})


class Year(int):
    """A year: a number that is printed without separators, as are years before and after it."""

    def __add__(self, other: int) -> int:
        return Year(int(self) + other) if isinstance(other, int) else int(self) + other

    def __sub__(self, other: int) -> int:
        return Year(int(self) - other) if isinstance(other, int) else int(self) - other

    __radd__ = __add__


class NumberOfType(Decimal):
    """A number that is printed as its type has it, such as 12.5%; what is calculated with it is a plain number."""

    value_type: ValueType


class TextOfType(str):  # noqa: SLOT000  # it has an attribute
    """A text of a type that is printed otherwise than it is written, such as a duration."""

    value_type: ValueType


class AbsentFact:
    """A fact that the form defines and the data file leaves out: false in a condition, an error in output.

    A cell of a table is printed instead as there: `printed`.
    """

    __slots__ = ("address", "label", "printed")

    def __init__(self, address: str, label: str, printed: str | None = None) -> None:
        self.address = address
        self.label = label
        self.printed = printed

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def _refuse(self, _other: object) -> NoReturn:
        raise TemplateError(_("data-file-lacks-fact", address=self.address, label=translate(self.label)))

    __lt__ = __le__ = __gt__ = __ge__ = _refuse


class PartOfTable:
    """What templates go through of tables: it knows what its parts are, and how to go through it."""

    __slots__ = ()

    def _describe_unknown(self, name: str) -> str:
        """Return the message that it has no part of this name."""
        raise NotImplementedError

    def _describe_use(self) -> str:
        """Return the message that it is no value, and how its values are reached."""
        raise NotImplementedError


def describe_no_value(value: object) -> str:
    """Return the message that something which a template prints is no single value."""
    if isinstance(value, PartOfTable):
        return value._describe_use()  # noqa: SLF001  # hidden from templates
    return _("placeholder-is-no-value")


class UnknownName(StrictUndefined):
    """An undefined name: every use of it in a template is an error that names it."""

    @property
    def _undefined_message(self) -> str:
        if isinstance(self._undefined_obj, PartOfTable):
            return self._undefined_obj._describe_unknown(str(self._undefined_name))  # noqa: SLF001  # see above
        parent = get_address(self._undefined_obj) if isinstance(self._undefined_obj, FactNode) else ""
        return describe_unknown(self._undefined_obj, f"{parent}.{self._undefined_name}".strip("."))


def describe_unknown(parent: object, address: str) -> str:
    """Return the message that an address names no fact under its parent node, with the most similar name."""
    names = list_names(parent) if isinstance(parent, FactNode) else list(parent) if isinstance(parent, Mapping) else []
    group, _dot, name = address.rpartition(".")
    near = find_nearest(name, names)
    return _("no-such-fact", address=address, nearest=tell_nearest(f"{group}.{near}".strip(".") if near else ""))


def tell_nearest(near: str) -> str:
    """Return the end of a message that tells the most similar name, where there is one."""
    return _("nearest-is", near=near) if near else ""


def make_names(report: Report) -> dict[str, object]:
    """Return the names that prose may use: the first part of each address of the form, the office's own, the period."""
    names = {name: find_fact(report, name) for name in (*report.form.first_keys, OWN_FACTS)}
    return _make_period_names(report) | names


def _make_period_names(report: Report) -> dict[str, object]:
    form, period = report.form, report.period
    if period is None:
        label = form.labels[form.kind.period_fact]
        return {name: AbsentFact(form.kind.period_fact, label) for name in ("year", *_PERIOD_NAMES)}
    return _make_period_values(form.kind.calendar, period)


@cache
def _make_period_values(calendar: Calendar, period: Period) -> dict[str, object]:
    values = (_mark(str(period), VALUE_TYPES["period"]), calendar.get_first_day(period), calendar.get_last_day(period))
    return {"year": Year(period.year)} | dict(zip(_PERIOD_NAMES, values, strict=True))


_PERIOD_NAMES = ("period", "period_start", "period_end")


def find_fact(report: Report, address: str) -> object:
    """Return what a template finds at an address: a value, a node, an absent fact, or None for an unknown one."""
    form = report.form
    value: Value | None = report.figures.get(address)
    if value is None:
        value = report.values.get(address)
    value_type = form.value_types.get(address)
    if value is not None:
        return _mark(value, value_type) if value_type and value_type.name in _TYPED else value
    if value_type:
        slot = form.slots.get(address)
        printed = get_nothing(report, slot) if slot and address not in report.unread else None
        return AbsentFact(address, form.labels.get(address, ""), printed)
    return FactNode(report, address) if address in form.groups else None


def get_nothing(report: Report, slot: Slot) -> str:
    """Return what is printed in a cell without a value."""
    marks = report.form.locale.file.marks
    if slot.address in report.excluded:
        return marks.does_not_apply
    return marks.nothing if slot.nothing is None else slot.nothing


_TYPED = frozenset({"year", "percent", "currency", "duration", "period", "url"})  # printed not as their values are


def _mark(value: Value, value_type: ValueType) -> object:
    """Mark a value with its type, by which it is printed."""
    if value_type.name == "year" and isinstance(value, int):
        return Year(value)
    if isinstance(value, str | int | Decimal):
        marked = TextOfType(value) if isinstance(value, str) else NumberOfType(value)
        marked.value_type = value_type
        return marked
    return value


def is_given(value: object) -> bool:
    """Return whether the data file states a fact; a name that the form does not define is an error here too."""
    if isinstance(value, UnknownName):
        str(value)
    return not isinstance(value, AbsentFact)
