"""The set of files that a kind of document is published as: its file `files.toml`, which serves writing and reading."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from string import Formatter
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, field

from nianbao.model.facts import Facts
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape, Text

RowPart: TypeAlias = Literal["label", "value"]
PERIOD_FIELDS = frozenset({"first", "last"})  # of a pattern of days: the first and the last day of the period
_SOURCES = ("fact", "period", "condition", "heading", "column", "row", "text")


class ColumnEntry(Shape, frozen=True):
    """A column of a file: its head as printed, and where its cells come from: one of the keys after it."""

    head: Annotated[Text, Meta(description="field-files-head")]
    fact: Annotated[str, Meta(description="field-files-fact")] = ""
    period: Annotated[str, Meta(description="field-files-period")] = ""
    condition: Annotated[str, Meta(description="field-files-condition")] = ""
    heading: Annotated[int | None, Meta(description="field-files-heading")] = None
    column: Annotated[str, Meta(description="field-files-column")] = ""
    row: Annotated[RowPart | Literal[""], Meta(description="field-files-row")] = ""
    text: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="field-files-text")] = None
    prompt: Annotated[str, Meta(description="field-files-prompt")] = ""

    @property
    def sources(self) -> list[str]:
        """The keys that say where its cells come from."""
        return [name for name in _SOURCES if getattr(self, name) not in {"", None}]


class RowEntry(Shape, frozen=True):
    """A row of a file that stands for no row of a table: its label, and the fact or the day that is its value."""

    label: Annotated[Text, Meta(description="field-files-row-label")]
    fact: Annotated[str, Meta(description="field-files-fact")] = ""
    period: Annotated[str, Meta(description="field-files-period")] = ""
    when: Annotated[str, Meta(description="field-files-when")] = ""
    prompt: Annotated[str, Meta(description="field-files-prompt")] = ""


class FileEntry(Shape, frozen=True, dict=True):
    """One file of the set: its name without the suffix, and its columns; its rows are those of a table, or its own."""

    name: Annotated[str, Meta(description="field-files-name", pattern=r"^[\w .-]+$")]
    columns: Annotated[tuple[ColumnEntry, ...], Meta(description="field-files-columns", min_length=1)]
    sheet: Annotated[str, Meta(description="field-files-sheet")] = ""
    aliases: Annotated[tuple[Text, ...], Meta(description="field-files-aliases")] = ()
    table: Annotated[str, Meta(description="field-files-table")] = ""
    rows: Annotated[tuple[RowEntry, ...], Meta(description="field-files-rows")] = ()
    texts: Annotated[dict[str, tuple[str, ...]], Meta(description="field-files-texts")] = field(default_factory=dict)
    placeholders: Annotated[dict[str, tuple[Text, ...]], Meta(description="field-files-placeholders")] = field(
        default_factory=dict
    )

    def get_text(self, row: str, number: int) -> str:
        """Return a text that is always the same, by its row and its number among the texts of the row, from 1."""
        texts = self.texts.get(row, ())
        return texts[number - 1] if number <= len(texts) else ""

    @property
    def sheet_name(self) -> str:
        """The name of its sheet in a workbook."""
        return self.sheet or self.name

    @cached_property
    def keys(self) -> tuple[int, ...]:
        """The positions of the columns that tell its rows apart."""
        return tuple(
            at for at, column in enumerate(self.columns) if column.heading is not None or column.row == "label"
        )


class FileSet(Shape, frozen=True):
    """The file `files.toml` of a kind: the files of a report, in their order."""

    files: Annotated[tuple[FileEntry, ...], Meta(description="field-files-files", min_length=1)]


def load_file_set(sources: Sequence[Facts]) -> FileSet:
    """Load the files of a set; raises `UserError` that lists the faults."""
    file = load(FileSet, sources)
    if faults := list(_find_faults(file)):
        raise_faults(sources, faults)
    return file


def _find_faults(file: FileSet) -> Iterator[Fault]:
    """Find names and heads that are there twice, columns and rows of no or two sources, and patterns that are none."""
    names: dict[str, int] = {}
    for number, entry in enumerate(file.files):
        keys: Keys = ("files", number)
        if names.setdefault(entry.name.casefold(), number) != number:
            yield Fault((*keys, "name"), _("file-named-twice", name=entry.name))
        if bool(entry.table) == bool(entry.rows):
            yield Fault(keys, _("file-needs-table-or-rows", name=entry.name))
        if not entry.keys:
            yield Fault((*keys, "columns"), _("file-needs-key-column", name=entry.name))
        yield from _find_column_faults(entry, keys)
        for at, row in enumerate(entry.rows):
            if bool(row.fact) == bool(row.period):
                yield Fault((*keys, "rows", at), _("row-needs-fact-or-period", row=row.label))
            yield from _find_pattern_faults(row.period, (*keys, "rows", at, "period"))


def _find_column_faults(entry: FileEntry, keys: Keys) -> Iterator[Fault]:
    heads: set[str] = set()
    of_tables, of_rows = {"heading", "column", "text"}, {"row"}
    for at, column in enumerate(entry.columns):
        place = (*keys, "columns", at)
        if column.head in heads:
            yield Fault((*place, "head"), _("head-is-there-twice", head=column.head))
        heads.add(column.head)
        if len(column.sources) != 1:
            yield Fault(place, _("column-needs-one-source", head=column.head, keys=join_words(_SOURCES)))
        elif set(column.sources) & (of_rows if entry.table else of_tables):
            yield Fault((*place, column.sources[0]), _("column-source-not-here", key=column.sources[0]))
        elif column.heading == 0:
            yield Fault((*place, "heading"), _("headings-count-from-1"))
        yield from _find_pattern_faults(column.period, (*place, "period"))


def _find_pattern_faults(pattern: str, keys: Keys) -> Iterator[Fault]:
    """Find why a pattern of the days of a period is none; nothing for an empty one."""
    if not pattern:
        return
    try:
        names = {name for _text, name, _spec, _how in Formatter().parse(pattern) if name is not None}
    except ValueError:
        names = {""}
    if not names or not names <= PERIOD_FIELDS:
        yield Fault(keys, _("period-pattern-needs-days", pattern=pattern))
