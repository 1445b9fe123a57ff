"""One file of a set, record by record: the values of its rows, and every departure from the template."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nianbao.importer.file_sets.cells import ReadCell, parse_day, read_cell
from nianbao.importer.file_sets.deviations import Deviation
from nianbao.importer.file_sets.heads import MatchedHeads
from nianbao.importer.file_sets.parts import PublishedPart, Record
from nianbao.importer.file_sets.row_keys import FoundRow, KeyText, Row, RowKeys
from nianbao.model.file_sets.mapping import ColumnEntry, FileEntry, RowEntry
from nianbao.model.file_sets.rows import RowPattern, find_table
from nianbao.model.file_sets.texts import find_slip, fold
from nianbao.model.i18n import N_
from nianbao.model.table import list_paths
from nianbao.model.tables.headings import Heading, join_ids
from nianbao.model.value_types import Value, ValueType

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value of a published file: the keys of its row, the entry of an array that it is of, its column, its place.

    `entry` is counted from 0, and None for a row that is no entry.
    """

    steps: Steps
    entry: int | None
    column: str
    value: Value
    row: int
    at: int


@dataclass(frozen=True, slots=True)
class CommonText:
    """What a cell says that is the same in the whole set, such as the name of a service or the period."""

    column: ColumnEntry
    text: str
    row: int
    at: int


@dataclass
class ReadPart:
    """What a file of a set says."""

    part: PublishedPart
    entry: FileEntry
    values: list[ReadValue] = field(default_factory=list)
    common: list[CommonText] = field(default_factory=list)
    days: list[CommonText] = field(default_factory=list)  # days of the period, in rows of their own
    deviations: list[Deviation] = field(default_factory=list)
    cells: int = 0  # those of values
    rows: dict[int, tuple[Steps, int | None]] = field(default_factory=dict)  # by record: where it is in the data


