"""The jobs of a build on a cluster, which are sent with their data files in batches."""

from collections.abc import Sequence

from msgspec.structs import replace

from nianbao.build.dask_worker import WorkItem
from nianbao.build.worker import BuildJob
from nianbao.checks.results import FailedReport
from nianbao.model.finding import UserError
from nianbao.workspace.earlier import list_drawn_periods
from nianbao.workspace.store import Store

_BATCHES_PER_THREAD = 2  # sent before their results are back, so that no thread waits
_MAX_BATCH = 8  # jobs that are sent together


class JobQueue:
    """Jobs that wait to be sent, in batches: few messages where there are many jobs, and single ones at the end.

    It is true while jobs are waiting.
    """

    def __init__(self, store: Store, jobs: Sequence[BuildJob]) -> None:
        self.store = store
        self._jobs = list(reversed(jobs))
        self._retries: list[WorkItem] = []
        self._unreadable: list[FailedReport] = []

    def __bool__(self) -> bool:
        return bool(self._jobs or self._retries)

    def take(self, threads: int, running: int) -> list[WorkItem]:
        """Take some jobs with their data files, as many as leave enough for the other threads.

        `running` is how many batches are sent and not done; where these are enough, nothing is taken. Jobs of a
        batch whose workers were lost come last, each in a batch of its own.
        """
        batch: list[WorkItem] = []
        while self._jobs and not batch and running < threads * _BATCHES_PER_THREAD:
            size = min(_MAX_BATCH, len(self._jobs) // (2 * _BATCHES_PER_THREAD * threads) + 1)
            jobs = [self._jobs.pop() for _job in range(size)]
            batch = [item for item in map(self._read_data, jobs) if item]
        return batch or ([self._retries.pop()] if self._retries and not running else [])

    def retry_singly(self, batch: Sequence[WorkItem]) -> None:
        """Put back the jobs of a batch whose workers were lost: one of the jobs may have killed them."""
        self._retries += [replace(item, alone=True) for item in batch]

    def take_unreadable(self) -> list[FailedReport]:
        """Return the reports of which a data file could not be read since the last call."""
        failed, self._unreadable = self._unreadable, []
        return failed

    def _read_data(self, job: BuildJob) -> WorkItem | None:
        store = self.store.of_report(job.key)
        needed = store.list_related_reports(job.key.period)
        stores = [(store.of_office(office), period) for office, period in needed]
        found = [stores[0], *((one, period) for one, period in stores[1:] if one.has(period))]
        try:
            contents = {one.name(period): one.content(period) for one, period in found}
            for period in list_drawn_periods(store, job.key.period, contents[store.name(job.key.period)]):
                contents[store.name(period)] = store.content(period)
            return WorkItem(job, contents)
        except UserError as error:
            self._unreadable.append(FailedReport(job.key, error))
            return None
