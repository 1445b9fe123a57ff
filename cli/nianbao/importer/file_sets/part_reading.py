"""One file of a set, record by record: the values of its rows, and every departure from the template."""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from nianbao.importer.file_sets.cells import ReadCell, compare_text, parse_day, read_cell
from nianbao.importer.file_sets.deviations import Deviation
from nianbao.importer.file_sets.heads import MatchedHeads
from nianbao.importer.file_sets.parts import PublishedPart, Record
from nianbao.importer.file_sets.row_keys import FoundRow, Row, RowKeys
from nianbao.importer.file_sets.row_order import RowOrder
from nianbao.model.file_sets.mapping import ColumnEntry, FileEntry, RowEntry
from nianbao.model.file_sets.rows import Keys, RowPattern, find_condition, is_named
from nianbao.model.file_sets.texts import fold
from nianbao.model.i18n import N_
from nianbao.model.tables.headings import ENTRY
from nianbao.model.tables.slots import TraitsOfLines
from nianbao.model.value_types import Value, ValueType


class ReadValue(Struct, frozen=True):
    """A value of a published file: its keys in the data file, and its place."""

    keys: Keys
    value: Value
    row: int
    at: int


class CommonText(Struct, frozen=True):
    """What a cell says that is the same in the whole set, such as the name of a service or the period."""

    column: ColumnEntry
    text: str
    row: int
    at: int


class ReadPart(Struct):
    """What a file of a set says."""

    part: PublishedPart
    entry: FileEntry
    heads: MatchedHeads
    values: list[ReadValue] = field(default_factory=list)
    common: list[CommonText] = field(default_factory=list)
    days: list[CommonText] = field(default_factory=list)  # days of the period, in rows of their own
    deviations: list[Deviation] = field(default_factory=list)
    cells: int = 0  # those of values
    rows: dict[int, Keys] = field(default_factory=dict)  # by record: where it is in the data
    proposed: dict[Keys, list[ReadValue]] = field(default_factory=dict)  # by row: what it says if blank means as above


