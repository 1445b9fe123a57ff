"""The names that a template may use: the facts of a report as a tree, `requests.received.total`."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from jinja2 import StrictUndefined

from nianbao.model.form import OWN
from nianbao.model.i18n import _
from nianbao.model.report import Report


class FactNode:
    """A table of facts as templates see it: `requests.received.total` is a walk over nodes."""

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
    """Return what stands under a node: a value, a node, an absent fact, or None where nothing is known."""
    return _find_fact(node._report, f"{node._address}.{name}")  # noqa: SLF001  # its own module


def get_address(node: FactNode) -> str:
    """Return a node's address, out of reach of templates, which see no name with an underscore."""
    return node._address  # noqa: SLF001  # its own module


def list_names(node: FactNode) -> list[str]:
    """Name what may stand under a node."""
    report, start = node._report, f"{node._address}."  # noqa: SLF001  # its own module
    addresses = (*report.form.kinds, *report.form.groups, *report.values)
    return sorted({address[len(start) :].split(".")[0] for address in addresses if address.startswith(start)})


class AbsentFact:
    """A fact that the form knows and the data file leaves out: false in a test, an error in print."""

    __slots__ = ("address", "label")

    def __init__(self, address: str, label: str) -> None:
        self.address = address
        self.label = label

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())


class UnknownName(StrictUndefined):
    """A name that means nothing: whatever a template does with it is an error that names it."""

    @property
    def _undefined_message(self) -> str:
        at = get_address(self._undefined_obj) if isinstance(self._undefined_obj, FactNode) else ""
        return describe_unknown(self._undefined_obj, f"{at}.{self._undefined_name}".strip("."))


def describe_unknown(above: object, address: str) -> str:
    """Say that an address names no fact under the node above, and which one is nearest."""
    others = list_names(above) if isinstance(above, FactNode) else list(above) if isinstance(above, Mapping) else []
    group, _dot, name = address.rpartition(".")
    near = get_close_matches(name, others, 1)
    nearest = _("；最接近的是 {near}", near=f"{group}.{near[0]}".strip(".")) if near else ""
    return _("没有名为 {address} 的事实{nearest}", address=address, nearest=nearest)


def make_names(report: Report) -> dict[str, object]:
    """Give the facts that templates may name: each address of the form, and the office's own."""
    return {top: _find_fact(report, top) for top in (*report.form.tops, OWN)}


def _find_fact(report: Report, address: str) -> object:
    if address in report.figures:
        return report.figures[address]
    if address in report.values:
        return report.values[address]
    if address in report.form.kinds:
        return AbsentFact(address, report.form.labels.get(address, ""))
    return FactNode(report, address) if address in report.form.groups else None


def is_given(value: object) -> bool:
    """Tell whether the data file states a fact; a name that the form does not know is an error even here."""
    if isinstance(value, UnknownName):
        str(value)
    return not isinstance(value, AbsentFact)
