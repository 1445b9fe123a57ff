"""Choose the two reports that are compared, read them, and put them into words."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from nianbao.checks.check import limit_check
from nianbao.compare.comparison import Comparison, compare_documents
from nianbao.compare.figures import have_common_values
from nianbao.compose.document import compose, compose_author
from nianbao.model.facts import Facts, limit_sizes
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.workspace import selection
from nianbao.workspace.files import parse_facts
from nianbao.workspace.origins import git
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store

_TWO = 2  # reports of a comparison


class ReportPair(Struct, frozen=True):
    """Two reports to be compared, the earlier or first named one `before`; `name` is that of files about them.

    `before` is None for a commit of the data file of `after`: the last one up to `revision`.
    """

    before: ReportRef | None
    after: ReportRef
    revision: str = ""

    @property
    def name(self) -> str:
        """Name a file about both, without its suffix."""
        _store, period = self.after
        if self.before is None:
            return f"{period}-since-commit"
        other, earlier = self.before
        return (
            f"{period}-since-{earlier}" if earlier != period else f"{period}-beside-{other.office or other.root.name}"
        )


def choose_pair(
    words: Sequence[str], root: Path | None, out: Path | None, warn: Callable[[str], None], *, revision: str = ""
) -> ReportPair:
    """Choose two reports by the words of a command line; of one it is compared with the one before it.

    With `revision` one report is compared with its last commit up to this commit, tag or branch of git. Of two periods
    the earlier one comes first. Raises `UserError` where the words do not mean two reports of one kind.
    """
    chosen = _select(words, root, out, warn)
    kinds = list(dict.fromkeys(store.kind.id for store, _period in chosen))
    if len(kinds) > 1:
        raise UserError(_("compare-two-kinds", first=kinds[0], other=kinds[1]), _("compare-same-kind"))
    if revision:
        if len(chosen) > 1:
            raise UserError(_("compare-commit-of-one", count=len(chosen)), _("compare-name-one"))
        return ReportPair(None, chosen[0], revision)
    if len(chosen) == 1:
        store, period = chosen[0]
        earlier = store.get_previous(period)
        if _names_twice(store, words):
            raise UserError(_("compare-with-itself", data=store.data(period)), _("compare-name-another"))
        if not earlier:
            raise UserError(_("compare-nothing-before", data=store.data(period)), _("compare-name-another"))
        return ReportPair((store, earlier), chosen[0])
    if len(chosen) > _TWO:
        raise UserError(_("compare-too-many", count=len(chosen)), _("compare-name-another"))
    first, second = chosen
    return ReportPair(second, first) if first[1] > second[1] else ReportPair(first, second)


def _select(words: Sequence[str], root: Path | None, out: Path | None, warn: Callable[[str], None]) -> list[ReportRef]:
    """Select reports; two data files may be of different folders."""
    groups = [[word] for word in words] if words and all(map(selection.is_data_file, words)) else [list(words)]
    found: dict[str, ReportRef] = {}
    for group in groups:
        store = selection.open_store(group, root, out, warn)
        selected = selection.select(store, group)
        for report, period in selected.reports:
            found[str(report.path(period).resolve())] = (report, period)
    return list(found.values())


def _names_twice(store: Store, words: Sequence[str]) -> bool:
    """Tell whether words name one report more than once."""
    periods, others = selection.split_periods(store, words)
    return len(periods) + sum(map(selection.is_data_file, others)) > 1 or len(set(others)) < len(others)


def compare_pair(pair: ReportPair, warn: Callable[[str], None]) -> Comparison:
    """Read two reports and compare them; raises `UserError` where one cannot be read or they have nothing in common.

    Figures that cannot be read are not compared, which `warn` is told.
    """
    store, period = pair.after
    with limit_check():
        after = require_report(store.report(period))
        if pair.before is None:
            committed = git.read_last_commit(store.path(period), store.data(period), pair.revision)
            before = require_report(_parse(pair.after, committed))
            labels = (_name_commit(after, committed), after.form.locale.say("compare-now"))
        else:
            before = require_report(pair.before[0].report(pair.before[1]))
            labels = _label(pair.before, pair.after, before, after)
        if not have_common_values(before.form, after.form):
            raise UserError(
                _("compare-editions-differ", first=before.form.edition, other=after.form.edition),
                _("compare-say-takes", edition=after.form.edition, other=before.form.edition),
            )
        for report in (before, after):
            _require_facts(report)
            if report.unread:
                warn(_("compare-figures-unread", data=report.facts.file, count=len(report.unread)))
        first = compose(before, (pair.before or pair.after)[0].kind.template)
        second = compose(after, store.kind.template)
        is_consecutive, is_one_report = _is_consecutive(pair), pair.before is None
        return compare_documents(first, second, labels, consecutive=is_consecutive, is_one_report=is_one_report)


def _parse(after: ReportRef, committed: git.CommittedFile) -> Report | Finding:
    store, period = after
    facts = parse_facts(committed.content, f"{store.data(period)} ({committed.commit})")
    facts = limit_sizes(facts) if isinstance(facts, Facts) else facts
    return facts if isinstance(facts, Finding) else store.kind.fill(facts, period)


def require_report(report: Report | Finding) -> Report:
    """Return a report; raises `UserError` for one that cannot be read."""
    if isinstance(report, Finding):
        raise UserError(f"{report.place}: {report.message}", report.fix or _("compare-validate-first"))
    return report


def _require_facts(report: Report) -> None:
    """Raise `UserError` for a report that cannot be put into words, since a fact is missing that its texts need."""
    form = report.form
    for address in (form.kind.period_fact, *(fact.id for fact in form.facts if fact.required)):
        if address not in report.values:
            lacking = _("data-file-lacks-fact", address=address, label=form.labels[address])
            raise UserError(f"{report.facts.find_place(address)}: {lacking}", _("compare-validate-first"))


def _name_commit(after: Report, committed: git.CommittedFile) -> str:
    return after.form.locale.say("compare-committed", commit=committed.commit, day=committed.day)


def _label(before: ReportRef, after: ReportRef, first: Report, second: Report) -> tuple[str, str]:
    """Name both reports by what differs: their periods, their offices, or both; else their folders."""
    locale = second.form.locale
    periods = [locale.format_period(period) for _store, period in (before, after)]
    offices = [compose_author(report) or ref[0].office for report, ref in ((first, before), (second, after))]
    if offices[0] == offices[1]:
        names = periods if periods[0] != periods[1] else [store.data(period) for store, period in (before, after)]
    else:
        names = offices if periods[0] == periods[1] else [" ".join(pair) for pair in zip(offices, periods, strict=True)]
    return names[0], names[1]


def _is_consecutive(pair: ReportPair) -> bool:
    if pair.before is None:
        return False
    (first, earlier), (second, period) = pair.before, pair.after
    return first.office == second.office and first.get_previous(period) == earlier
