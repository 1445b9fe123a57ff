"""Forms to send out: one spreadsheet for each office, with what is known of it from last year."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nianbao.checks.drafts import find_next_due_year
from nianbao.compose import document
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest as Request
from nianbao.model.finding import Stop, attempt
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.workspace import process_pool
from nianbao.workspace.files import Saved, write
from nianbao.workspace.selection import Asked, select
from nianbao.workspace.store import Store


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """A form that was made: where it is, and what a person should know of it."""

    saved: Saved
    notes: tuple[str, ...]


def select_forms(store: Store, words: Sequence[str], *, everyone: bool = False, new: bool = False) -> list[Asked]:
    """Find the offices and years that words name, whether they have data or not; without a year it is the next due.

    A new office has no data file yet, and a folder without any asks for its own.
    """
    years = [word for word in words if re.fullmatch(r"\d{4}", word)] or [str(find_next_due_year())]
    offices = [word for word in words if word not in years]
    if new or not (offices or everyone or store.offices()):
        return [(store.of_office(""), int(year)) for year in years]
    found = select(store, [*years, *offices], everyone=everyone)
    return [*found.reports, *found.missing]


def write_all(
    asked: Sequence[Asked], name: str = "", out: Path | None = None, jobs: int = 0
) -> Iterator[WrittenForm | Stop]:
    """Make forms on several processes, each as it is done, in no order. `name` is that of the only office asked for.

    Without a folder they go where forms have one for their own, below `build/`.
    """
    yield from process_pool.spread(asked, partial(_try_write, name, out), _describe_lost_worker, jobs)


def _try_write(name: str, out: Path | None, asked: Asked) -> WrittenForm | Stop:
    return attempt(partial(_write_form, name, out, asked), asked[0].data(asked[1]))


def _write_form(name: str, out: Path | None, asked: Asked) -> WrittenForm:
    store, year = asked
    form = store.form_in_force(year)
    before, notes = _read_last_report(store, year - 1)
    author = name or (document.author(before) if before else "")
    content = make_form(Request(form, year, store.office, author, before))
    stem = "-".join(filter(None, (str(year), store.office or re.sub(r"[^\w（）()·-]+", "", name)[:80])))
    path = (out or store.out / "forms") / f"{stem}.xlsx"
    return WrittenForm(write({path: content}, out or store.within)[0], notes)


def _describe_lost_worker(asked: Asked) -> Stop:
    return Stop(_("{data}：读它的进程没有了", data=asked[0].data(asked[1])), _("再运行一次"))


def _read_last_report(store: Store, year: int) -> tuple[Report | None, tuple[str, ...]]:
    """Read last year's report, if there is one; one that cannot be read fills nothing in, which is said."""
    if not store.has(year):
        return None, ()
    report = attempt(partial(store.report, year), store.data(year))
    if isinstance(report, Report):
        return report, ()
    return None, (_("{data} 读不出来，表里没有预填上年的数", data=store.data(year)),)
