"""The figures of a picture: each name in it with its addresses, its label, and its value in a report."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from nianbao.model.form import OWN_FACTS, Form
from nianbao.model.pictures import Picture
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import Sum, parse_sum, resolve_path
from nianbao.model.value_types import ValueType

Path: TypeAlias = tuple[tuple[str, str], ...]  # the headings of a figure, outermost first: (id, label)


class Line(Struct, frozen=True):
    """One figure of a picture: its label and the sum that it is."""

    label: str
    sum: Sum

    def list_addresses(self, form: Form) -> list[str]:
        """List the addresses of its summands in a form; those of the office's own facts as they are."""
        return [
            address
            for _sign, path in self.sum
            for address in ((path,) if _is_own(path) else resolve_path(path, form.value_types))
        ]

    def add_up(self, report: Report) -> Number | None:
        """Return its value in a report; None where a summand is absent, or not in the form of that report."""
        total: Number = 0
        for sign, path in self.sum:
            addresses = (path,) if _is_own(path) else resolve_path(path, report.form.value_types)
            for address in addresses or ("",):
                number = report.figures.get(address, report.values.get(address))
                if isinstance(number, bool) or not isinstance(number, int | Decimal):
                    return None
                if not report.unread.isdisjoint(report.list_parts(address)):
                    return None
                total += sign * number
        return total


def _is_own(path: str) -> bool:
    return path.startswith(f"{OWN_FACTS}.")


def list_lines(form: Form, picture: Picture) -> list[list[Line]]:
    """List the figures of a picture: a list for each name, of one figure, of those below it, or one for each part."""
    sums = [_list_sums(form, picture, name) for name in picture.figures]
    flat = [one for group in sums for one in group]
    labels = iter(_name_sums(form, flat))
    named = [[Line(next(labels), one) for one in group] for group in sums]
    if not picture.labels:
        return named
    if picture.parts:
        return named
    given = iter(picture.labels)
    return [[Line(next(given, line.label), line.sum) for line in group] for group in named]


def _list_sums(form: Form, picture: Picture, name: str) -> list[Sum]:
    if picture.parts:
        return [tuple((sign, f"{path}.{part}") for sign, path in parse_sum(name)) for part in picture.parts]
    if not _is_group(form, name):
        return [parse_sum(name)]
    return [((1, address),) for address in _list_below(form, name)]


def _is_group(form: Form, name: str) -> bool:
    return name in form.groups and name not in form.value_types


def _list_below(form: Form, name: str) -> Iterator[str]:
    for address, value_type in form.value_types.items():
        if address.startswith(f"{name}.") and value_type.is_number and address not in form.totals:
            yield address


def _name_sums(form: Form, sums: list[Sum]) -> list[str]:
    """Name sums by the last of the headings that they do not have in common, or by all of these."""
    paths = [_find_common([_list_headings(form, address) for address in _resolve(form, one)]) for one in sums]
    return _name_paths(paths, [one[0][1].rpartition(".")[2] for one in sums])


def _name_paths(paths: list[Path], instead: list[str]) -> list[str]:
    """Name paths of headings; `instead` are names for those without any."""
    shared = _find_common(paths) if len(paths) > 1 else ()
    own = [[label for part in path if part not in shared for label in part[1:]] for path in paths]
    last = [[label for _id, label in path[-1:]] or [name] for path, name in zip(paths, instead, strict=True)]
    labels = [one or other for one, other in zip(own, last, strict=True)]
    lasts = [one[-1] for one in labels]
    return lasts if len({*lasts}) == len(lasts) else [" · ".join(one) for one in labels]


def _resolve(form: Form, one: Sum) -> list[str]:
    return Line("", one).list_addresses(form)


def _find_common(paths: list[Path]) -> Path:
    return tuple(part for part in paths[0] if all(part in path for path in paths)) if paths else ()


def _list_headings(form: Form, address: str) -> Path:
    slot = form.slots.get(address)
    if slot is None:
        return ((address, form.labels[address]),) if address in form.labels else ()
    return tuple((heading.id, heading.label) for heading in (*slot.rows, *slot.columns) if heading.id)


def name_headings(form: Form, picture: Picture) -> tuple[list[str], list[str]]:
    """Name the rows and the parts of a picture that has parts."""
    lines = list_lines(form, picture)
    rows, parts = (
        [_find_common(_list_paths(form, line)) for line in side] for side in (lines, zip(*lines, strict=True))
    )
    labels = _name_paths(rows, list(picture.figures))
    return [*picture.labels, *labels[len(picture.labels) :]], _name_paths(parts, list(picture.parts))


def _list_paths(form: Form, lines: Iterable[Line]) -> list[Path]:
    return [_list_headings(form, address) for line in lines for address in _resolve(form, line.sum)]


def find_type(form: Form, address: str) -> tuple[ValueType | None, str]:
    """Return the type and the unit of an address; None where it is no number."""
    if address in form.slots:
        return form.slots[address].value_type, form.slots[address].unit
    unit = next((fact.unit for fact in form.facts if fact.id == address), "")
    return form.value_types.get(address), unit
