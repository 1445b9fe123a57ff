"""`report form`: one Excel form for each office, with what is known from its report of last year."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.checks.drafts import find_next_due_period
from nianbao.checks.wording import find_prompts
from nianbao.compose import document
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.model.finding import UserError, try_work
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.offices import Register
from nianbao.model.open_rows.blank_rows import BlankRows, list_block_axes
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.workspace.files import SavedFile, write
from nianbao.workspace.processes import pool
from nianbao.workspace.selection import ReportRef, choose_kind, select, split_periods
from nianbao.workspace.store import Store


class WrittenForm(Struct, frozen=True):
    """A form that was written: its file, and notes on it for the user."""

    saved: SavedFile
    notes: tuple[str, ...]


def select_forms(
    store: Store, words: Sequence[str], *, all_offices: bool = False, new: bool = False
) -> list[ReportRef]:
    """Return the offices and periods that words name, with or without a data file; without a period it is the next due.

    Offices of the register may be named before they have data files. All offices are those that have any, and those of
    the register without units, whose reports are not added up. With `new`, or where no word names an office and there
    are no data files yet, it is the office of the folder.
    """
    store, words = choose_kind(store, words)
    periods, offices = split_periods(store, words)
    periods = periods or [find_next_due_period(store.kind)]
    if new or not (offices or all_offices or store.offices()):
        return [(store.of_office(""), period) for period in periods]
    listed = [unit for period in periods for unit in _list_units(store.register(period), leaves_only=all_offices)]
    found = select(store, [*map(str, periods), *offices], all_offices=all_offices, listed=listed)
    return [*found.reports, *found.missing]


def _list_units(register: Register, *, leaves_only: bool) -> list[str]:
    return [office for office in register.units if not (leaves_only and register.list_children(office))]


class FormOptions(Struct, frozen=True):
    """The options of `report form`: the `name` of a new office, the folder, and which blank rows there are.

    Without `out` the files go to `build/forms`.
    """

    name: str = ""
    out: Path | None = None
    blank: BlankRows = field(default_factory=BlankRows)


def write_all(reports: Sequence[ReportRef], options: FormOptions, jobs: int = 0) -> Iterator[WrittenForm | UserError]:
    """Write forms on several processes, in the order in which they are ready; for one that fails, a `UserError`.

    `jobs` is the number of processes, 0 for as many as there are processors.
    """
    yield from pool.run_all(reports, partial(_try_write, options), _describe_lost_worker, jobs)


def _try_write(options: FormOptions, report: ReportRef) -> WrittenForm | UserError:
    store, period = report
    return try_work(partial(_write_form, options, report), store.data(period))


def _write_form(options: FormOptions, report: ReportRef) -> WrittenForm:
    store, period = report
    name, out = options.name, options.out
    form = store.kind.form_in_force(period)
    blank = replace(options.blank, codes=_find_codes(form, options.blank.codes))
    last_report, notes = _read_last_report(store, store.get_previous(period))
    author = name or _find_author(store, period, last_report)
    content = make_form(FormRequest(form, period, store.office, author, last_report, blank=blank))
    stem = "-".join(filter(None, (str(period), store.office or re.sub(r"[^\w\uff08\uff09()\u00b7-]+", "", name)[:80])))
    path = (out or store.out / "forms" / store.kind_folder) / f"{stem}.xlsx"
    return WrittenForm(write({path: content}, out or store.within)[0], notes)


def _find_author(store: Store, period: Period, last_report: Report | None) -> str:
    """Find the name of an office in its report of last year, in the register, or in what it has for this period."""
    if last_report and (author := document.compose_author(last_report)):
        return author
    if unit := store.register(period).units.get(store.office):
        return unit.name
    report = _read_last_report(store, period if store.has(period) else None)[0]
    if report is None or report.form.author_address in find_prompts(report):
        return ""
    return document.compose_author(report)


def _find_codes(form: Form, names: Collection[str]) -> list[str]:
    """Find codes by their names or aliases; raises `UserError` for one that stands for no block of rows or column."""
    axes = [form.axes[axis] for table in form.open_tables.values() for axis in list_block_axes(table)]
    known = {name.casefold(): code.id for axis in axes for name, code in axis.by_name.items()}
    for name in names:
        if name.casefold() not in known:
            codes = list(dict.fromkeys(known.values()))
            what = _("no-such-code-in-form", code=name) + suggest(name, codes)
            raise UserError(what, _("codes-of-form", codes=join_words(codes)) if codes else _("leave-codes-out"))
    return [known[name.casefold()] for name in names]


def _describe_lost_worker(report: ReportRef) -> UserError:
    store, period = report
    return pool.make_lost_error(store.data(period))


def _read_last_report(store: Store, period: Period | None) -> tuple[Report | None, tuple[str, ...]]:
    """Read last year's report, if there is one; for one that cannot be read, return a note."""
    if not period:
        return None, ()
    report = try_work(partial(store.report, period), store.data(period))
    if isinstance(report, Report):
        return report, ()
    return None, (_("last-year-not-filled-in", data=store.data(period)),)
