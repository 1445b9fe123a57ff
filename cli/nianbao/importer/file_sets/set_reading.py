"""A published set as a whole: one period, one of each common text, and the tree of values of its data file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from msgspec import Struct

from nianbao.importer.file_sets.cells import parse_day, read_cell
from nianbao.importer.file_sets.deviations import Deviation
from nianbao.importer.file_sets.part_reading import CommonText, PartReader, ReadPart
from nianbao.importer.file_sets.parts import Record
from nianbao.importer.file_sets.recognition import MatchedPart, MatchedSet
from nianbao.model.file_sets.rows import Keys
from nianbao.model.file_sets.texts import fold
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.model.period import PARTS, Calendar, Period

_FIELDS = ("first", "last")  # days that patterns of a period name


class ReadSet(Struct, frozen=True):
    """What a published set says: its period, its values as the tree of a data file, and every departure from the form.

    `places` names for each address the file, the row and the column (from 0) where its value stands.
    """

    form: Form
    period: Period
    tree: dict[str, Any]
    parts: tuple[ReadPart, ...]
    deviations: tuple[Deviation, ...]
    places: Mapping[str, tuple[str, int, int]]


def find_days(matched: MatchedSet) -> tuple[date, date] | None:
    """Find the first and the last day of the period: in rows of their own, else those that most cells name."""
    own: dict[str, date] = {}
    counts: Counter[tuple[date, date]] = Counter()
    for match in matched.parts:
        for record in match.part.records[1:]:
            for number, column in enumerate(match.keys.entry.columns):
                text = match.heads.get_text(record, number)
                if column.period and (days := _read_days(text)):
                    counts[days] += 1
                elif column.row == "value" and (day := parse_day(text)):
                    own |= {name: day for name in _FIELDS if _find_own_period(match, record) == f"{{{name}}}"}
    if own.keys() == set(_FIELDS):
        return own["first"], own["last"]
    return counts.most_common(1)[0][0] if counts else None


def _find_own_period(match: MatchedPart, record: Record) -> str:
    """Return the pattern of days that a record with a row of its own has as its value; empty for other rows."""
    (key,) = match.keys.entry.keys
    labels = [found.text for found in match.keys.read_key(0, match.heads.get_text(record, key))]
    return next((row.period for row in match.keys.entry.rows if row.label in labels), "")


def _read_days(text: str) -> tuple[date, date] | None:
    """Return the days that a text names; None where it names none, or a day that there is not."""
    first, slash, last = text.strip().partition("/")
    days = parse_day(first), parse_day(last)
    return (days[0], days[1]) if slash and days[0] and days[1] else None


def find_period(calendar: Calendar, days: tuple[date, date]) -> Period | None:
    """Find the period that has these first and last days."""
    first, last = days
    for year in range(first.year, last.year + 2):
        for part in [part for unit in calendar.units for part in PARTS.get(unit, ())]:
            period = Period(year, part)
            if calendar.has(period) and (calendar.get_first_day(period), calendar.get_last_day(period)) == days:
                return period
    return None


def assemble(form: Form, period: Period, matched: MatchedSet) -> ReadSet:
    """Read the files of a set and put them together; a file of another period is left out whole."""
    calendar = form.kind.calendar
    days = calendar.get_first_day(period), calendar.get_last_day(period)
    deviations = list(matched.deviations)
    kept = []
    for match in matched.parts:
        part = PartReader(match.keys, match.part, match.heads).read_all()
        if other := _find_other_period(part, days):
            printed = f"{other[0]}/{other[1]}"
            deviations.append(Deviation(part.part.name, N_("set-file-of-other-period"), printed=printed, lost=True))
        else:
            kept.append(part)
            deviations += [*part.deviations, *_compare_periods(part, days)]
    tree: dict[str, Any] = {}
    places: dict[str, tuple[str, int, int]] = {}
    for address, column_texts in _collect_common(kept).items():
        deviations += _choose_common(form, tree, address, column_texts)
    for part in kept:
        _place_values(tree, places, part)
    return ReadSet(form, period, tree, tuple(kept), tuple(deviations), places)


def _find_other_period(part: ReadPart, days: tuple[date, date]) -> tuple[date, date] | None:
    """Find the period of a file of which no cell names that of the set."""
    named = Counter(found for text in part.common if text.column.period and (found := _read_days(text.text)))
    return None if days in named or not named else named.most_common(1)[0][0]


def _compare_periods(part: ReadPart, days: tuple[date, date]) -> Iterator[Deviation]:
    """Declare cells that do not name the period of the set: asked for, blank, filled down, or another one."""
    expected = {name: day.isoformat() for name, day in zip(_FIELDS, days, strict=True)}
    for text in (*part.common, *part.days):
        if not text.column.period:
            continue
        written = text.column.period.format(**expected)
        if text.text == written or (text in part.days and parse_day(text.text) == date.fromisoformat(written)):
            continue
        what = N_("set-period-differs")
        if not text.text.strip():
            what = N_("set-text-missing")
        elif text.column.prompt and fold(text.text) == fold(text.column.prompt):
            what = N_("set-prompt-left")
        yield Deviation(part.part.name, what, text.row, text.at, text.text, written)


def _collect_common(parts: Iterable[ReadPart]) -> dict[str, list[tuple[ReadPart, CommonText]]]:
    """Collect the texts of facts that stand in every row, by the address of the fact."""
    found: dict[str, list[tuple[ReadPart, CommonText]]] = {}
    for part in parts:
        for text in part.common:
            if text.column.fact:
                found.setdefault(text.column.fact, []).append((part, text))
    return found


def _choose_common(
    form: Form, tree: dict[str, Any], address: str, texts: Sequence[tuple[ReadPart, CommonText]]
) -> Iterator[Deviation]:
    """Take what most cells of the first file that has it say as the fact, and declare those that say something else."""
    first = next((part for part, text in texts if text.text.strip()), None)
    if first is None:
        return
    said = Counter(text.text for part, text in texts if part is first and text.text.strip())
    chosen = said.most_common(1)[0][0]
    cell = read_cell(chosen, form.value_types[address], form.kind.signs.file.numbers)
    if cell.value is not None:
        put(tree, tuple(address.split(".")), cell.value)
    for part, text in texts:
        if text.text == chosen:
            continue
        what, lost = N_("set-fact-differs"), True
        if not text.text.strip():
            what, lost = N_("set-text-missing"), False
        elif fold(text.text) == fold(chosen):
            what, lost = N_("set-text-blanks") if text.text.strip() == chosen.strip() else N_("set-text-differs"), False
        yield Deviation(part.part.name, what, text.row, text.at, text.text, chosen, lost=lost)


def _place_values(tree: dict[str, Any], places: dict[str, tuple[str, int, int]], part: ReadPart) -> None:
    """Put the values of a file into the tree, and note their places; a file without a value gives an empty table."""
    if part.entry.table:
        tree.setdefault(part.entry.table, {})
    for value in part.values:
        put(tree, value.keys, value.value)
        address = ".".join(str(key + 1) if isinstance(key, int) else key for key in value.keys)
        places[address] = part.part.name, value.row, value.at


def put(tree: dict[str, Any], keys: Keys, value: object) -> None:
    """Put a value into a tree of tables and arrays of tables."""
    node: Any = tree
    for key, below in pairwise(keys):
        if isinstance(key, int):
            node += [{} for _missing in range(key + 1 - len(node))]
            node = node[key]
        else:
            node = node.setdefault(key, [] if isinstance(below, int) else {})
    node[keys[-1]] = value


def require_period(form: Form, days: tuple[date, date] | None, asked: Period | None) -> Period:
    """Return the period of a set: the one asked for, else the one of its days. Raises `UserError` for none."""
    found = find_period(form.kind.calendar, days) if days else None
    if asked or found:
        return asked or found  # type: ignore[return-value]  # one of them is there
    if days:
        raise UserError(_("set-days-are-no-period", first=days[0], last=days[1]), _("give-year-of-set"))
    raise UserError(_("set-names-no-period"), _("give-year-of-set"))
