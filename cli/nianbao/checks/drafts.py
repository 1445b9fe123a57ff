"""Make new data files from the form and an earlier year, format data files, and make the schema for editors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from msgspec import Struct

from nianbao.checks.answers.rewriting import write_changed_text
from nianbao.checks.check import check_report
from nianbao.datafiles import formatter, json_schema, scaffold
from nianbao.datafiles.corrections import Corrected, correct_text, correct_values
from nianbao.datafiles.syntax_tree import SCHEMA_DIRECTIVE
from nianbao.model.facts import Facts, limit_sizes, parse
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.offices import REGISTER_FILE
from nianbao.model.parsing.encoding import find_no_data_file
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.workspace import template_schema
from nianbao.workspace.files import SavedFile
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store

Ask: TypeAlias = Callable[[Form, Report | None], Mapping[str, object]]


class FormattedFile(Struct, frozen=True):
    """The result of formatting a data file.

    With `findings` the file could not be read, and stays as it is but for what was `corrected`.
    """

    period: Period
    path: str
    changed: bool
    findings: list[Finding]
    corrected: Corrected | None = None


class CreatedFiles(Struct, frozen=True):
    """The files of a new year, and notes on them for the user."""

    saved: list[SavedFile]
    notes: list[str]


def format_all(
    reports: Iterable[ReportRef], *, check: bool = False, fix: bool = False
) -> Iterator[FormattedFile | UserError]:
    """Format data files one after another, see `format_file`; yield a `UserError` for one that cannot be formatted."""
    for store, period in reports:
        work = partial(correct_file if fix else format_file, store, period, check=check)
        yield try_work(work, store.data(period))


def format_file(store: Store, period: Period, *, check: bool = False) -> FormattedFile:
    """Format the data file of a year; with `check` write nothing, and return only whether it would change.

    Raises `UserError` for a file that cannot be formatted without a loss.
    """
    path, content, report = store.data(period), store.content(period), store.report(period)
    if isinstance(report, Finding):
        return FormattedFile(period, path, changed=False, findings=report.split())
    try:
        text = formatter.format_text(report.facts.text, report.form)
    except ValueError:
        raise UserError(_("cannot-lay-out-file", path=path), _("write-as-report-new-does")) from None
    return FormattedFile(period, path, write_changed_text(store, period, content, text, check=check).changed, [])


def correct_file(store: Store, period: Period, *, check: bool = False) -> FormattedFile:
    """Correct the slips of the pen in a data file that are certain, and format it; see `format_file`."""
    path, content = store.data(period), store.content(period)
    if finding := find_no_data_file(content, path):
        return FormattedFile(period, path, changed=False, findings=[finding])
    corrected = correct_text(content.decode("utf-8"))
    facts = parse(corrected.text, path)
    facts = limit_sizes(facts) if isinstance(facts, Facts) else facts
    report = store.kind.fill(facts, period) if isinstance(facts, Facts) else facts
    if isinstance(report, Finding):
        changed = bool(corrected.changes)
        changed = changed and write_changed_text(store, period, content, corrected.text, check=check).changed
        return FormattedFile(period, path, changed, report.split(), corrected)
    values = correct_values(report)
    corrected = Corrected(values.text, corrected.before, (*corrected.changes, *values.changes))
    try:
        text = formatter.format_text(values.text, report.form)
    except ValueError:
        text = values.text
    changed = write_changed_text(store, period, content, text, check=check).changed
    return FormattedFile(period, path, changed, [], corrected)


def create_files(  # noqa: PLR0913, PLR0917  # all that a new file depends on
    store: Store,
    period: Period,
    source: Period | None = None,
    more_files: Mapping[str, str] | None = None,
    edition: str = "",
    ask: Ask | None = None,
) -> CreatedFiles:
    """Write the data file of a new period, its schema beside it, and `more` files (path -> text).

    No file that exists is replaced, except a schema that nianbao wrote. Facts come from the report of `source`, by
    default of the period before if it has a data file. Without an `edition` it is the one in force. `ask` is asked for
    the facts that say what applies.
    """
    draft = make_draft(store, period, source, edition=edition, ask=ask)
    files = {store.name(period): draft.text, **(more_files or {})}
    return CreatedFiles(
        store.create(files, {f"{store.data_folder}/{name}": text for name, text in draft.other_files.items()}),
        draft.notes,
    )


class DataFileDraft(Struct, frozen=True):
    """The text of a new data file, other files to write beside it (name -> text), and notes on them for the user."""

    text: str
    other_files: dict[str, str]
    notes: list[str]


def make_draft(  # noqa: PLR0913, PLR0917  # all that a new file depends on
    store: Store,
    period: Period,
    source: Period | None = None,
    author: str = "",
    edition: str = "",
    ask: Ask | None = None,
) -> DataFileDraft:
    """Make the text of a new data file; the office is called `author` if no earlier year has its name.

    Raises `UserError` if the earlier report cannot be read, or where there is no such edition.
    """
    used = source or store.get_previous(period)
    report, notes = _read_source_report(store, used) if used else (None, [])
    last_edition = report.form.edition if report else ""
    form = store.kind.edition(edition) if edition else store.kind.form_in_force(period, last_edition)
    if report and used:
        copied = _describe_copied(form, carries=report.period == period.get_previous())
        notes.insert(0, _("took-over-from", data=store.data(used), what=copied))
    schema, schema_notes = _draft_schema(store, form)
    text = scaffold.format_new_file(form, period, report, author, ask(form, report) if ask else {})
    return DataFileDraft(text, schema, [*notes, *schema_notes])


def _describe_copied(form: Form, *, carries: bool) -> str:
    if not form.carries:
        return _("standing-facts")
    return _("standing-and-carried-facts") if carries else _("standing-facts-only")


def _draft_schema(store: Store, form: Form) -> tuple[dict[str, str], list[str]]:
    """Return the schema to write (name -> text); or none, and a note, if there is a file that nianbao did not write."""
    name, schema = json_schema.format_file_name(form), json_schema.format_schema(form)
    path = f"{store.data_folder}/{name}"
    text = store.text(path)
    if text is None or text == schema or json_schema.is_own_schema(text):
        return {name: schema}, []
    note = _("other-schema-exists", described=path, edition=form.edition)
    return {}, [note]


def write_register_schema(store: Store) -> list[str]:
    """Write the schema of the register beside it, if there is a register; return how to name it where it is new.

    A schema that nianbao did not write stays.
    """
    register = store.text(f"data/{REGISTER_FILE}")
    name = f"data/{template_schema.REGISTER_SCHEMA_FILE}"
    known = store.text(name)
    if register is None or not (known is None or json_schema.is_own_schema(known)):
        return []
    store.folder.write({name: template_schema.format_schema("register").encode()})
    directive = f"{SCHEMA_DIRECTIVE} ./{template_schema.REGISTER_SCHEMA_FILE}"
    is_named = known is not None or register.startswith(directive)
    return (
        [] if is_named else [_("name-schema-of-register", file=store.display(f"data/{REGISTER_FILE}"), line=directive)]
    )


def format_schema(store: Store, edition: str = "") -> str:
    """Return the JSON Schema of an edition as text, by default of the one in force for the newest year."""
    if edition:
        return json_schema.format_schema(store.kind.edition(edition))
    newest = max(store.periods(), default=None) or find_next_due_period(store.kind)
    return json_schema.format_schema(store.kind.form_in_force(newest))


def find_next_due_period(kind: KindFolder) -> Period:
    """Return the period whose report is due next: until its last due day the one that ended last, then the next.

    It is the next one, too, where no edition was in force for the one that ended last.
    """
    today = datetime.now(tz=UTC).astimezone().date()
    calendar = kind.settings.calendar
    ended = calendar.find_ended(today)
    following = ended.get_next()
    if following and not kind.list_in_force(ended):
        return following
    form = kind.form_in_force(ended)
    if following and form.due and max(form.get_due_day(due, ended) for due in form.due) < today:
        return following
    return ended


def _read_source_report(store: Store, period: Period) -> tuple[Report, list[str]]:
    """Read the report that a new data file takes facts from, and notes on it; one with errors is used too."""
    result, data = check_report(store, period), store.data(period)
    if result.report is None:
        raise UserError(_("source-unreadable-nothing-begun", data=data), _("validate-before-new", data=data))
    notes = [_("source-has-errors", data=data)] if result.blocked else []
    return result.report, notes
