"""`report query`: read what the tables of a query need, and answer it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from nianbao.checks.batch import KnownChecks, check_all
from nianbao.checks.check import load_policy
from nianbao.checks.results import CheckResult, FailedReport
from nianbao.export import pipeline
from nianbao.export.duckdb import QueryResult
from nianbao.export.finding_rows import list_findings
from nianbao.export.pipeline import RowsOrError
from nianbao.export.rows import ReportRows
from nianbao.export.state_rows import StateRow, list_periods, list_states
from nianbao.export.tables import Extra, list_extras
from nianbao.model.finding import UserError
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store


class Question(Struct, frozen=True):
    """A query about the reports of one kind, and what it needs besides their figures and facts; `today` is its day.

    With `all_lists` it may be about a list that no report has.
    """

    store: Store
    query: str
    reports: Sequence[ReportRef]
    extras: frozenset[Extra]
    today: date
    all_lists: bool = False

    def read(self, jobs: int = 0) -> Iterator[RowsOrError]:
        """Read the reports, see `pipeline.read_all`."""
        return pipeline.read_all(self.reports, jobs, titles="states" in self.extras, texts="texts" in self.extras)

    @property
    def needs_findings(self) -> bool:
        """Whether the query is about findings."""
        return "findings" in self.extras

    def judge(self, jobs: int = 0, known: KnownChecks | None = None) -> Iterator[CheckResult | FailedReport]:
        """Judge the reports by every rule, if the query is about findings; what is `known` is not judged again."""
        if self.needs_findings:
            yield from check_all(self.store, self.reports, load_policy(self.store), jobs, known)

    def list_states(self, jobs: int = 0) -> Iterator[StateRow]:
        """List the states of all offices, if the query is about them."""
        for period in list_periods(self.store) if "states" in self.extras else ():
            yield from list_states(self.store, period, self.today, jobs)

    def answer(
        self,
        read: Iterable[ReportRows],
        judged: Iterable[CheckResult | FailedReport],
        states: Iterable[StateRow],
        limit: int = 0,
    ) -> QueryResult:
        """Answer the query; see `Database.run_query`."""
        database = pipeline.make_database(self.store, read, self.today, all_lists=self.all_lists)
        database.insert_findings(list(list_findings(self.store, judged)))
        database.insert_states(list(states))
        return database.run_query(self.query, limit)


def prepare(store: Store, query: str, today: date) -> Question:
    """Prepare a query about all reports of a kind; raises `UserError` for one that cannot be answered."""
    try:
        pipeline.make_database(store, (), today).check_query(query)
    except UserError:  # the tables of lists need every edition to be read, which takes half a second of a large kind
        pipeline.make_database(store, (), today, all_lists=True).check_query(query)
        all_lists = True
    else:
        all_lists = False
    reports = [(store.of_office(office), period) for office, periods in store.offices().items() for period in periods]
    return Question(store, query, reports, frozenset(list_extras(query)), today, all_lists)
