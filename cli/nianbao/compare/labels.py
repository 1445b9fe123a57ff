"""A data file in labels instead of keys, a value on a line, as `git diff` shows it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from nianbao.model.facts import Facts, limit_sizes
from nianbao.model.finding import try_work
from nianbao.model.form import OWN_FACTS
from nianbao.model.period import Period, parse_period
from nianbao.model.report import Report, ReportEntry
from nianbao.workspace import access
from nianbao.workspace.files import display_path, make_read_error, parse_facts
from nianbao.workspace.store import Store


def describe_file(store: Store, path: Path) -> str:
    """Describe the values of a data file, which git may have put anywhere, by labels; one that fits no form stays.

    Raises `UserError` where there is no such file.
    """
    try:
        content = access.read(path.parent, path.name)
    except OSError as error:
        raise make_read_error(display_path(path), error) from error
    facts = parse_facts(content, display_path(path))
    facts = limit_sizes(facts) if isinstance(facts, Facts) else facts
    reports = [_fill(store.of_kind(kind), facts) for kind in store.list_kinds()] if isinstance(facts, Facts) else []
    filled = [report for report in reports if isinstance(report, Report)]
    if not filled:
        return content.decode(errors="replace")
    best = max(filled, key=lambda report: sum(entry.valid for entry in report.entries))
    return "".join(f"{line}\n" for line in _list_lines(best))


def _fill(store: Store, facts: Facts) -> Report | None:
    """Fill the form of a kind for the period that a file names; None where it names none of this kind."""
    period = parse_period(str(facts.tree.get(store.kind.settings.period_fact, "")))
    report = try_work(partial(_fill_form, store, facts, period), facts.file) if period else None
    return report if isinstance(report, Report) else None


def _fill_form(store: Store, facts: Facts, period: Period) -> Report | None:
    report = store.kind.fill(facts, period)
    return report if isinstance(report, Report) else None


def _list_lines(report: Report) -> Iterator[str]:
    colon = report.form.locale.file.marks.colon
    for entry in report.entries:
        if entry.value_type or not isinstance(entry.value, dict):
            yield from (f"{_name(report, entry)}{colon}{words}" for words in _format(report, entry))
    headings = {section.id: section.heading for section in report.form.sections}
    for section, text in report.headings.items():
        yield f"{headings.get(section) or section}{colon}{text}"
    for section, text in report.prose.items():
        yield headings.get(section) or section
        yield from text.strip().splitlines()


def _name(report: Report, entry: ReportEntry) -> str:
    label = report.form.labels.get(entry.address, entry.address.removeprefix(f"{OWN_FACTS}."))
    slot = report.form.slots.get(entry.address)
    table = next((table.label for table in report.form.tables if slot and slot in table.slots), "")
    return f"{table} · {label}" if table else label


def _format(report: Report, entry: ReportEntry) -> list[str]:
    """Return the value as it is printed; of several texts each, and what is not of its type as it is."""
    if isinstance(entry.value, list):
        return list(map(str, entry.value))
    if entry.value_type and entry.valid:
        return [entry.value_type.format(entry.value, report.form.locale)]  # type: ignore[arg-type]  # of its type
    return [str(entry.value)]
