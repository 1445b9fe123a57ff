"""Show that every relation of a form can be broken: some figure changed by one must make it fire."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from nianbao.kinds.mistakes import Mistake, locate_faults
from nianbao.kinds.samples import fill_sample
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.relations import Check
from nianbao.model.report import Number, Report
from nianbao.workspace.kinds import KindFolder


def check_relations(kind: KindFolder, form: Form) -> Iterator[Mistake]:
    """Find relations that no change of a figure breaks, or that hold for no figures near those tried."""
    checks: dict[int, Check] = {}
    for check in form.checks:
        checks.setdefault(id(check.relation), check)
    faults = []
    places: dict[str, Keys] = {table.id: ("tables", number) for number, table in enumerate(form.tables)}
    for table, keys in {**places, "": ()}.items():
        for position, relation in enumerate(form.relations.get(table, ())):
            applied = checks.get(id(relation))
            if applied and not _can_be_broken(form, applied):
                faults.append(Fault((*keys, "relations", position, "holds"), _("relation-never-breaks")))
    yield from locate_faults(kind.read_edition_files(form.edition), faults)


def _can_be_broken(form: Form, check: Check) -> bool:
    """Return whether one figure, changed by one, makes the difference; from figures that are 0, 1 or a constant."""
    constants = {constant for part in check.parts if (constant := part.constant) is not None}
    for base in sorted({0, 1, *constants}):
        figures: dict[str, Number] = dict.fromkeys(form.slots, base)
        previous = fill_sample(form, figures)
        holds = _holds(form, check, figures, previous)
        for part in check.parts:
            for address in part.addresses:
                step = 1 + int(check.relation.within)
                for value in (base + step, base - step):
                    if form.value_types[address].find_fault(value):
                        continue
                    changed = figures | {address: value}
                    is_last = part.term.previous
                    now = _holds(
                        form,
                        check,
                        figures if is_last else changed,
                        fill_sample(form, changed) if is_last else previous,
                    )
                    if holds is not None and now is not None and holds != now:
                        return True
    return False


def _holds(form: Form, check: Check, figures: Mapping[str, Number], previous: Report) -> bool | None:
    report = fill_sample(form, figures, previous)
    with suppress(LookupError, TypeError):
        return report.is_satisfied(check)
    return None
