"""Printed rows whose place in the form is not known, each read for every place that it may have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.importer.recognition.headings import find_headings
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.importer.recognition.tables.cells import RecognizedRow, read_row
from nianbao.importer.recognition.tables.columns import (
    MIN_SCORE,
    Alignment,
    find_alignments,
    find_figures,
    find_labels,
)
from nianbao.importer.recognition.tables.doubtful_rows import has_other_label
from nianbao.importer.recognition.tables.identities import Choice, PrintedRow, evaluate, make_row_equations
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.places.form_rows import FormRow, FormRows, list_form_rows
from nianbao.importer.recognition.tables.places.runs import is_run, split_run
from nianbao.importer.recognition.tables.rows import PublishedRow, Region

_NO_HEADERS = Alignment(0.0)


class MatchedRow(Struct, frozen=True, eq=False):
    """A row of a region in reading order, with the layout and the row of it that were found for the row, if any.

    `doubted` is the row with its label, where the label may be that of another row. A row that `is_joined` was split
    over two. One that `may_begin_with_number` has perhaps its own number before its figures.
    """

    row: PublishedRow
    region: Region
    layout: Layout | None = None  # of its region
    alignment: Alignment = _NO_HEADERS
    index: int | None = None
    has_headers: bool = False
    doubted: PublishedRow | None = None
    is_joined: bool = False
    may_begin_with_number: bool = False


class OpenRow(Struct, frozen=True):
    """A printed row whose place is not known: what it is, by the place that it may have in a table of a form.

    A run, its `origin`, gives several open rows.
    """

    form_rows: FormRows
    places: Mapping[int, RecognizedRow]
    origin: MatchedRow

    def to_printed(self) -> PrintedRow:
        """Return the row as a variable of the search; a blank cell is 0."""
        choices = [
            Choice(0, tuple(cell.value or 0 for cell in row.cells), tuple(cell.slot for cell in row.cells), place)
            for place, row in self.places.items()
        ]
        return PrintedRow(tuple(choices), self.form_rows.table.id)


def find_table_headings(document: PublishedDocument, layouts: Sequence[Layout], in_force: str) -> dict[int, str]:
    """Return the id of the table, or an empty text, of each section by the block that heads it."""
    forms = sorted(dict.fromkeys(layout.form for layout in layouts), key=lambda form: form.edition != in_force)
    tables = {section.id: section.table for section in forms[0].sections}
    return {block: tables[section] or "" for section, block in find_headings(document.blocks, forms).items()}


class _Target(Struct, frozen=True):
    """The rows of the table that a printed row belongs to, and the columns, as headers or headings say."""

    form_rows: FormRows
    alignments: Mapping[Layout, Alignment]
    has_headers: bool


class OpenRowFinder(Struct):
    """Finds the open rows of a report.

    `rows` are all rows in reading order; `headings` gives the table of the section that begins at a block; `in_force`
    is the edition of a table of which no row was found.
    """

    layouts: Sequence[Layout]
    rows: list[MatchedRow]
    headings: Mapping[int, str]
    in_force: str
    _form_rows: dict[str, FormRows | None] = field(default_factory=dict)
    _headers: dict[int, tuple[Layout, Alignment] | None] = field(default_factory=dict)  # by the id of their region

    def find(self) -> list[OpenRow]:
        """Return the open rows, those of each table in reading order; none of a table in which one has no place.

        Puts rows that have a whole label in their places first.
        """
        self.rows = [self._match_label(one) if _is_open(one) and not _is_run(one) else one for one in self.rows]
        by_table: dict[FormRows, list[tuple[int, _Target]]] = {}
        for number, one in enumerate(self.rows):
            target = self._find_target(one) if _is_open(one) else None
            if target:
                by_table.setdefault(target.form_rows, []).append((number, target))
        return [row for form_rows, found in by_table.items() for row in self._open_rows(form_rows, found)]

    def _open_rows(self, form_rows: FormRows, found: Sequence[tuple[int, _Target]]) -> list[OpenRow]:
        """Read the open rows of a table in every place that each may have."""
        bounds = self._find_bounds(form_rows)
        parts = (
            (number, target, part) for number, target in found for part in split_run(self.rows[number].row, form_rows)
        )
        listed = list(islice(parts, len(form_rows.rows) + 1))
        if len(listed) > len(form_rows.rows):
            return []
        rows: list[OpenRow] = []
        for number, target, (row, allowed) in listed:
            one = self.rows[number]
            read = _read_places(row, target, [place for place in allowed if place in bounds[number]])
            if read:
                rows.append(OpenRow(form_rows, read, one))
            elif bounds[number] and not find_labels(row, one.alignment):
                return []
        return _narrow(rows)

    def _match_label(self, one: MatchedRow) -> MatchedRow:
        """Put a row in the place of its label, if it is whole and nothing else says where the row belongs."""
        labels = find_labels(one.row, one.alignment)
        if not labels or (one.layout and one.has_headers):
            return one
        heading = self._find_heading(one)
        tables = [heading] if heading else list(dict.fromkeys(layout.table.id for layout in self.layouts))
        rows = [row for table in tables if (found := self._list_rows(table)) for row in found.rows]
        own = [row for row in rows if row.is_labelled(labels[-1]) if heading or row.has_whole_label(labels[-1])]
        if len(own) != 1 or not own[0].has_same_columns(self.layouts):
            return one
        layout, index = own[0].layout, own[0].index
        if has_other_label(labels if one.row.from_text else labels[-1:], index, layout):
            return one
        recognized, ambiguous = read_row(one.row, layout, _NO_HEADERS, index, has_headers=False)
        is_read = ambiguous is None and all(cell.state != "undecided" for cell in recognized.cells)
        if not is_read or len(recognized.cells) == 1 or _breaks_identity(recognized):
            return one
        return MatchedRow(one.row, one.region, layout, _NO_HEADERS, index)

    def _find_target(self, one: MatchedRow) -> _Target | None:
        """Find the table of a row: that of its headers, else of its section, else of the rows around it."""
        in_run = _is_run(one)
        if one.layout and one.has_headers and not in_run:
            return self._make_target(one.layout, one.alignment)
        if not in_run and (best := self._find_headers(one.region)):
            return self._make_target(*best)
        heading = self._find_heading(one)
        table = (one.layout.table.id if one.layout else self._find_by_sums(one)) if heading is None else heading
        rows = self._list_rows(table)
        if not rows:
            return None
        known = {
            row.layout: _NO_HEADERS
            for row in rows.rows
            if row.has_same_columns(self.layouts) or row.has_headers_among(one.row.texts)
        }
        return _Target(rows, known, has_headers=False)

    def _find_heading(self, one: MatchedRow) -> str | None:
        """Return the table of the section that a row stands in, empty for a section without; None for no section."""
        starts = [block for block in self.headings if block <= one.row.block]
        return self.headings[max(starts)] if starts else None

    def _find_by_sums(self, one: MatchedRow) -> str:
        """Find the table whose only row a row must be, since all its figures are in sums that hold."""
        found = []
        for table in dict.fromkeys(layout.table.id for layout in self.layouts):
            rows = self._list_rows(table)
            if rows and len(rows.rows) == 1 and len(rows.rows[0].slots) == len(one.row.cells):
                layout = rows.rows[0].layout
                recognized, ambiguous = read_row(one.row, layout, _NO_HEADERS, 0, has_headers=False)
                found += [table] if ambiguous is None and _is_proven(recognized) else []
        return found[0] if len(found) == 1 else ""

    def _find_headers(self, region: Region) -> tuple[Layout, Alignment] | None:
        """Find the layout whose headers stand over a region."""
        if id(region) in self._headers:
            return self._headers[id(region)]
        found = [
            (alignment.score, number, layout, alignment)
            for number, layout in enumerate(self.layouts if region.headers or region.header_text else ())
            if (rows := self._list_rows(layout.table.id)) and rows.form is layout.form
            for alignment in find_alignments(region, layout)
            if alignment.score >= MIN_SCORE
        ]
        best = self._headers[id(region)] = max(found, key=lambda one: (one[0], -one[1]))[2:] if found else None
        return best

    def _make_target(self, layout: Layout, alignment: Alignment) -> _Target | None:
        rows = self._list_rows(layout.table.id)
        return _Target(rows, {layout: alignment}, has_headers=True) if rows and rows.form is layout.form else None

    def _list_rows(self, table: str) -> FormRows | None:
        """List the rows of a table in the edition of the rows of it that were found."""
        if table not in self._form_rows:
            editions = Counter(
                one.layout.form.edition
                for one in self.rows
                if one.layout and one.index is not None and one.layout.table.id == table
            )
            edition = editions.most_common(1)[0][0] if editions else self.in_force
            self._form_rows[table] = list_form_rows(self.layouts, table, edition)
        return self._form_rows[table]

    def _find_bounds(self, form_rows: FormRows) -> list[range]:
        """Return for each row the places between the nearest ones before and behind it that are taken."""
        taken = [_find_places(one, form_rows) for one in self.rows]
        before = list(accumulate(taken, lambda last, found: found or last, initial=range(0)))
        behind = list(accumulate(reversed(taken), lambda last, found: found or last, initial=range(0)))
        size = len(form_rows.rows)
        return [
            range(first.stop, last.start if last else size)
            for first, last in zip(before[:-1], reversed(behind[:-1]), strict=True)
        ]


def _find_places(one: MatchedRow, form_rows: FormRows) -> range:
    """Return the places that a row takes, the first to the last; none where it is open, or in another table."""
    if one.index is None or one.layout is None or _is_open(one) or one.layout.form is not form_rows.form:
        return range(0)
    slots = one.layout.slots[one.index]
    found = [form_rows.places[slot.address] for slot in slots if slot.address in form_rows.places]
    return range(min(found), max(found) + 1) if found else range(0)


def _is_open(one: MatchedRow) -> bool:
    """Tell whether the place of a row is not known: it has figures, and no row was found, or the figures of several."""
    figures = find_figures(one.row, one.alignment)
    return (one.index is None or _is_run(one)) and any(map(str.isdigit, "".join(cell.text for cell in figures)))


def _is_run(one: MatchedRow) -> bool:
    return is_run(one.row, len(one.layout.columns) if one.layout else 1)


def _is_proven(row: RecognizedRow) -> bool:
    """Tell whether identities within a row hold of all its figures, and one of more than zeros."""
    slots, figures = row.layout.slots[row.index], [cell.value or 0 for cell in row.cells]
    equations = make_row_equations(row.layout.form.checks, slots)
    columns = {column for equation in equations for column in equation}
    return any(figures) and len(columns) == len(figures) and not _breaks_identity(row)


def _breaks_identity(row: RecognizedRow) -> bool:
    """Tell whether the figures of a row break an identity within it."""
    slots, figures = row.layout.slots[row.index], [cell.value or 0 for cell in row.cells]
    equations = make_row_equations(row.layout.form.checks, slots)
    return any(evaluate(equation, figures) for equation in equations)


# ── places ───────────────────────────────────────────────────────────────────────────


def _read_places(row: PublishedRow, target: _Target, allowed: Sequence[int]) -> dict[int, RecognizedRow]:
    """Read a row for each place that it may have: with a figure or a blank for every cell, under the label it has."""
    read: dict[int, RecognizedRow] = {}
    rows = target.form_rows.rows
    for place in allowed:
        layout, alignment = rows[place].layout, target.alignments.get(rows[place].layout)
        labels = find_labels(row, alignment) if alignment else []
        if alignment is None or (labels and not _may_have_labels(rows[place], labels)):
            continue
        recognized, ambiguous = read_row(row, layout, alignment, rows[place].index, has_headers=target.has_headers)
        if ambiguous is None and all(cell.state != "undecided" for cell in recognized.cells):
            read[place] = recognized
    return read


def _may_have_labels(row: FormRow, labels: Sequence[str]) -> bool:
    """Tell whether labels may be those of a row, or of the rows that it is one of, or one of them is its own."""
    return row.may_have_label(labels[-1]) or any(row.is_labelled(label) for label in labels[:-1])


def _narrow(rows: Sequence[OpenRow]) -> list[OpenRow]:
    """Leave out places that the rows before and behind, each in a place of its own, do not leave free."""
    narrowed: list[OpenRow] = []
    first = -1
    for row in rows:
        places = {place: read for place, read in row.places.items() if place > first}
        narrowed.append(replace(row, places=places))
        first = min(places, default=first)
    last = max((place for row in rows for place in row.places), default=0) + 1
    for number in range(len(narrowed) - 1, -1, -1):
        places = {place: read for place, read in narrowed[number].places.items() if place < last}
        narrowed[number] = replace(narrowed[number], places=places)
        last = max(places, default=last)
    return narrowed if all(row.places for row in narrowed) else []
