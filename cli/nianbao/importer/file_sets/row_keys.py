"""Which row of the form a record of a published file is: by the cells that tell rows apart, and by its place."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

from msgspec import Struct

from nianbao.model.file_sets.mapping import FileEntry, RowEntry
from nianbao.model.file_sets.rows import Keys, RowPattern, find_table, get_text, list_key_texts, list_patterns
from nianbao.model.file_sets.texts import find_slip, fold
from nianbao.model.form import Form
from nianbao.model.i18n import N_
from nianbao.model.tables.headings import ENTRY, Heading, Line, list_lines

Row = RowPattern | RowEntry


class KeyText(NamedTuple):
    """What a key cell says: the text of a heading, a code, or a name; and how it departs from the template."""

    text: str  # that of the heading; of an axis its id, of the name of an entry `ENTRY`
    code: str = ""  # or the name; empty where the blank form asks for codes
    what: str = ""

    @property
    def meaning(self) -> str:
        """The text that the cell should have."""
        return self.code or self.text


class FoundRow(NamedTuple):
    """The row of a record, with the codes of its axes, and what each key cell says."""

    row: Row
    codes: Mapping[str, str]
    keys: tuple[KeyText, ...]

    @property
    def is_placeholder(self) -> bool:
        """Whether the record is no row, but asks for the codes of an axis."""
        axes = {heading.each for heading in _get_path(self.row)} - {"", ENTRY}
        return any(not self.codes.get(axis) for axis in axes)


class RowKeys(Struct, frozen=True, dict=True):
    """The rows of a file of a set by the texts of their key cells."""

    form: Form
    entry: FileEntry

    @cached_property
    def rows(self) -> list[Row]:
        """The rows that the file may have, in order."""
        table = find_table(self.form, self.entry)
        return [*list_patterns(table)] if table else [*self.entry.rows]

    @cached_property
    def columns(self) -> dict[str, Line]:
        """The columns of the table of the file, by their ids joined with dots."""
        table = find_table(self.form, self.entry)
        return {line.ids: line for block in (table.blocks if table else ()) for line in list_lines(block.columns)}

    @property
    def patterns(self) -> list[RowPattern]:
        """Those that are rows of a table."""
        return [row for row in self.rows if isinstance(row, RowPattern)]

    @cached_property
    def _rows_by_texts(self) -> dict[tuple[str, ...], list[Row]]:
        found: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows:
            found.setdefault(self.list_texts(row), []).append(row)
        return found

    def list_texts(self, row: Row) -> tuple[str, ...]:
        """List the text of each key cell of a row, as `list_key_texts` does."""
        return (row.label,) if isinstance(row, RowEntry) else list_key_texts(self.entry, row)

    @cached_property
    def _known(self) -> list[dict[str, str]]:
        """For each key cell the texts that headings have, by what they look like when compared."""
        columns = zip(*self._rows_by_texts, strict=True)
        axes = self.form.axes
        return [{fold(text): text for text in texts if text not in axes and text != ENTRY} for texts in columns]

    @cached_property
    def _exact(self) -> list[frozenset[str]]:
        return [frozenset(known.values()) for known in self._known]

    @cached_property
    def _axes(self) -> list[list[str]]:
        """For each key cell the axes of which it may have a code."""
        axes = self.form.axes
        columns = zip(*self._rows_by_texts, strict=True)
        return [list(dict.fromkeys(text for text in texts if text in axes)) for texts in columns]

    @cached_property
    def _named(self) -> list[bool]:
        """For each key cell whether it may have the name of an entry."""
        return [ENTRY in texts for texts in zip(*self._rows_by_texts, strict=True)]

    @cached_property
    def _wordings(self) -> dict[str, str]:
        """Other wordings of headings, by what they look like when compared."""
        rows = (row for row in self.rows if isinstance(row, RowPattern))
        headings = {heading for row in rows for heading in row.path}
        return {fold(alias): get_text(heading) for heading in headings for alias in heading.aliases}

    @cached_property
    def _placeholders(self) -> dict[str, dict[str, str]]:
        """The texts that stand in the blank form for codes, and that are no code, by axis."""
        return {
            axis.id: {fold(text): text for text in self.entry.placeholders.get(axis.id, ()) if text not in axis.by_name}
            for axis in self.form.axes.values()
        }

    @cached_property
    def _read(self) -> dict[tuple[int, str], list[KeyText]]:
        return {}

    def read_key(self, number: int, text: str) -> list[KeyText]:
        """Return what a key cell may say; nothing where it is no text of the template, and no slip of one."""
        if (number, text) not in self._read:
            self._read[number, text] = self._read_key(number, text)
        return self._read[number, text]

    def _read_key(self, number: int, text: str) -> list[KeyText]:
        known = self._known[number]
        found = [KeyText(axis, code, what) for axis, code, what in self._find_codes(number, text)]
        if text in self._exact[number]:
            return [KeyText(text), *found]
        if found:
            return found
        folded = fold(text)
        if folded in known:
            is_blank = folded == text.strip().casefold() or " ".join(text.split()) == " ".join(known[folded].split())
            return [KeyText(known[folded], what=N_("set-text-blanks") if is_blank else N_("set-text-differs"))]
        if folded in self._wordings and self._wordings[folded] in self._exact[number]:
            return [KeyText(self._wordings[folded], what=N_("set-text-differs"))]
        slip = find_slip(folded, known.keys())
        if slip:
            return [KeyText(known[slip], what=N_("set-key-slip"))]
        return [KeyText(ENTRY, text, N_("set-row-named"))] if self._named[number] and text.strip() else []

    def _find_codes(self, number: int, text: str) -> Iterator[tuple[str, str, str]]:
        for axis in self._axes[number]:
            plain, folded, asking = text.strip(), fold(text), self._placeholders[axis]
            if folded in asking or find_slip(folded, asking):
                yield axis, "", ""
            if code := self.form.axes[axis].by_name.get(plain):
                what = N_("set-code-alias") if code.id != plain else N_("set-text-blanks") if plain != text else ""
                yield axis, code.id, what

    def complete(self, texts: Sequence[str]) -> list[str] | None:
        """Return the texts of key cells with those that are blank, where only one row has the others; else None."""
        said = [text.strip() and {key.text for key in self.read_key(number, text)} for number, text in enumerate(texts)]
        rows = [
            row for row in self._rows_by_texts if all(not may or key in may for key, may in zip(row, said, strict=True))
        ]
        if len(rows) != 1 or len(self._rows_by_texts[rows[0]]) != 1:
            return None
        blank = [key for key, may in zip(rows[0], said, strict=True) if not may]
        if any(key == ENTRY or key in self.form.axes for key in blank):
            return None  # of which any row may be meant
        return [text if text.strip() else key for text, key in zip(texts, rows[0], strict=True)]

    def find_row(self, keys: Sequence[Sequence[KeyText]], last: Row | None) -> FoundRow | None:
        """Find the row that key cells name; of several the one nearest to the last row, below the same headings."""
        for way in product(*keys):
            if rows := self._rows_by_texts.get(tuple(key.text for key in way)):
                row = rows[0] if len(rows) == 1 else _choose_nearest(rows, last)
                if row:
                    return FoundRow(row, {key.text: key.code for key in way if key.code}, way)
        return None

    def list_keys(self, row: RowPattern, used: Collection[Keys]) -> list[Keys]:
        """List the keys that a row should have: those of each code or entry above it below which there is a value."""
        found: list[Keys] = [(self.entry.table,)]
        for heading in row.path:
            found = [(*keys, *heading.id.split(".")) if heading.id else keys for keys in found]
            if heading.each:
                known: Iterable[str | int] = range(len(used))  # entries, by number
                if heading.each != ENTRY:
                    known = [code.id for code in self.form.axes[heading.each].codes]
                found = [(*keys, one) for keys in found for one in known if (*keys, one) in used]
        return found


def _get_path(row: Row) -> tuple[Heading, ...]:
    return row.path if isinstance(row, RowPattern) else ()


def _choose_nearest(rows: Sequence[Row], last: Row | None) -> Row | None:
    """Choose the row that has the most headings in common with the last one; None where several have as many."""
    if not isinstance(last, RowPattern):
        return None
    above = {heading.id for heading in last.path if heading.id}
    shared = [len(above & {heading.id for heading in row.path}) for row in rows if isinstance(row, RowPattern)]
    most = max(shared)
    return rows[shared.index(most)] if most and shared.count(most) == 1 else None
