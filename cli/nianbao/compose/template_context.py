"""The names that a template may use: the facts of a report as a tree, `requests.received.total`."""

from collections.abc import Iterator, Mapping

from jinja2 import StrictUndefined

from nianbao.model.form import OWN_FACTS
from nianbao.model.i18n import _
from nianbao.model.report import Report


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
    return _find_fact(node._report, f"{node._address}.{name}")  # noqa: SLF001  # its own module


def get_address(node: FactNode) -> str:
    """Return a node's address; not an attribute of it, since an attribute would hide a fact of that name."""
    return node._address  # noqa: SLF001  # its own module


def list_names(node: FactNode) -> list[str]:
    """List the names that a node may have as children."""
    report, prefix = node._report, f"{node._address}."  # noqa: SLF001  # its own module
    addresses = (*report.form.value_types, *report.form.groups, *report.values)
    return sorted({address[len(prefix) :].split(".")[0] for address in addresses if address.startswith(prefix)})


class AbsentFact:
    """A fact that the form defines and the data file leaves out: false in a condition, an error in output."""

    __slots__ = ("address", "label")

    def __init__(self, address: str, label: str) -> None:
        self.address = address
        self.label = label

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())


class UnknownName(StrictUndefined):
    """An undefined name: every use of it in a template is an error that names it."""

    @property
    def _undefined_message(self) -> str:
        parent = get_address(self._undefined_obj) if isinstance(self._undefined_obj, FactNode) else ""
        return describe_unknown(self._undefined_obj, f"{parent}.{self._undefined_name}".strip("."))


def describe_unknown(parent: object, address: str) -> str:
    """Return the message that an address names no fact under its parent node, with the most similar name."""
    names = list_names(parent) if isinstance(parent, FactNode) else list(parent) if isinstance(parent, Mapping) else []
    group, _dot, name = address.rpartition(".")
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import, and only needed for mistakes

    matches = get_close_matches(name, names, 1)
    nearest = _("nearest-is", near=f"{group}.{matches[0]}".strip(".")) if matches else ""
    return _("no-such-fact", address=address, nearest=nearest)


def make_names(report: Report) -> dict[str, object]:
    """Return the names that templates may use: the first part of each address of the form, and the office's own."""
    return {name: _find_fact(report, name) for name in (*report.form.first_keys, OWN_FACTS)}


def _find_fact(report: Report, address: str) -> object:
    if address in report.figures:
        return report.figures[address]
    if address in report.values:
        return report.values[address]
    if address in report.form.value_types:
        return AbsentFact(address, report.form.labels.get(address, ""))
    return FactNode(report, address) if address in report.form.groups else None


def is_given(value: object) -> bool:
    """Return whether the data file states a fact; a name that the form does not define is an error here too."""
    if isinstance(value, UnknownName):
        str(value)
    return not isinstance(value, AbsentFact)
