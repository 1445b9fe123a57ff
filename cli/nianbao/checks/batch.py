"""Reports checked, one or thousands, on every core, and several compared with each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nianbao.checks import check, rules, similarity
from nianbao.checks.context import SharedSection
from nianbao.checks.policy import Policy
from nianbao.checks.results import CheckResult, FailedReport
from nianbao.checks.similarity import Digest
from nianbao.model.finding import UserError, try_work
from nianbao.model.i18n import _
from nianbao.render import markup
from nianbao.workspace.processes import pool
from nianbao.workspace.processes.limits import name_file_in_errors
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store


@dataclass(frozen=True, slots=True)
class _CheckItem:
    office: str
    year: int
    neighbours: tuple[SharedSection, ...] | None = None


_BATCH_SIZE = 25  # reports that are sent together: to send each takes a tenth of the time to check it
_store: Store | None = None


def check_all(
    store: Store, asked: Sequence[ReportRef], choice: Policy, jobs: int = 0
) -> Iterator[CheckResult | FailedReport]:
    """Check reports; each as it is done, in no order, without the report itself, or why it could not be checked.

    Several are compared with each other: one that says what another says comes a second time, with that finding.
    """
    offices = {office.office for office, _year in asked}
    several = len(offices) > 1 and any(map(choice.is_reported, rules.list_names_of_scope("neighbours")))
    digests: dict[tuple[str, int], Digest] = {}
    items = [_CheckItem(office.office, year, () if several else None) for office, year in asked]
    for checked, digest in _run_checks(store, items, choice, jobs):
        yield checked
        if digest:
            digests[checked.office, checked.year] = digest
    copied = [
        _CheckItem(*report, found)
        for report, found in similarity.find_shared_sections(dict(sorted(digests.items()))).items()
    ]
    for checked, _digest in _run_checks(store, copied, choice, jobs):
        yield checked


def _run_checks(
    store: Store, items: Sequence[_CheckItem], choice: Policy, jobs: int
) -> Iterator[tuple[CheckResult | FailedReport, Digest]]:
    share = _BATCH_SIZE if len(items) > _BATCH_SIZE * _BATCH_SIZE else 1  # of fewer, each process is to have its part
    lost = partial(_report_lost_process, store)
    work, start = partial(_check_item, choice), partial(_open_store, store)
    return pool.run_all(items, work, lost, jobs, start, markup.close_pandoc, share=share)


def _open_store(store: Store) -> None:
    global _store  # noqa: PLW0603  # a process checks reports of one folder, and keeps what it read of its templates
    _store = store


def _check_item(choice: Policy, item: _CheckItem) -> tuple[CheckResult | FailedReport, Digest]:
    assert _store is not None  # noqa: S101  # it was opened when the process began
    store = _store.of_office(item.office)
    found = try_work(partial(_check_and_digest, store, choice, item), store.data(item.year))
    return (FailedReport(item.office, item.year, found), {}) if isinstance(found, UserError) else found


def _check_and_digest(store: Store, choice: Policy, item: _CheckItem) -> tuple[CheckResult, Digest]:
    with name_file_in_errors(store.data(item.year)):
        checked = check.check_report(store, item.year, choice, neighbours=item.neighbours)
    document = checked.document if item.neighbours == () else None
    return checked.without_report(), similarity.make_digest(document) if document else {}


def _report_lost_process(store: Store, item: _CheckItem) -> tuple[FailedReport, Digest]:
    data = store.of_office(item.office).data(item.year)
    why = UserError(_("{data}：核对这份报告的进程没有了", data=data), _("多半是内存不够；缩短正文，单独再做一次"))
    return FailedReport(item.office, item.year, why), {}