class PartReader:
    """Reads one file whose columns were found."""

    def __init__(self, keys: RowKeys, part: PublishedPart, heads: MatchedHeads) -> None:
        self._keys, self._heads, self._entry = keys, heads, keys.entry
        self._form, self._name = keys.form, part.name
        self._placeholders = keys.list_placeholders()
        self._columns = _find_columns(keys)
        self._last: Row | None = None
        self._last_texts: list[str] = [""] * len(self._entry.keys)
        self._seen: dict[Steps, int] = {}  # rows, and of entries their number
        self._blank: dict[Steps, list[int]] = {}  # records of entries that say nothing
        self.read = ReadPart(part, self._entry, deviations=[*part.deviations, *heads.deviations])

    def read_all(self) -> ReadPart:
        """Read all records."""
        for record in self.read.part.records[1:]:
            self._read_record(record)
        return self.read

    def _add(self, what: str, record: Record, at: int | None = None, **more: object) -> None:
        self.read.deviations.append(Deviation(self._name, what, record.row, at, **more))  # type: ignore[arg-type]

    def _read_record(self, record: Record) -> None:
        if not any(cell.strip() for cell in record.cells):
            self._add(N_("set-record-empty"), record)
            return
        texts = [self._heads.get_text(record, column) for column in self._entry.keys]
        if not any(text.strip() for text in texts):
            for at, text in enumerate(record.cells):
                if text.strip():
                    self._add(N_("set-text-below"), record, at, printed=text, lost=True)
            return
        for number, (text, last) in enumerate(zip(texts, self._last_texts, strict=True)):
            if not text.strip() and last:
                texts[number] = last
                self._add(N_("set-key-as-above"), record, self._heads.positions[self._entry.keys[number]], read=last)
        if any(self._is_placeholder(text) for text in texts):
            if not self._lose(record, N_("set-placeholder-filled")):
                self._add(N_("set-placeholder-left"), record)
            return
        found = self._find_row(record, texts)
        self._last_texts = texts
        if found is None:
            self._lose(record, N_("set-value-of-unknown-row"))
            return
        self._last = found.row
        self._read_row(record, found)

    def _find_row(self, record: Record, texts: Sequence[str]) -> FoundRow | None:
        keys = [self._keys.read_key(number, text) for number, text in enumerate(texts)]
        found = self._keys.find_row(keys, self._last)
        for number, column in enumerate(self._entry.keys):
            at = self._heads.positions[column]
            if not keys[number]:
                self._add(N_("set-key-unknown"), record, at, printed=texts[number], lost=True)
            elif found and (what := found.keys[number].what):
                self._add(what, record, at, printed=texts[number], read=found.keys[number].meaning)
        if not found and all(keys):
            self._add(N_("set-row-unknown"), record, printed=" · ".join(texts), lost=True)
        return found

    def _is_placeholder(self, text: str) -> bool:
        """Tell whether a key cell asks for codes, also with a slip; a code is none."""
        folded = fold(text)
        return folded in self._placeholders or bool(find_slip(folded, self._placeholders))

    def _lose(self, record: Record, what: str) -> int:
        """Declare every value of a record that has no place, prompts left out; return how many there are."""
        lost = 0
        for at, column in self._list_places():
            text = record.cells[at] if at < len(record.cells) else ""
            is_value = column.column or column.row == "value"
            if is_value and text.strip() and fold(text) != fold(column.prompt):
                self._add(what, record, at, printed=text, lost=True)
                lost += 1
        return lost

    def _list_places(self) -> Iterator[tuple[int, ColumnEntry]]:
        """Give the columns that are there, with where they stand."""
        for at, column in zip(self._heads.positions, self._entry.columns, strict=True):
            if at is not None:
                yield at, column

    def _read_row(self, record: Record, found: FoundRow) -> None:
        row = found.row
        steps = row.get_steps(found.codes) if isinstance(row, RowPattern) else ()
        entry = self._seen.get(steps, 0) if isinstance(row, RowPattern) and row.is_entry else None
        values: list[ReadValue] = []
        for number, column in enumerate(self._entry.columns):
            text, at = self._heads.get_text(record, number), self._heads.positions[number]
            if at is None or number in self._entry.keys:
                continue
            if column.fact or column.period:
                self.read.common.append(CommonText(column, text, record.row, at))
            elif column.condition or column.texts is not None:
                self._compare_text(record, at, text, self._get_expected(column, row, steps))
            else:
                cell = self._read_cell(record, at, text, column, row)
                if cell.value is not None:
                    address = column.column or getattr(row, "fact", "")
                    values.append(ReadValue(steps, entry, address, cell.value, record.row, at))
        self._read_surplus(record)
        if isinstance(row, RowPattern):
            values = self._keep_values(record, row, steps, values)
        self.read.values += values
        if entry is None or values:
            self.read.rows[record.row] = (steps, entry)

    def _keep_values(
        self, record: Record, row: RowPattern, steps: Steps, values: list[ReadValue]
    ) -> list[ReadValue]:
        """Return the values of a row that is there for the first time; those of a second one are declared."""
        if row.is_entry:
            self._seen[steps] = self._seen.get(steps, 0) + bool(values)
            if not values:
                self._blank.setdefault(steps, []).append(record.row)
            return values
        if steps in self._seen:
            for value in values:
                self._add(N_("set-row-twice"), record, value.at, printed=str(value.value), lost=True)
            if not values:
                self._add(N_("set-row-twice"), record)
            return []
        self._seen[steps] = record.row
        if not values and any(heading.each for heading in row.path):
            self._add(N_("set-row-blank"), record)
        return values

    def _read_surplus(self, record: Record) -> None:
        for at in (*self._heads.surplus, *range(self._width, len(record.cells))):
            if at < len(record.cells) and record.cells[at].strip():
                self._add(N_("set-value-of-unknown-column"), record, at, printed=record.cells[at], lost=True)

    @property
    def _width(self) -> int:
        """How many columns are known, or named in the head."""
        return 1 + max([*filter(lambda at: at is not None, self._heads.positions), *self._heads.surplus])  # type: ignore[type-var]

    def _get_expected(self, column: ColumnEntry, row: Row, steps: Steps) -> str:
        """Return the text that the template has in a cell."""
        if column.texts is not None:
            return column.texts.get(".".join(steps), "")
        condition = row.condition if isinstance(row, RowPattern) else row.when
        conditions = self._form.conditions
        return conditions[condition].label if condition in conditions else column.condition

    def _compare_text(self, record: Record, at: int, text: str, expected: str) -> None:
        if text == expected:
            return
        what = N_("set-text-differs")
        if not text.strip():
            what = N_("set-text-missing")
        elif " ".join(text.split()) == " ".join(expected.split()):
            what = N_("set-text-blanks")
        self._add(what, record, at, printed=text, read=expected)

    def _read_cell(self, record: Record, at: int, text: str, column: ColumnEntry, row: Row) -> ReadCell:
        """Read the cell of a value; a day of the period is kept apart."""
        self.read.cells += 1
        prompt = column.prompt
        if isinstance(row, RowEntry):
            prompt = row.prompt or prompt
            if row.period:
                self.read.days.append(CommonText(ColumnEntry(column.head, period=row.period), text, record.row, at))
                if (day := parse_day(text)) and text != day.isoformat():
                    self._add(N_("set-date-form"), record, at, printed=text, read=day.isoformat())
                return ReadCell()
            value_type = self._form.value_types[row.fact]
        else:
            value_type = self._find_type(row, column)
            if value_type is None:
                if text.strip():
                    self._add(N_("set-value-without-place"), record, at, printed=text, lost=True)
                return ReadCell()
        cell = read_cell(text, value_type, self._form.kind.signs.file.numbers, prompt)
        read = "" if cell.value is None else str(cell.value)
        for what in cell.whats:
            self._add(what, record, at, printed=text, read="" if cell.lost else read, lost=cell.lost)
        return cell

    def _find_type(self, row: RowPattern, column: ColumnEntry) -> ValueType | None:
        path = self._columns.get(column.column)
        return self._keys.find_value_type(row, path) if path else None

    def finish(self) -> None:
        """Declare what can be said only at the end: blank rows of entries, and rows that are not there."""
        for steps, rows in self._blank.items():
            spare = rows if self._seen.get(steps) else rows[1:]
            self.read.deviations += [Deviation(self._name, N_("set-row-blank"), row) for row in spare]
        known = {steps for steps, _entry in self.read.rows.values()}
        for row in self._keys.rows:
            if isinstance(row, RowPattern) and not row.is_open and row.get_steps({}) not in known:
                printed = " · ".join(self._keys.list_texts(row))
                self.read.deviations.append(Deviation(self._name, N_("set-row-missing"), printed=printed))


def _find_columns(keys: RowKeys) -> Mapping[str, tuple[Heading, ...]]:
    """Return the path to each column of the table of a file, by its ids joined with dots."""
    table = find_table(keys.form, keys.entry)
    found: dict[str, tuple[Heading, ...]] = {}
    for block in table.blocks if table else ():
        for path in list_paths(block.columns):
            ids = ""
            for heading in path:
                ids = join_ids(ids, heading.id)
            found[ids] = path
    return found
