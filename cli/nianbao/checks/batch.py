"""Check many reports in several processes, and compare the prose of offices with each other."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

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
from nianbao.workspace.store import ReportKey, Store


class _CheckItem(Struct, frozen=True):
    key: ReportKey
    neighbours: tuple[SharedSection, ...] | None = None
    before: CheckResult | None = None  # of the same report, not yet compared with others


class CheckedReport(NamedTuple):
    """What was found in a report, and the fingerprints of its sentences, by which it is compared with others."""

    result: CheckResult | FailedReport
    digest: Digest


class KnownChecks(Protocol):
    """What earlier runs found; `neighbours` are the sections that a report shares with others."""

    def find(self, key: ReportKey, neighbours: tuple[SharedSection, ...] | None) -> CheckedReport | None:
        """Return what was found in a report, unless something by which it is judged has changed since."""

    def keep(self, key: ReportKey, neighbours: tuple[SharedSection, ...] | None, checked: CheckedReport) -> None:
        """Keep what was found in a report that `find` was asked for a moment ago."""


_BATCH_SIZE = 25  # reports sent to a process at once: to send one takes a tenth of the time to check it
_store: Store | None = None


def check_all(
    store: Store, reports: Sequence[ReportRef], policy: Policy, jobs: int = 0, known: KnownChecks | None = None
) -> Iterator[CheckResult | FailedReport]:
    """Check reports, and yield each result when it is ready, in any order, without the report itself.

    Reports of several offices are compared with each other; the result of one that shares a section with another
    office is yielded a second time, with that finding. What is `known` is not judged again.
    """
    offices = {office.office for office, _year in reports}
    has_several_offices = len(offices) > 1 and any(map(policy.is_reported, rules.list_names_of_scope("neighbours")))
    results: dict[ReportKey, CheckResult] = {}
    digests: dict[ReportKey, Digest] = {}
    items = [_CheckItem(office.key(period), () if has_several_offices else None) for office, period in reports]
    for result, digest in _run_checks(store, items, policy, jobs, known):
        yield result
        if isinstance(result, CheckResult) and digest:
            results[result.key], digests[result.key] = result, digest
    shared = similarity.find_shared_sections(dict(sorted(digests.items())))
    copied_items = [_CheckItem(key, sections, results[key]) for key, sections in shared.items()]
    for result, _digest in _run_checks(store, copied_items, policy, jobs, known):
        yield result


def _run_checks(
    store: Store, items: Sequence[_CheckItem], policy: Policy, jobs: int, known: KnownChecks | None
) -> Iterator[CheckedReport]:
    unknown = items
    if known:
        unknown = []
        for item in items:
            if checked := known.find(item.key, item.neighbours):
                yield checked
            else:
                unknown.append(item)
    neighbours = {item.key: item.neighbours for item in unknown}
    for checked in _run_unknown(store, unknown, policy, jobs):
        if known:
            known.keep(checked.result.key, neighbours[checked.result.key], checked)
        yield checked


def _run_unknown(store: Store, items: Sequence[_CheckItem], policy: Policy, jobs: int) -> Iterator[CheckedReport]:
    batch_size = (
        _BATCH_SIZE if len(items) > _BATCH_SIZE * _BATCH_SIZE else 1
    )  # fewer are sent one by one, so that every process has work
    report_lost = partial(_report_lost_process, store)
    work, start = partial(_check_item, policy), partial(_open_store, store)
    return pool.run_all(items, work, report_lost, jobs, start, markup.close_pandoc, share=batch_size)


def _open_store(store: Store) -> None:
    global _store  # noqa: PLW0603  # a process checks reports of one folder, and caches its templates
    _store = store


def _check_item(policy: Policy, item: _CheckItem) -> CheckedReport:
    assert _store is not None  # noqa: S101  # set when the process started
    store = _store.of_report(item.key)
    result = try_work(partial(_check_and_digest, store, policy, item), store.data(item.key.period))
    return CheckedReport(FailedReport(item.key, result), {}) if isinstance(result, UserError) else result


def _check_and_digest(store: Store, policy: Policy, item: _CheckItem) -> CheckedReport:
    with name_file_in_errors(store.data(item.key.period)):
        if item.before:
            return CheckedReport(check.compare_report(store, item.before, policy, item.neighbours), {})
        result = check.check_report(store, item.key.period, policy, neighbours=item.neighbours)
    document = result.document if item.neighbours == () else None
    kept = replace(result.without_report(), judged=result.judged if document else None)
    return CheckedReport(kept, similarity.make_digest(document) if document else {})


def _report_lost_process(store: Store, item: _CheckItem) -> CheckedReport:
    data = store.of_report(item.key).data(item.key.period)
    error = UserError(_("check-process-gone", data=data), _("shorten-prose-check-alone"))
    return CheckedReport(FailedReport(item.key, error), {})
