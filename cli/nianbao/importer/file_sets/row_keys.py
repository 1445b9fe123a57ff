"""Which row of the form a record of a published file is: by the cells that tell rows apart, and by its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from nianbao.model.file_sets.mapping import FileEntry, RowEntry
from nianbao.model.file_sets.rows import RowPattern, find_table, get_text, list_patterns
from nianbao.model.file_sets.texts import find_slip, fold
from nianbao.model.form import Form
from nianbao.model.i18n import N_
from nianbao.model.tables.headings import ENTRY

Row = RowPattern | RowEntry


class KeyText(NamedTuple):
    """What a key cell says: the text of a heading, or the code of an axis; and how it departs from the template."""

    text: str  # that of the heading; of an axis its id
    code: str = ""
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


@dataclass(frozen=True)
class RowKeys:
    """The rows of a file of a set by the texts of their key cells."""

    form: Form
    entry: FileEntry

    @cached_property
    def rows(self) -> list[Row]:
        """The rows that the file may have, in order."""
        table = find_table(self.form, self.entry)
        return [*list_patterns(table)] if table else [*self.entry.rows]

    @cached_property
    def _rows_by_texts(self) -> dict[tuple[str, ...], list[Row]]:
        found: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows:
            found.setdefault(tuple(self.list_texts(row)), []).append(row)
        return found

    def list_texts(self, row: Row) -> Iterator[str]:
        """Give the text of each key cell of a row; of an axis its id."""
        for at in self.entry.keys:
            number = self.entry.columns[at].heading
            if isinstance(row, RowEntry):
                yield row.label
            elif heading := row.get_heading(number or 0):
                yield get_text(heading) if heading.each in {"", ENTRY} else heading.each
            else:
                yield ""

    @cached_property
    def _known(self) -> list[dict[str, str]]:
        """For each key cell the texts that headings have, by what they look like when compared."""
        columns = zip(*self._rows_by_texts, strict=True)
        axes = self.form.axes
        return [{fold(text): text for text in texts if text not in axes} for texts in columns]

    @cached_property
    def _exact(self) -> list[frozenset[str]]:
        return [frozenset(known.values()) for known in self._known]

    @cached_property
    def _axes(self) -> list[list[str]]:
        """For each key cell the axes of which it may have a code."""
        axes = self.form.axes
        return [list(dict.fromkeys(text for text in texts if text in axes)) for texts in zip(*self._rows_by_texts)]  # noqa: B905  # all as long

    @cached_property
    def _wordings(self) -> dict[str, str]:
        """Other wordings of headings, by what they look like when compared."""
        rows = (row for row in self.rows if isinstance(row, RowPattern))
        headings = {heading for row in rows for heading in row.path}
        return {fold(alias): get_text(heading) for heading in headings for alias in heading.aliases}

    def list_placeholders(self) -> frozenset[str]:
        """The texts that stand in the blank form for codes of an axis, and that are no code."""
        axes = self.form.axes
        return frozenset(
            fold(text)
            for axis, texts in self.entry.placeholders.items()
            for text in texts
            if axis in axes and not axes[axis].find_code(text)
        )

    def read_key(self, number: int, text: str) -> list[KeyText]:
        """Return what a key cell may say; nothing where it is no text of the template, and no slip of one."""
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
        return [KeyText(known[slip], what=N_("set-key-slip"))] if slip else []

    def _find_codes(self, number: int, text: str) -> Iterator[tuple[str, str, str]]:
        for axis in self._axes[number]:
            plain = text.strip()
            if code := self.form.axes[axis].find_code(plain):
                what = N_("set-code-alias") if code != plain else N_("set-text-blanks") if plain != text else ""
                yield axis, code, what

    def find_row(self, keys: Sequence[Sequence[KeyText]], last: Row | None) -> FoundRow | None:
        """Find the row that key cells name; of several the one nearest to the last row, below the same headings."""
        for way in product(*keys):
            if rows := self._rows_by_texts.get(tuple(key.text for key in way)):
                row = rows[0] if len(rows) == 1 else _choose_nearest(rows, last)
                if row:
                    return FoundRow(row, {key.text: key.code for key in way if key.code}, way)
        return None


def _choose_nearest(rows: Sequence[Row], last: Row | None) -> Row | None:
    """Choose the row that has the most headings in common with the last one; None where several have as many."""
    if not isinstance(last, RowPattern):
        return None
    above = {heading.id for heading in last.path if heading.id}
    shared = [len(above & {heading.id for heading in row.path}) for row in rows if isinstance(row, RowPattern)]
    most = max(shared)
    return rows[shared.index(most)] if most and shared.count(most) == 1 else None
