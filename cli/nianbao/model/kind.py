"""A kind of document: what `kind.toml` says of all its editions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from nianbao import __version__
from nianbao.model.facts import Facts
from nianbao.model.finding import Setting
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.period import Calendar, PeriodUnit


class PeriodEntry(Shape, frozen=True):
    """The periods of a kind."""

    unit: Annotated[PeriodUnit, Meta(description="报告期：年、半年、季、月，或一件事")] = "year"
    starts: Annotated[
        str, Meta(description="一年从哪一天开始，如 10-01；财政年度用结束的那一年称呼", pattern=r"^\d\d-\d\d$")
    ] = "01-01"


class KindFile(Shape, frozen=True):
    """The file `kind.toml` of a kind; see `Kind`."""

    name: Annotated[Text, Meta(description="文书种类的名称")]
    version: Annotated[Text, Meta(description="这个文件夹的版本")]
    languages: Annotated[tuple[Text, ...], Meta(description="文书的语言，如 zh-CN；第一种是默认的", min_length=1)]
    needs: Annotated[str, Meta(description="需要的 nianbao，如 nianbao>=0.5", pattern=r"^(nianbao>=\d+(\.\d+)*)?$")] = (
        ""
    )
    period: Annotated[PeriodEntry, Meta(description="报告期")] = PeriodEntry()
    owed_by: Annotated[str, Meta(description="谁应当编制，何时到期，依据是什么")] = ""
    look: Annotated[Text, Meta(description="默认的版式")] = "plain"
    edition: Annotated[str, Meta(description="同一期有几版可用时用哪一版，机关另选的除外")] = ""
    rules: Annotated[dict[str, Setting], Meta(description="规则的级别：error、warning、note，或 off")] = msgspec.field(
        default_factory=dict
    )


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
    edition: str = ""
    levels: Mapping[str, Setting] = field(default_factory=dict, hash=False)  # of rules

    @property
    def period_fact(self) -> str:
        """The address in a data file that says which period the report is about: `year`, else `period`."""
        return "year" if self.calendar.unit == "year" else "period"


def load_kind(id_: str, sources: Sequence[Facts]) -> Kind:
    """Load a kind from its file; raises `UserError` that lists the faults."""
    file = load(KindFile, sources)
    month, day = map(int, file.period.starts.split("-"))
    try:
        date(2001, month, day)
    except ValueError:
        raise_faults(sources, [Fault(("period", "starts"), _("no-such-day", day=file.period.starts))])
    if _parse_version(file.needs.removeprefix("nianbao>=")) > _parse_version(__version__):
        why = _("needs-newer-program", needs=file.needs, version=__version__)
        raise_faults(sources, [Fault(("needs",), why)])
    calendar = Calendar(file.period.unit, month, day)
    return Kind(
        id_,
        file.name,
        file.version,
        file.needs,
        file.languages,
        calendar,
        file.owed_by,
        file.look,
        file.edition,
        file.rules,
    )


def _parse_version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(".") if number.isdecimal())
