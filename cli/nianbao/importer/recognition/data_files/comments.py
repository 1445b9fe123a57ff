"""Comments on the rows of a data file: what is blank, what could not be read and why."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from nianbao.importer.recognition.published import Place
from nianbao.importer.recognition.tables.ambiguous_rows import Candidates
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow
from nianbao.model.locale import Locale
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import format_number

_MAX_CANDIDATES = 24  # of a row that a comment lists
_MAX_COMMENT = 80  # characters of a published text in a comment
Cells = Sequence[tuple[Slot, RecognizedCell]]  # of one row, each with its place in the form


def format_comment(text: str) -> str:
    """Return a text that stays within its comment: one line, and not too long."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).strip()
    return plain if len(plain) <= _MAX_COMMENT else plain[: _MAX_COMMENT - 1] + "…"


def describe_blank_row(cells: Cells, locale: Locale) -> str:
    """Describe a row that is blank, or whose figures may be 0."""
    if any(cell.reason == "together" for _, cell in cells):
        return locale.say("import-zero-or-blank-row", printed=format_comment(cells[0][1].printed))
    return locale.say("import-blank-row")


def describe_undecided(cells: Cells, row: RecognizedRow, locale: Locale) -> Iterator[str]:
    """Describe why cells were left out, those with the same printed text together, with the figures of each."""
    groups: dict[tuple[str, str], list[tuple[Slot, RecognizedCell]]] = {}
    for slot, cell in cells:
        if cell.state == "undecided":
            groups.setdefault((cell.reason, cell.printed), []).append((slot, cell))
    for (reason, printed), group in groups.items():
        columns = _join_columns([slot for slot, _ in group], locale)
        if reason == "together" and row.candidates:
            options = _describe_candidates(row.candidates, [cell.slot for cell in row.cells], locale)
        else:
            listed = dict.fromkeys(format_number(option) for _, cell in group for option in cell.options)
            options = locale.file.lists.join.join(listed)
        why = locale.say(f"import-{reason}", expected=group[0][0].value_type.describe(locale))
        why = locale.say("import-printed", printed=format_comment(printed), why=why) if printed else why
        why = locale.say("import-options", why=why, options=options) if options else why
        place = describe_place(row.place, locale, group[0][1].left)
        key = "import-undecided-at" if place else "import-undecided"
        yield locale.say(key, place=place, row=group[0][0].row_label, columns=columns, why=why)


def describe_place(place: Place, locale: Locale, left: float | None = None) -> str:
    """Say where a row or a cell stands in the file; empty where that is not known."""
    if place.sheet and place.row:
        return place.name_cell(left)
    for key, number in (("page", place.page), ("line", place.line), ("row", place.row), ("table", place.table)):
        if number:
            return locale.say(f"import-place-{key}", number=number, table=place.table)
    return ""


def _describe_candidates(candidates: Candidates, slots: Sequence[Slot], locale: Locale) -> str:
    """List the figures that a row may have, those of every cell where there are any."""
    rows = candidates.complete or candidates.distinct
    listed = [locale.file.lists.join.join(map(format_number, figures)) for figures in rows[:_MAX_CANDIDATES]]
    if not listed:
        return locale.say("import-too-many" if candidates.too_many else "import-none-fits")
    if len(rows) > _MAX_CANDIDATES:
        listed.append(locale.say("import-candidates-more", count=len(rows)))
    if others := len(candidates.distinct) - len(rows):
        listed.append(locale.say("import-candidates-blank", count=others))
    ways = locale.say("import-separator").join(listed)
    return locale.say("import-candidates", columns=_join_columns(slots, locale), candidates=ways)


def describe_cells(cells: Cells, size: int, locale: Locale) -> Iterator[str]:
    """Describe the cells of a row of `size` cells that are blank, or print more than their figure."""
    blank = [slot for slot, cell in cells if cell.state == "blank" and not cell.printed]
    zero_or_blank = [slot for slot, cell in cells if cell.state == "blank" and cell.reason == "together"]
    for key, slots in (("import-zero-or-blank", zero_or_blank), ("import-blank", blank)):
        if slots:
            is_most = len(slots) > size // 2
            yield locale.say(key, columns=locale.say("import-other-cells") if is_most else _join_columns(slots, locale))
    columns: dict[str, list[Slot]] = {}  # by what they print
    for slot, cell in cells:
        if cell.printed and cell.keep_text and cell.reason != "together":
            columns.setdefault(cell.printed, []).append(slot)
    for printed, slots in columns.items():
        of_columns = _join_columns(slots, locale)
        yield locale.say("import-printed-columns", columns=of_columns, printed=format_comment(printed))
    together = {cell.printed for _, cell in cells if cell.reason == "together"}
    if together and all(cell.state != "undecided" for _, cell in cells):
        yield locale.say("import-only-reading", printed=format_comment(together.pop()))


def describe_unproven(cells: Cells, unproven: AbstractSet[str], locale: Locale) -> Iterator[str]:
    """Name the cells of a row that were read from a scan, and that no sum confirms."""
    slots = [slot for slot, _cell in cells if slot.address in unproven]
    if slots:
        yield locale.say("import-unproven", columns=_join_columns(slots, locale))


def _join_columns(slots: Sequence[Slot], locale: Locale) -> str:
    return locale.file.lists.join.join(slot.columns[-1].label for slot in slots)