class PartReader:
    """Reads one file whose columns were found."""

    def __init__(self, keys: RowKeys, part: PublishedPart, heads: MatchedHeads) -> None:
        self._keys, self._heads, self._entry = keys, heads, keys.entry
        self._form, self._name = keys.form, part.name
        self._order = RowOrder(keys)
        self._names = {heading.named_by for row in keys.patterns for heading in row.path}  # of entries
        self._traits = TraitsOfLines()
        self._last_texts: list[str] = [""] * len(self._entry.keys)
        self._seen: set[Keys] = set()
        self._entries: dict[Keys, dict[str, int]] = {}  # by array: the numbers of entries by their names
        self._blank: dict[Keys, list[int]] = {}  # records of entries that say nothing, by array
        self._blank_rows: dict[int, tuple[RowPattern, Keys]] = {}  # those of axes, by record
        self.read = ReadPart(part, self._entry, heads, deviations=[*part.deviations, *heads.deviations])

    def read_all(self) -> ReadPart:
        """Read all records."""
        for record in self.read.part.records[1:]:
            self._read_record(record)
        self._declare_absent()
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
        completed = texts if all(text.strip() for text in texts) else self._complete(record, texts)
        if completed is None:
            return
        self._last_texts = completed
        found = self._find_row(record, completed)
        if found is None:
            self._order.lose()
            self._lose(record, N_("set-value-of-unknown-row"))
            return
        if self._order.follow(found):
            self._add(N_("set-rows-reordered"), record)
        if not found.is_placeholder:
            self._read_row(record, found)
        elif not self._lose(record, N_("set-placeholder-filled")):
            self._add(N_("set-placeholder-left"), record)

    def _complete(self, record: Record, texts: Sequence[str]) -> list[str] | None:
        """Return the texts of key cells of which some are blank, where only one row has the others.

        Else blank may mean "as above", or nothing: what the record says is declared, and None returned.
        """
        completed = self._keys.complete(texts)
        as_above = [text if text.strip() else last for text, last in zip(texts, self._last_texts, strict=True)]
        what = N_("set-key-as-above") if completed is None else N_("set-key-blank")
        for column, text, read in zip(self._entry.keys, texts, completed or as_above, strict=True):
            if text != read:
                self._add(what, record, self._heads.positions[column], read=read)
        if completed is None:
            self._last_texts = as_above
            self._propose(record, as_above)
            self._order.lose()
        return completed

    def _propose(self, record: Record, texts: Sequence[str]) -> None:
        """Keep the values of a record whose blank key cells may mean as above, and declare each as left out."""
        found = self._keys.find_row([self._keys.read_key(*one) for one in enumerate(texts)], self._order.last)
        row = found.row if found else None
        if not found or found.is_placeholder or not isinstance(row, RowPattern) or row.is_entry:
            self._lose(record, N_("set-value-of-unknown-row"))
            return
        keys, _names = self._make_keys(row, found, record)
        if keys in self._seen or keys in self.read.proposed:
            self._lose(record, N_("set-value-of-unknown-row"))
            return
        self.read.proposed[keys] = self._read_values(record, row, keys)
        for value in self.read.proposed[keys]:
            self._add(N_("set-value-if-as-above"), record, value.at, printed=record.cells[value.at], lost=True)
        self._read_surplus(record)

    def _find_row(self, record: Record, texts: Sequence[str]) -> FoundRow | None:
        keys = [self._keys.read_key(number, text) for number, text in enumerate(texts)]
        found = self._keys.find_row(keys, self._order.last)
        for number, column in enumerate(self._entry.keys):
            at = self._heads.positions[column]
            if not keys[number]:
                self._add(N_("set-key-unknown"), record, at, printed=texts[number], lost=True)
            elif found and (what := found.keys[number].what):
                self._add(what, record, at, printed=texts[number], read=found.keys[number].meaning)
        if not found and all(keys):
            self._add(N_("set-row-unknown"), record, printed=" · ".join(texts), lost=True)
        return found

    def _lose(self, record: Record, what: str) -> int:
        """Declare every value of a record that has no place, and every prompt; return how many values there are."""
        lost = 0
        for number, text in self._list_values(record):
            is_prompt = fold(text) == fold(self._entry.columns[number].prompt)
            lost += not is_prompt
            place = self._heads.positions[number]
            self._add(N_("set-prompt-left") if is_prompt else what, record, place, printed=text, lost=not is_prompt)
        return lost

    def _list_values(self, record: Record) -> Iterator[tuple[int, str]]:
        """Give the columns of values that say something in a record, and what they say."""
        for number, column in enumerate(self._entry.columns):
            text = self._heads.get_text(record, number) if column.column or column.row == "value" else ""
            if text.strip():
                yield number, text

    def _read_row(self, record: Record, found: FoundRow) -> None:
        row = found.row
        keys, names = self._make_keys(row, found, record) if isinstance(row, RowPattern) else ((), [])
        values = self._read_values(record, row, keys)
        self._read_surplus(record)
        kept = self._keep_values(record, row, keys, values) if isinstance(row, RowPattern) else values
        self.read.values += [*names, *kept] if kept else []
        if kept or not (isinstance(row, RowPattern) and row.is_open):
            self.read.rows[record.row] = keys

    def _read_values(self, record: Record, row: Row, keys: Keys) -> list[ReadValue]:
        """Read the values of a record as those of a row, and note what is the same in all rows."""
        values: list[ReadValue] = []
        for number, column in enumerate(self._entry.columns):
            text, at = self._heads.get_text(record, number), self._heads.positions[number]
            if at is None or number in self._entry.keys:
                continue
            if column.fact or column.period:
                self.read.common.append(CommonText(column, text, record.row, at))
            elif column.condition or column.text is not None:
                expected = self._get_expected(column, row)
                if what := compare_text(text, expected):
                    self._add(what, record, at, printed=text, read=expected)
            else:
                cell = self._read_cell(record, at, text, column, row)
                if cell.value is not None:
                    own = (column.column or getattr(row, "fact", "")).split(".")
                    values.append(ReadValue((*keys, *own), cell.value, record.row, at))
        return values

    def _make_keys(self, row: RowPattern, found: FoundRow, record: Record) -> tuple[Keys, list[ReadValue]]:
        """Make the keys of a row of a table, and the values that are the names of entries above it."""
        keys: list[str | int] = [self._entry.table]
        names: list[ReadValue] = []
        for heading in row.path:
            keys += heading.id.split(".") if heading.id else []
            if is_named(heading):
                name, numbers = found.codes[ENTRY], self._entries.setdefault(tuple(keys), {})
                keys.append(numbers.setdefault(name, len(numbers)))
                at = self._heads.positions[self._entry.keys[[key.text for key in found.keys].index(ENTRY)]] or 0
                names.append(ReadValue((*keys, heading.named_by), name, record.row, at))
            elif heading.each == ENTRY:
                keys.append(len(self._entries.get(tuple(keys), ())))
            elif heading.each:
                keys.append(found.codes[heading.each])
        return tuple(keys), names

    def _keep_values(self, record: Record, row: RowPattern, keys: Keys, values: list[ReadValue]) -> list[ReadValue]:
        """Return the values of a row that is there for the first time; those of a second one are declared."""
        if isinstance(keys[-1], int):
            if values:
                numbers = self._entries.setdefault(keys[:-1], {})
                numbers[f"{record.row}"] = len(numbers)
            else:
                self._blank.setdefault(keys[:-1], []).append(record.row)
            return values
        if keys in self._seen:
            for value in values:
                self._add(N_("set-row-twice"), record, value.at, printed=str(value.value), lost=True)
            if not values:
                self._add(N_("set-row-repeated"), record)
            return []
        self._seen.add(keys)
        if not values and row.is_open and not list(self._list_values(record)):
            self._blank_rows[record.row] = row, keys
        return values

    def _read_surplus(self, record: Record) -> None:
        """Declare what stands in columns that the template has not, with a head or without one."""
        for at, text in enumerate(record.cells):
            if text.strip() and at not in self._heads.positions:
                self._add(N_("set-value-of-unknown-column"), record, at, printed=text, lost=True)

    def _get_expected(self, column: ColumnEntry, row: Row) -> str:
        """Return the text that the template has in a cell."""
        if column.text is not None and isinstance(row, RowPattern):
            return self._entry.get_text(row.ids, column.text)
        condition = row.condition if isinstance(row, RowPattern) else row.when
        return find_condition(self._form, condition) or column.condition

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
            value_type: ValueType | None = self._form.value_types[row.fact]
        else:
            value_type = self._find_type(row, column)
        if value_type is None:
            if text.strip():
                self._add(N_("set-value-without-place"), record, at, printed=text, lost=True)
            return ReadCell()
        cell = read_cell(text, value_type, self._form.kind.signs.file.numbers, prompt)
        read = "" if cell.value is None or str(cell.value) == text else str(cell.value)
        for what in cell.whats:
            self._add(what, record, at, printed=text, read=read, lost=cell.lost)
        return cell

    def _find_type(self, row: RowPattern, column: ColumnEntry) -> ValueType | None:
        """Find the type of a value; None where the form has no place for it: a column that only entries have."""
        line = self._keys.columns.get(column.column)
        if line is None or row.line is None or (column.column in self._names and not row.is_entry):
            return None
        return self._traits.find(row.line, line).value_type

    def _declare_absent(self) -> None:
        """Declare what can be said only at the end: blank rows of entries, and rows that are not there."""
        for keys, rows in self._blank.items():
            spare = rows if self._entries.get(keys) else rows[1:]
            self.read.deviations += [Deviation(self._name, N_("set-row-blank"), row) for row in spare]
        used = {value.keys[:size] for value in self.read.values for size in range(1, len(value.keys))}
        for number, (row, keys) in self._blank_rows.items():
            if keys not in self._keys.list_keys(row, used):
                self.read.deviations.append(Deviation(self._name, N_("set-row-blank"), number))
        for one in self._keys.rows:
            if isinstance(one, RowPattern) and one.path[-1].each != ENTRY:
                absent = [keys for keys in self._keys.list_keys(one, used) if keys not in self._seen]
                self.read.deviations += [
                    Deviation(self._name, N_("set-row-missing"), printed=".".join(map(str, keys))) for keys in absent
                ]
