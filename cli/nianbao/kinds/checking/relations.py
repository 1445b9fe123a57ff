"""Show that every relation of a form can be broken: some figure changed by one, or left out, must make it fire."""

from collections.abc import Iterator
from contextlib import suppress

from msgspec.structs import replace

from nianbao.kinds.mistakes import Mistake, locate_faults
from nianbao.kinds.samples import fill_sample
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.relations import Check
from nianbao.model.report import Number, Report
from nianbao.workspace.kinds import KindFolder

_Figures = dict[str, Number]  # by address


def check_relations(kind: KindFolder, form: Form) -> Iterator[Mistake]:
    """Find relations that no change of a figure breaks, or that hold for no figures near those tried."""
    form = expand_with_samples(form)
    checks: dict[int, Check] = {}
    for check in form.checks:
        checks.setdefault(id(check.relation), check)
    sample = fill_sample(form, {})
    faults = []
    lists = [table.id for table in form.tables if table.list_rules]
    places: dict[str, Keys] = {table.id: ("tables", number) for number, table in enumerate(form.tables)}
    places |= {table: ("lists", number) for number, table in enumerate(lists)}
    for table, keys in {**places, "": ()}.items():
        for position, relation in enumerate(form.relations.get(table, ())):
            applied = checks.get(id(relation))
            if applied and not _can_be_broken(form, applied, sample):
                faults.append(Fault((*keys, "relations", position, "holds"), _("relation-never-breaks")))
    yield from locate_faults(kind.read_edition_files(form.edition), faults)


def _can_be_broken(form: Form, check: Check, sample: Report) -> bool:
    """Return whether the check holds for some figures near those tried, and does not hold for others.

    It need not hold for any where it counts cells: a sample has only one row where the data decides how many.
    """
    wanted = {False} if any(part.term.function == "count" for part in check.parts) else {True, False}
    outcomes = set()
    for figures, previous in _list_trials(form, check):
        outcomes.add(_judge(check, replace(sample, figures=figures, previous=replace(sample, figures=previous))))
        if wanted <= outcomes:
            return True
    return False


def _list_trials(form: Form, check: Check) -> Iterator[tuple[_Figures, _Figures]]:
    """List figures to try, of this and of last year: all 0, 1 or a constant; one of them changed; some left out."""
    judged = [check, *check.others, *([check.condition] if check.condition else [])]
    parts = [part for one in judged for part in one.parts]
    constants = {constant for part in parts if (constant := part.constant) is not None}
    step = 1 + int(check.relation.within)
    for base in sorted({0, 1, *constants}):
        figures: _Figures = dict.fromkeys((address for part in parts for address in part.addresses), base)
        yield figures, figures
        for part in check.parts:
            for address in part.addresses:
                for value in (base + step, base - step):
                    if not form.value_types[address].find_fault(value):
                        changed = figures | {address: value}
                        yield (figures, changed) if part.term.previous else (changed, figures)
        for side in (check.left, check.right):
            left_out = {address for part in side for address in part.addresses}
            yield {address: value for address, value in figures.items() if address not in left_out}, figures


def _judge(check: Check, report: Report) -> bool | None:
    """Return whether a check holds; None where its condition does not, or a figure is missing."""
    with suppress(LookupError, TypeError):
        if not check.condition or report.is_satisfied(check.condition):
            return report.is_satisfied(check)
    return None
