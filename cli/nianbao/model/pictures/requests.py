"""Which pictures a report has, and what is wrong with those that a form or a data file asks for."""

from collections.abc import Iterator
from typing import Any

from msgspec import convert, to_builtins

from nianbao.model.form import OWN_FACTS, Form
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.loading.loader import find_faults
from nianbao.model.pictures import MAX_BARS, MAX_PICTURES, MAX_SERIES, PICTURES, Picture
from nianbao.model.pictures.lines import Line, find_type, list_lines
from nianbao.model.report import Report
from nianbao.model.text_rules import parse_sum, resolve_path


def list_pictures(report: Report) -> list[Picture]:
    """List the pictures of a report in their order: those of its form, then its own; none that has a fault."""
    asked: dict[str, dict[str, Any]] = {
        picture.id: to_builtins(picture) for picture in report.form.pictures if not picture.optional
    }
    for entry in list_requests(report):
        asked[str(entry["id"])] = _complete(report.form, entry)
    return [convert(entry, Picture) for entry in asked.values()][:MAX_PICTURES]


def list_requests(report: Report) -> list[dict[str, Any]]:
    """List what the data file asks for, as it is written, without what has a fault."""
    return [
        entry
        for number, entry in enumerate(_list_entries(report))
        if isinstance(entry, dict) and not any(_find_entry_faults(report, number, entry))
    ]


def is_offered(form: Form, request: dict[str, Any]) -> bool:
    """Tell whether a request says nothing but the name of a picture that the form offers."""
    return request.keys() == {"id"} and any(picture.id == request["id"] for picture in form.pictures)


def find_request_faults(report: Report) -> Iterator[Fault]:
    """Find what is wrong with the pictures that a data file asks for."""
    written = report.facts.tree.get(PICTURES, [])
    if not isinstance(written, list):
        yield Fault((PICTURES,), _("pictures-should-be-entries"))
        return
    if len(written) > MAX_PICTURES:
        yield Fault((PICTURES, MAX_PICTURES), _("too-many-pictures", limit=MAX_PICTURES))
    ids: list[object] = []
    for number, entry in enumerate(written[:MAX_PICTURES]):
        if isinstance(entry, dict) and entry.get("id") in ids:
            yield Fault((PICTURES, number, "id"), _("name-written-twice", name=entry["id"]))
        ids.append(entry.get("id") if isinstance(entry, dict) else None)
        yield from _find_entry_faults(report, number, entry)


def _list_entries(report: Report) -> list[Any]:
    written = report.facts.tree.get(PICTURES, [])
    return written[:MAX_PICTURES] if isinstance(written, list) else []


def _complete(form: Form, entry: dict[str, Any]) -> dict[str, Any]:
    offered: dict[str, Any] = next(
        (to_builtins(picture) for picture in form.pictures if picture.id == entry.get("id")), {}
    )
    return offered | entry


def _find_entry_faults(report: Report, number: int, entry: object) -> Iterator[Fault]:
    form, keys = report.form, (PICTURES, number)
    if not isinstance(entry, dict):
        yield Fault(keys, _("pictures-should-be-entries"))
        return
    whole = _complete(form, entry)
    faults = [*find_faults(whole, Picture, keys)]
    if entry.keys() == {"id"} and faults:
        known = [picture.id for picture in form.pictures]
        why = _("no-such-picture", name=entry["id"], known=join_words(known) or "–")
        faults = [Fault((*keys, "id"), why + suggest(entry["id"], known))]
    if not faults:
        picture = convert(whole, Picture)
        faults = [*find_picture_faults(form, picture, keys, report)]
    for fault in faults:
        written = fault.keys if len(fault.keys) < 3 or fault.keys[2] in entry else (*keys, "id")  # noqa: PLR2004  # list, number, key
        yield Fault(written, fault.message, fault.at_key and written == fault.keys)


