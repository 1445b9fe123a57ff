"""Judge the examples on the pages of rules: the wrong one must be found by its rule, the right one by none.

An example shows only the tables that matter. The others are empty, and facts that are asked for
have their labels as values. Lines such as `# data/2020.toml` begin the files of an example of several periods
or offices; the last file is judged. A line such as `# without [table]` leaves out a table.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import toml_rs
import tomli_w
from msgspec import Struct

from nianbao.checks import batch, kind_rules
from nianbao.checks.check import check_report
from nianbao.checks.policy import Policy
from nianbao.checks.results import CheckResult
from nianbao.model.facts import parse
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.form import Fact, Form
from nianbao.model.i18n import _
from nianbao.model.period import Period, parse_period
from nianbao.model.report import nest_values
from nianbao.model.value_types import choose_value
from nianbao.workspace.data_files.locating import locate_file
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.kinds.rule_files import RuleFile
from nianbao.workspace.store import Store

_FILE_LINE = re.compile(r"^# (data/\S+\.toml)\n", re.MULTILINE)
_LEFT_OUT = re.compile(r"^# \S+ \[(\w+)\]$", re.MULTILINE)
_OTHER_VALUES = ("https://example.org/", "1d")  # of types that neither a label nor a period has
_FIRST_YEAR = 2000  # of editions that have always been in force


class ExampleFault(Struct, frozen=True):
    """What is wrong with an example: with the wrong one, whose number is 0, or with the right one, 1."""

    example: int
    message: str
    address: str = ""  # in its last file, if the fault has one


def find_rule_faults(kind: KindFolder, name: str) -> Iterator[tuple[Place, ExampleFault]]:
    """Find what is wrong with the examples of a rule of a kind, in each edition that they are for, with the place.

    Raises `UserError` for a rule that cannot be loaded.
    """
    kind_rules.load_rule(kind, name)
    file = kind.rules[name]
    for edition in kind_rules.list_example_editions(kind, name) if file.examples else ():
        yield from ((_find_place(file, fault), fault) for fault in _judge_both(kind, edition, file))


def _judge_both(kind: KindFolder, edition: str, file: RuleFile) -> Iterator[ExampleFault]:
    found: list[list[Finding]] = []
    for number, example in enumerate(file.examples):
        try:
            found.append(judge_example(kind, edition, example))
        except UserError as error:  # a text that cannot be filled with empty tables
            yield ExampleFault(number, _("example-not-judged", edition=edition, why=error.message))
            return
    yield from find_example_faults(file.name, edition, *found)


def find_example_faults(rule: str, edition: str, wrong: list[Finding], right: list[Finding]) -> Iterator[ExampleFault]:
    """Find what is wrong with the examples of a rule, of which the findings are given."""
    if rule not in {finding.rule for finding in wrong}:
        yield ExampleFault(0, _("example-not-found", edition=edition))
    for finding in right:
        if finding.rule == rule:
            yield ExampleFault(1, _("right-example-found", edition=edition, message=finding.message), finding.address)
    for number, findings in enumerate((wrong, right)):
        for finding in findings:
            if finding.level == "error" and finding.rule != rule:
                why = _("example-has-other-error", edition=edition, rule=finding.rule, message=finding.message)
                yield ExampleFault(number, why, finding.address)


def _find_place(file: RuleFile, fault: ExampleFault) -> Place:
    """Return the place of a fault in the file of its rule: that of its address, else the start of its example."""
    text, line = file.examples[fault.example], file.example_lines[fault.example]
    before = max((match.end() for match in _FILE_LINE.finditer(text)), default=0)
    facts = parse(text[before:], file.file)
    inner = facts.place if isinstance(facts, Finding) else facts.find_place(fault.address)
    if inner.line:
        line = min(line + text.count("\n", 0, before) + inner.line - 1, file.last_line)  # a text may end too early
    source = file.page.split("\n")[line - file.first_line]
    indent = len(source) - len(text.split("\n")[line - file.example_lines[fault.example]])
    return Place(file.file, line, indent + max(1, inner.column), inner.length, source)


def judge_example(kind: KindFolder, edition: str, example: str) -> list[Finding]:
    """Judge an example as a report of an edition, at a day when no report is due any more; return the findings."""
    form = kind.edition(edition)
    first, *pieces = _FILE_LINE.split(example)
    files = dict(zip(pieces[::2], pieces[1::2], strict=True)) or {f"data/{choose_period(form)}.toml": first}
    with TemporaryDirectory() as folder:
        store = Store(Path(folder).resolve())
        store.use_folders(kind.tops[:-1])
        store.set_default_kind(kind.id)
        for name, text in files.items():
            period = parse_period(PurePosixPath(name).stem)
            path = store.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_fill_gaps(kind, form, period, text) if period else text, encoding="utf-8")
        return _judge_last(store, list(files))


def choose_period(form: Form) -> Period:
    """Choose a period for which an edition is in force: the last one of its last year, or of its first."""
    calendar, year = form.calendar, form.last_year or max(form.first_year, _FIRST_YEAR)
    return calendar.find_ended(date(year, 12, 31) if calendar.unit == "event" else date(year + 1, 1, 1))


def _judge_last(store: Store, names: list[str]) -> list[Finding]:
    """Check the last of some data files; compare it with those of other offices, if there is no register of them."""
    paths = [PurePosixPath(name) for name in names if parse_period(PurePosixPath(name).stem)]
    reports = [locate_file(store, path.parts[1:-1], path.name) for path in paths]
    office, period = reports[-1]
    if len({one.office for one, _period in reports}) == 1 or store.register().units:
        result = check_report(office, period, today=date.max)
    else:
        checked = batch.check_all(store, reports, Policy(), jobs=1)
        result = [one for one in checked if isinstance(one, CheckResult) and one.key == office.key(period)][-1]
    if result.crashes:
        raise RuntimeError(result.crashes[0].error)
    return result.findings


def _fill_gaps(kind: KindFolder, form: Form, period: Period, text: str) -> str:
    """Put an example into a report that is otherwise right; a text that is not TOML stays as it is."""
    try:
        example = toml_rs.loads(text)
    except toml_rs.TOMLDecodeError:
        return text
    form = form if form.is_in_force(period) else kind.form_in_force(period)
    report = _make_report(form, period) | example
    report["prose"] = _make_prose(form) | report.get("prose", {})
    for table in _LEFT_OUT.findall(text):
        report.pop(table, None)
    return tomli_w.dumps(report)


def _make_report(form: Form, period: Period) -> dict[str, Any]:
    """Make the values of a report that has no table with figures, and of the facts only those that are asked for."""
    day = form.kind.calendar.get_last_day(period)
    facts = {fact.id: _make_value(fact, period, day) for fact in form.facts if fact.required or fact.ask is not None}
    named = {form.kind.period_fact: form.kind.write_period(period), "edition": form.edition}
    return nest_values(named | facts) | {table.id: {} for table in form.tables}


def _make_value(fact: Fact, period: Period, day: date) -> object:
    """Make a value of the type of a fact: its label where that is one, and of numbers the one that is asked for."""
    asked = () if isinstance(fact.ask, str | list | bool) or fact.ask is None else (fact.ask,)
    named = (day, period.year, str(period))
    return choose_value(fact.value_type, (*asked, fact.label, [fact.label], 0, False, *named, *_OTHER_VALUES))


def _make_prose(form: Form) -> dict[str, str]:
    """Make the prose of the sections that nothing else fills."""
    return {part.id: part.heading for part in form.sections if part.heading and not (part.text or part.table)}
