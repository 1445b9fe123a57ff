"""Corrections of slips of the pen that are certain: signs and digits of full width, dates, thousands separators."""

from collections.abc import Iterator

from msgspec import Struct

from nianbao.model.facts import FILE_LIMIT, parse
from nianbao.model.finding import Finding
from nianbao.model.parsing.errors import describe_slip, split_by_line
from nianbao.model.parsing.scanner import find_slips
from nianbao.model.parsing.signs import Slip, correct
from nianbao.model.report import Report, ReportEntry
from nianbao.model.values.repairs import repair_value


class Correction(Struct, frozen=True, order=True):
    """One correction of a text: line and column count characters from 1, `reason` is a message for people."""

    line: int
    column: int
    before: str
    after: str
    reason: str


class Corrected(Struct, frozen=True):
    """A text with its corrections made, and the one `before`, without the mark at its beginning that names UTF-8."""

    text: str
    before: str
    changes: tuple[Correction, ...] = ()


def correct_text(text: str) -> Corrected:
    """Make all corrections that are certain; what stands in strings and comments stays as it is.

    A text that is TOML has nothing to correct, nor has one that must not be parsed.
    """
    text = text.removeprefix("\ufeff")
    found = parse(text, "")
    if not isinstance(found, Finding) or found.rule != "broken-toml" or len(text) > FILE_LIMIT:
        return Corrected(text, text)
    slips = [slip for slip in find_slips(text) if slip.certain]
    return Corrected(correct(text, slips), text, tuple(_list_changes(slips, text)))


def correct_values(report: Report) -> Corrected:
    """Make all corrections of values that are certain by the value type of their address: a number or a day in quotes.

    The text of the report is TOML.
    """
    facts = report.facts
    changes = sorted(filter(None, (_change_value(report, entry) for entry in report.entries)))
    lines = facts.text.split("\n")
    for change in reversed(changes):
        line = lines[change.line - 1]
        start, end = change.column - 1, change.column - 1 + len(change.before)
        lines[change.line - 1] = f"{line[:start]}{change.after}{line[end:]}"
    return Corrected("\n".join(lines), facts.text, tuple(changes))


def _change_value(report: Report, entry: ReportEntry) -> Correction | None:
    if not entry.fault or entry.value_type is None:
        return None
    place = report.facts.find_place(entry.address)
    repair = repair_value(place.text, entry.value_type)
    if repair is None or not repair.certain:
        return None
    return Correction(place.line, place.column, place.text, repair.after, entry.fault)


def _list_changes(slips: list[Slip], text: str) -> Iterator[Correction]:
    for line, source, of_line in split_by_line(slips, text):
        for slip in of_line:
            alike = (source[one.start : one.end] for one in of_line if one.key == slip.key)
            before, reason = source[slip.start : slip.end], describe_slip(slip, alike)
            yield Correction(line, slip.start + 1, before, slip.after or "", reason)