def find_picture_faults(form: Form, picture: Picture, keys: Keys, report: Report | None = None) -> Iterator[Fault]:
    """Find names of sections and figures that a form does not have, and what cannot be drawn together.

    `report` is given where the picture is of a data file, which may draw its own facts.
    """
    sections = [section.id for section in form.sections]
    if picture.section not in sections:
        why = _("no-such-section", section=picture.section) + suggest(picture.section, sections)
        yield Fault((*keys, "section"), why)
    own = [address for address in report.values if address.startswith(f"{OWN_FACTS}.")] if report else []
    missing = [*_find_missing(form, picture, keys, own)]
    yield from missing
    if not missing:
        yield from _find_misfits(form, picture, keys)
        if report:
            yield from _find_negative(picture, keys, report)


def _find_missing(form: Form, picture: Picture, keys: Keys, own: list[str]) -> Iterator[Fault]:
    known = {address: None for address, value_type in form.value_types.items() if value_type.is_number}
    known |= dict.fromkeys(own)
    for number, (name, lines) in enumerate(zip(picture.figures, list_lines(form, picture), strict=True)):
        paths = [path for line in lines for _sign, path in line.sum] or [name]
        for path in paths:
            if not resolve_path(path, known):
                where = (*keys, "parts", paths.index(path)) if _is_part_missing(form, picture, name) else None
                why = _("no-such-figure", path=path) + suggest(path, [*known])
                yield Fault(where or (*keys, "figures", number), why)
                break


def _is_part_missing(form: Form, picture: Picture, name: str) -> bool:
    """Return whether a row is there, and not the part of it that is asked for."""
    has_row = any(address.startswith(f"{path}.") for address in form.slots for _sign, path in parse_sum(name))
    return bool(picture.parts) and has_row


def _find_misfits(form: Form, picture: Picture, keys: Keys) -> Iterator[Fault]:
    lines = list_lines(form, picture)
    found = [line for group in lines for line in group]
    units = {_describe_unit(form, address) for line in found for address in line.list_addresses(form)}
    if len(units) > 1:
        names = join_words(sorted(name or "–" for name, _kind in units))
        yield Fault((*keys, "figures"), _("figures-of-several-units", units=names))
    if picture.parts and (picture.periods > 1 or picture.draw in {"lines", "share"}):
        yield Fault((*keys, "parts"), _("parts-only-within-one-period"))
    if picture.draw == "share" and picture.periods > 1:
        yield Fault((*keys, "periods"), _("share-of-one-period"))
    if picture.draw == "lines" and picture.periods == 1:
        yield Fault((*keys, "draw"), _("lines-take-periods"))
    expected = len(lines) if picture.parts else len(found)
    if picture.labels and len(picture.labels) != expected:
        yield Fault((*keys, "labels"), _("labels-one-for-each", expected=expected))
    yield from _find_excess(picture, keys, len(lines), len(found))


def _find_excess(picture: Picture, keys: Keys, rows: int, count: int) -> Iterator[Fault]:
    series = len(picture.parts) or (count if picture.periods > 1 or picture.draw == "share" else 1)
    bars = picture.periods if picture.periods > 1 else rows if picture.parts else count
    if series > MAX_SERIES:
        key = "parts" if picture.parts else "figures"
        yield Fault((*keys, key), _("too-many-series", count=series, limit=MAX_SERIES))
    elif bars * (series if picture.draw == "bars" else 1) > MAX_BARS:
        yield Fault((*keys, "figures"), _("too-many-bars", count=bars * series, limit=MAX_BARS))


def _describe_unit(form: Form, address: str) -> tuple[str, str]:
    value_type, unit = find_type(form, address)
    if value_type is None:
        return unit, ""
    return unit or value_type.currency, value_type.name if value_type.name in {"share", "percent"} else ""


def _find_negative(picture: Picture, keys: Keys, report: Report) -> Iterator[Fault]:
    if picture.draw not in {"stacked", "share"}:
        return
    for number, group in enumerate(list_lines(report.form, picture)):
        if any(_is_negative(line, report) for line in group):
            yield Fault((*keys, "figures", number), _("negative-cannot-be-stacked", path=picture.figures[number]))


def _is_negative(line: Line, report: Report) -> bool:
    value = line.add_up(report)
    return value is not None and value < 0


def has_only_zeros(report: Report, picture: Picture) -> bool:
    """Return whether a picture of one period has nothing to show: every figure of it is 0 or absent."""
    if picture.periods > 1:
        return False
    return not any(line.add_up(report) for group in list_lines(report.form, picture) for line in group)
