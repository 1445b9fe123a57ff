"""A kind of document: what `kind.toml` says of all its editions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from nianbao import __version__
from nianbao.model.facts import Facts
from nianbao.model.finding import Setting
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.reading import PLAIN_READING, Reading
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.period import Calendar, Period, PeriodUnit

if TYPE_CHECKING:
    from nianbao.model.file_sets.mapping import FileSet  # few kinds have files

DEFAULT_KIND = "cn-disclosure"  # of folders whose report.toml names none, as all did before there were kinds


MOST_DAYS = 731  # after its period, by which a report can be due: two years


class Due(Shape, frozen=True):
    """The day on which a report is due, for authors whose name matches a pattern.

    It is the first such day of a year after the period, or so many `days` or whole `months` after its end.
    """

    month: Annotated[int, Meta(description="field-due-month", ge=1, le=12)] = 1
    day: Annotated[int, Meta(description="field-due-day", ge=1, le=31)] = 31
    days: Annotated[Annotated[int, Meta(ge=1, le=MOST_DAYS)] | None, Meta(description="field-due-days")] = None
    months: Annotated[Annotated[int, Meta(ge=1, le=24)] | None, Meta(description="field-due-months")] = None
    author: Annotated[str, Meta(description="field-due-author")] = ""
    basis: Annotated[str, Meta(description="field-due-basis")] = ""


class PeriodEntry(Shape, frozen=True):
    """The periods of a kind."""

    unit: Annotated[PeriodUnit, Meta(description="field-period-unit")] = "year"
    also: Annotated[tuple[PeriodUnit, ...], Meta(description="field-period-also")] = ()
    starts: Annotated[str, Meta(description="field-period-starts", pattern=r"^\d\d-\d\d$")] = "01-01"


class PublisherEntry(Shape, frozen=True):
    """Who publishes the documents of a kind."""

    type: Annotated[Text, Meta(description="field-publisher-type")] = "Organization"


class KindFile(Shape, frozen=True):
    """The file `kind.toml` of a kind; see `Kind`."""

    name: Annotated[Text, Meta(description="field-kind-name")]
    version: Annotated[Text, Meta(description="field-kind-version")]
    languages: Annotated[tuple[Text, ...], Meta(description="field-kind-languages", min_length=1)]
    needs: Annotated[str, Meta(description="field-kind-needs", pattern=r"^(nianbao>=\d+(\.\d+)*)?$")] = ""
    period: Annotated[PeriodEntry, Meta(description="field-kind-period")] = PeriodEntry()
    owed_by: Annotated[str, Meta(description="field-kind-owed-by")] = ""
    look: Annotated[Text, Meta(description="field-kind-look")] = "plain"
    prefers: Annotated[tuple[Text, ...], Meta(description="field-kind-prefers")] = ()
    publisher: Annotated[PublisherEntry, Meta(description="field-kind-publisher")] = PublisherEntry()
    rules: Annotated[dict[str, Setting], Meta(description="field-kind-rules")] = msgspec.field(default_factory=dict)
    trim_blocks: Annotated[bool, Meta(description="field-kind-trim-blocks")] = True


def _read_nothing() -> None:
    """Read no `reading.toml` and no `files.toml`: of a kind without them."""


@dataclass(frozen=True)
class Kind:
    """A kind of document: its id, which is the name of its folder, and what its `kind.toml` says."""

    id: str
    name: str = ""
    version: str = ""
    needs: str = ""
    languages: tuple[str, ...] = ("zh-CN",)
    calendar: Calendar = field(default_factory=Calendar)
    owed_by: str = ""
    look: str = "plain"
    prefers: tuple[str, ...] = ()
    levels: Mapping[str, Setting] = field(default_factory=dict, hash=False)  # of rules
    publisher_type: str = "Organization"  # by its name in schema.org
    trim_blocks: bool = True  # of its templates: a line that holds only a block leaves no empty line
    # Only an import needs it: whatever else is done with a kind does not read that file.
    read_reading: Callable[[], Reading | None] = field(default=_read_nothing, compare=False)
    read_file_set: Callable[[], "FileSet | None"] = field(default=_read_nothing, compare=False)  # as seldom needed

    @cached_property
    def reading(self) -> Reading | None:
        """What its `reading.toml` says; None without one: no reports but our own files can be read.

        Raises `UserError` that lists the faults of the file.
        """
        return self.read_reading()

    @cached_property
    def file_set(self) -> "FileSet | None":
        """What its `files.toml` says; None without one: its documents are no sets of files.

        Raises `UserError` that lists the faults of the file.
        """
        return self.read_file_set()

    @property
    def signs(self) -> Reading:
        """How values are printed, as far as it is known."""
        return self.reading or PLAIN_READING

    @property
    def period_fact(self) -> str:
        """The address in a data file that says which period the report is about: `year`, else `period`."""
        return "year" if self.calendar.units == ("year",) else "period"

    def write_period(self, period: Period) -> int | str:
        """Return a period as a data file has it: a year is a number."""
        return period.year if self.period_fact == "year" else str(period)


def load_kind(
    id_: str,
    sources: Sequence[Facts],
    read_reading: Callable[[], Reading | None] = _read_nothing,
    read_file_set: Callable[[], "FileSet | None"] = _read_nothing,
) -> Kind:
    """Load a kind from its file, and how to read its further files; raises `UserError` that lists faults."""
    file = load(KindFile, sources)
    month, day = map(int, file.period.starts.split("-"))
    try:
        date(2001, month, day)
    except ValueError:
        raise_faults(sources, [Fault(("period", "starts"), _("no-such-day", day=file.period.starts))])
    if _parse_version(file.needs.removeprefix("nianbao>=")) > _parse_version(__version__):
        why = _("needs-newer-program", needs=file.needs, version=__version__)
        raise_faults(sources, [Fault(("needs",), why)])
    calendar = Calendar(file.period.unit, month, day, file.period.also)
    return Kind(
        id=id_,
        name=file.name,
        version=file.version,
        needs=file.needs,
        languages=file.languages,
        calendar=calendar,
        owed_by=file.owed_by,
        look=file.look,
        prefers=file.prefers,
        publisher_type=file.publisher.type,
        levels=file.rules,
        trim_blocks=file.trim_blocks,
        read_reading=read_reading,
        read_file_set=read_file_set,
    )


def _parse_version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(".") if number.isdecimal())
