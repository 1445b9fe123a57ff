"""The names that a template may use: the facts of a report as a tree, `requests.received.total`."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from jinja2 import StrictUndefined

from nianbao.form import OWN
from nianbao.report import Report


class Node:
    """A table of facts as templates see it: `requests.received.total` is a walk over nodes."""

    __slots__ = ("_address", "_entries")

    def __init__(self, address: str) -> None:
        self._address = address
        self._entries: dict[str, object] = {}

    def __getattr__(self, name: str) -> object:
        try:
            return self._entries[name]
        except KeyError:
            raise AttributeError(name) from None


def entries(node: Node) -> dict[str, object]:
    """Return what stands under a node, out of reach of templates, which see no name with an underscore."""
    return node._entries  # noqa: SLF001  # its own module


def place(node: Node) -> str:
    """Return a node's address."""
    return node._address  # noqa: SLF001  # its own module


class Absent:
    """A fact that the form knows and the data file leaves out: false in a test, an error in print."""

    __slots__ = ("address", "label")

    def __init__(self, address: str, label: str) -> None:
        self.address = address
        self.label = label

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())


class Unknown(StrictUndefined):
    """A name that means nothing: whatever a template does with it is an error that names it."""

    @property
    def _undefined_message(self) -> str:
        at = place(self._undefined_obj) if isinstance(self._undefined_obj, Node) else ""
        return unknown(self._undefined_obj, f"{at}.{self._undefined_name}".strip("."))


def unknown(above: object, address: str) -> str:
    """Say that an address names no fact under the node above, and which one is nearest."""
    known = entries(above) if isinstance(above, Node) else above if isinstance(above, Mapping) else {}
    group, _, name = address.rpartition(".")
    near = get_close_matches(name, list(known), 1)
    nearest = f"；最接近的是 {f'{group}.{near[0]}'.strip('.')}" if near else ""
    return f"没有名为 {address} 的事实{nearest}"


def names(report: Report) -> dict[str, object]:
    """Make the tree of facts that templates may name: each address of the form, and the office's own."""
    root = Node("")
    values = {**report.values, **report.figures}
    for address in (*report.form.kinds, *(at for at in values if at.startswith(f"{OWN}."))):
        *groups, last = address.split(".")
        node = root
        for group in groups:
            node = _below(node, group)
        entries(node)[last] = values.get(address, Absent(address, report.form.labels.get(address, "")))
    _below(root, OWN)
    return dict(entries(root))


def _below(node: Node, name: str) -> Node:
    below = entries(node).setdefault(name, Node(f"{place(node)}.{name}".strip(".")))
    if not isinstance(below, Node):
        raise TypeError(name)
    return below


def given(value: object) -> bool:
    """Tell whether the data file states a fact; a name that the form does not know is an error even here."""
    if isinstance(value, Unknown):
        str(value)
    return not isinstance(value, Absent)
