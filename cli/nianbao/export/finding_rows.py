"""What the rules found in reports, as rows."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nianbao.checks.results import CheckResult, FailedReport
from nianbao.model.finding import Finding, Place
from nianbao.workspace.store import ReportKey, Store


class FindingRow(NamedTuple):
    """A finding; `accepted` is the reason for which a person has accepted it, None where nobody has."""

    office: str
    kind: str
    year: int
    period: str
    rule: str
    level: str
    address: str | None
    message: str
    place: str
    accepted: str | None


def list_findings(store: Store, results: Iterable[CheckResult | FailedReport]) -> Iterator[FindingRow]:
    """List what was found in each report, sorted by office, kind and period."""
    by_report: dict[ReportKey, CheckResult | FailedReport] = {}
    for result in results:
        by_report[result.key] = result  # a second result of a report is more complete
    for key, result in sorted(by_report.items()):
        found = [(_describe_failure(store, result), None)] if isinstance(result, FailedReport) else _list_found(result)
        for finding, accepted in found:
            yield FindingRow(
                key.office,
                key.kind or store.default_kind,
                key.period.year,
                str(key.period),
                finding.rule,
                finding.level,
                finding.address or None,
                finding.message,
                str(finding.place),
                accepted,
            )


def _list_found(result: CheckResult) -> list[tuple[Finding, str | None]]:
    accepted = [(one.finding, one.reason) for one in result.accepted]
    return [*((finding, None) for finding in result.findings), *accepted]


def _describe_failure(store: Store, result: FailedReport) -> Finding:
    file = store.of_report(result.key).data(result.key.period)
    return Finding("unreadable", "error", Place(file), result.error.message)
