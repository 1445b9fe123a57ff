"""New data files: every row of a form with its label, and every fact that the text of the report may use."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from nianbao.datafiles import json_schema
from nianbao.datafiles.formatter import format_text
from nianbao.datafiles.key_order import list_groups
from nianbao.datafiles.values import format_value
from nianbao.model.form import OPEN_TABLES, OWN_FACTS, Fact, Form
from nianbao.model.open_rows.applicability import find_excluded
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.period import Period
from nianbao.model.relations import Check
from nianbao.model.report import Number, Report
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import ValueType

_EXAMPLE_DAY = date(2000, 1, 31)
_NOTHING: Mapping[str, object] = {}


def format_new_file(
    form: Form,
    period: Period,
    last: Report | None = None,
    author: str = "",
    given: Mapping[str, object] = _NOTHING,
) -> str:
    """Format a data file for a period: figures are 0, totals are left out, since they are computed.

    From the report `last` come the facts that stay the same; where it is of the period before, also the rows and facts
    that carry over. `author` is the name of the office where `last` does not have it, `given` are facts by address.
    What does not apply by them is left out. Comments are in the language of the form.
    """
    written = {fact.id: _find_value(form, fact, last, author) for fact in form.facts}
    written |= carry_over_facts(form, period, last) | dict(given)
    return format_text("\n".join(_format_lines(form, period, last, written)) + "\n", form)


def find_open_conditions(form: Form, last: Report | None, given: Mapping[str, object]) -> list[Fact]:
    """Find the facts that say what applies, and that a new file would not have."""
    names = {condition.fact for condition in form.conditions}.difference(given)
    return [fact for fact in form.facts if fact.id in names and _find_value(form, fact, last, "") is None]


def _format_lines(form: Form, period: Period, last: Report | None, written: Mapping[str, Any]) -> Iterator[str]:
    yield f"#:schema ./{json_schema.format_file_name(form)}"
    say = form.locale.say
    yield f"# {say('scaffold-title', name=form.name, period=form.locale.name_period(period))}"
    may_be_blank = form.tables and set(form.omitted_figures.values()) <= {None}
    helps = "-blanks" if may_be_blank else "" if form.tables else "-without-tables"
    yield f"# {say(f'scaffold-help{helps}')}"
    yield ""
    value = str(period) if form.kind.period_fact == "year" else f'"{period}"'
    yield f"{form.kind.period_fact} = {value}"
    yield f'edition = "{form.edition}"' + (f"  # {form.document}" if form.document else "")
    yield f"# published = {_propose_day(form, period)}  # {say('scaffold-published')}"
    carried = carry_over(form, period, last)
    values = {address: value for address, value in written.items() if value is not None}
    excluded = find_excluded(form, values, []) | find_excluded(expand_with_samples(form), values, [])
    tables = {table.id: table for table in form.tables}
    for group in list_groups(form):
        if group in tables:
            yield from _format_table(form, tables[group], carried, excluded)
        elif group not in OPEN_TABLES:
            yield from _format_facts(form, group, written, excluded)
    yield ""
    yield from _format_questions(form, last)


def _propose_day(form: Form, period: Period) -> date:
    """Return the day on which a report of a period might be issued: the first due day, else the day after the end."""
    days = [form.get_due_day(due, period) for due in form.due]
    return min(days, default=form.kind.calendar.get_last_day(period) + timedelta(days=1))


def carry_over(form: Form, period: Period, last: Report | None) -> dict[str, Number]:
    """Return the figures that carry over from a report of the period before, by address; none from any other report.

    Which rows carry over says the table `carries` of the form: row of this period <- row of the period before. A total
    carries over only where its parts do not add up to it.
    """
    if last is None or last.period != period.get_previous():
        return {}
    computed, wrong = _find_totals(form.checks), _find_totals(last.broken)
    figures: dict[str, Number] = {}
    for address in form.slots:
        for row, last_row in form.carries.items():
            source = last_row + address.removeprefix(row)
            carries = f"{address}.".startswith(f"{row}.") and source in last.figures
            if carries and (address not in computed or source in wrong):
                figures[address] = last.figures[source]
    return figures


def carry_over_facts(form: Form, period: Period, last: Report | None) -> dict[str, Any]:
    """Return the facts that carry over from a report of the period before, by address; none from any other report."""
    if last is None or last.period != period.get_previous():
        return {}
    facts = {fact.id for fact in form.facts}
    sources = {target: source for target, source in form.carries.items() if target in facts}
    return {target: last.values[source] for target, source in sources.items() if source in last.values}


def _find_totals(checks: Iterable[Check]) -> set[str]:
    return {slot.address for check in checks if check.relation.computes_total for slot in check.left[0].slots}


def _format_facts(form: Form, group: str, written: Mapping[str, Any], excluded: frozenset[str]) -> Iterator[str]:
    facts = [fact for fact in form.facts if fact.id.split(".")[0] == group and fact.id not in excluded]
    if not facts:
        return
    yield ""
    yield f"[{group}]"
    width = max(len(_get_key(fact)) for fact in facts)
    for fact in facts:
        value = written[fact.id]
        unit = form.locale.put_in_brackets(fact.unit)
        comment = "# " if value is None else ""
        text = format_value(_make_placeholder(fact.value_type) if value is None else value)
        yield f"{comment}{_get_key(fact).ljust(width)} = {text}  # {fact.label}{unit}"


def _find_value(form: Form, fact: Fact, last: Report | None, author: str) -> Any:  # noqa: ANN401  # of the type of the fact
    """Find what a new file has for a fact: the value of the last report that stays the same, else what is asked for."""
    last_value = last.values.get(fact.id) if last and fact.standing else None
    default = author if author and fact.id == form.author_address else fact.ask
    return default if last_value is None else last_value


def _get_key(fact: Fact) -> str:
    return fact.id.split(".", 1)[1]


def _make_placeholder(value_type: ValueType) -> Any:  # noqa: ANN401  # of that type
    """Make a value to be overwritten; it stands in a comment."""
    placeholders: dict[str, Any] = {"texts": [], "share": 100, "yes-no": False, "date": _EXAMPLE_DAY}
    return placeholders.get(value_type.name, 0 if value_type.has_number_schema else "")


def _format_table(form: Form, table: Table, carried: dict[str, Number], excluded: frozenset[str]) -> Iterator[str]:
    sample = next(one for one in expand_with_samples(form).tables if one.id == table.id)
    if excluded.issuperset(slot.address for slot in (*table.slots, *sample.slots)):
        return
    yield ""
    heading = next((part.heading for part in form.sections if part.table == table.id), table.label)
    yield f"# {heading}"
    if not table.list_rules:
        yield f"[{table.id}]"
    totals = _find_totals(form.checks)
    names = {heading.named_by for heading in table.open_rows.values()}
    if notes := dict.fromkeys(slot.column for slot in table.slots if slot.is_note):
        yield f"# {form.locale.say('scaffold-notes', columns=', '.join(notes))}"
    rows: dict[str, list[Slot]] = {}
    for slot in table.slots:
        if not (slot.is_note or slot.column in names):
            rows.setdefault(slot.row, []).append(slot)
    for row, slots in rows.items():
        applying = (slot for slot in slots if slot.address not in excluded)
        written = [slot for slot in applying if slot.address not in totals or slot.address in carried]
        if row and written:
            yield _format_row(form, row, written, carried)
        elif not row:  # columns without a group, in a table without rows
            yield from (_format_cell(form, slot, carried) for slot in written)
    if table.open_rows:
        yield from _format_open_rows(form, table, sample, excluded)


def _format_open_rows(form: Form, table: Table, sample: Table, excluded: frozenset[str]) -> Iterator[str]:
    """Format, as comments, one example for each open row that applies and stands below no other."""
    rows: dict[str, list[Slot]] = {}
    for slot in sample.slots:
        if not slot.is_note and slot.address not in excluded:
            rows.setdefault(slot.address.removesuffix(f".{slot.column}"), []).append(slot)
    for address, heading in table.open_rows.items():
        below = next((row for row in rows if f"{row}.".startswith(f"{address}.")), "")
        if not below:
            continue
        slots = sorted(rows[below], key=lambda slot: slot.column != heading.named_by)
        cells = {slot.column: _make_placeholder(slot.value_type) for slot in slots}
        key = address.removeprefix(f"{table.id}.")
        if table.list_rules:
            yield f"# [[{table.id}]]"
            yield from (f"# {column} = {format_value(value)}" for column, value in cells.items())
        elif heading.each == ENTRY and not heading.below:
            yield f"# {key} = [{_format_cells(cells)}]  # {heading.label}"
        elif heading.each == ENTRY:
            inner = below.removeprefix(f"{address}.1.")
            yield f"# {key} = [{{ {inner} = {_format_cells(cells)} }}]  # {heading.label}"
        else:
            codes = " ".join(code.id for code in form.axes[heading.each].codes)
            yield f"# {below.removeprefix(f'{table.id}.')} = {_format_cells(cells)}  # {heading.label}: {codes}"


def _format_row(form: Form, row: str, slots: list[Slot], carried: dict[str, Number]) -> str:
    """Format a row: its figures, and as a comment the values that are absent where they are left out."""
    zeros = form.omitted_figures | carried
    figures = {slot.column: zero for slot in slots if (zero := zeros.get(slot.address)) is not None}
    absent = {slot.column: _make_placeholder(slot.value_type) for slot in slots if slot.column not in figures}
    label = f"  # {slots[0].row_label}"
    if not figures:
        return f"# {row} = {_format_cells(absent)}{label}"
    return f"{row} = {_format_cells(figures)}{label}" + (f"  + {_format_cells(absent)}" if absent else "")


def _format_cell(form: Form, slot: Slot, carried: dict[str, Number]) -> str:
    zero = (form.omitted_figures | carried).get(slot.address)
    value = _make_placeholder(slot.value_type) if zero is None else zero
    return f"{'# ' if zero is None else ''}{slot.column} = {format_value(value)}  # {slot.columns[-1].label}"


def _format_cells(cells: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{column} = {format_value(value)}" for column, value in cells.items()) + " }"


def _format_questions(form: Form, last: Report | None) -> Iterator[str]:
    """Format, as comments, what only a person can write: the office's own facts, and the prose of each section."""
    say, fact = form.locale.say, form.kind.period_fact  # words differ for years and other periods
    of_last = form.locale.name_period(last.period) if last and last.period else ""
    yield from (f"# {line}" for line in say("scaffold-own-and-prose").splitlines())
    yield "#"
    yield "# [own]"
    own = (
        {address: value for address, value in last.values.items() if address.startswith(f"{OWN_FACTS}.")}
        if last
        else {}
    )
    for address, value in own.items():
        note = f"  # {say(f'scaffold-own-of-last-{fact}', period=of_last)}" if of_last else ""
        yield f"# {address.split('.', 1)[1]} = {format_value(value)}{note}"
    if not own:
        yield f"# {say('scaffold-own-example')}"
    yield "#"
    yield "# [prose]"
    for section in form.sections:
        if section.heading and not (section.text or section.table):
            yield "#"
            yield f"# {say('scaffold-section-to-write', heading=section.heading)}"
            yield f'# {section.id} = """'
            yield '# """'
        if section.text and section.heading:
            is_rewritten = last and of_last and section.id in last.prose
            note = say(f"scaffold-rewritten-{fact}", period=of_last) if is_rewritten else ""
            yield "#"
            yield f"# {say(f'scaffold-question-{fact}', heading=section.heading)}{note}"
            yield f'# {section.id} = """'
            yield "# {{ standard }}"
            yield '# """'
