"""Make new data files from the form and an earlier year, format data files, and make the schema for editors."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from nianbao.checks.check import check_report
from nianbao.datafiles import formatter, json_schema, scaffold
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.workspace.files import SavedFile
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """The result of formatting a data file; with `findings` the file could not be read and stays as it is."""

    year: int
    path: str
    changed: bool
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class CreatedFiles:
    """The files of a new year, and notes on them for the user."""

    saved: list[SavedFile]
    notes: list[str]


def format_all(reports: Iterable[ReportRef], *, check: bool = False) -> Iterator[FormattedFile | UserError]:
    """Format data files one after another, see `format_file`; yield a `UserError` for one that cannot be formatted."""
    for store, year in reports:
        yield try_work(partial(format_file, store, year, check=check), store.data(year))


def format_file(store: Store, year: int, *, check: bool = False) -> FormattedFile:
    """Format the data file of a year; with `check` write nothing, and return only whether it would change.

    Raises `UserError` for a file that cannot be formatted without a loss.
    """
    report = store.report(year)
    path = store.data(year)
    if isinstance(report, Finding):
        return FormattedFile(year, path, changed=False, findings=[report])
    try:
        text = formatter.format_text(report.facts.text, report.form)
    except ValueError:
        raise UserError(_("cannot-lay-out-file", path=path), _("write-as-report-new-does")) from None
    return FormattedFile(year, path, store.rewrite(year, text, check=check).changed, [])


def create_files(
    store: Store, year: int, source_year: int | None = None, more_files: Mapping[str, str] | None = None
) -> CreatedFiles:
    """Write the data file of a new year, its schema beside it, and `more` files (path -> text).

    No file that exists is replaced, except a schema that nianbao wrote. Facts come from the year `source_year`, by
    default from the year before if it has a data file.
    """
    draft = make_draft(store, year, source_year)
    files = {f"data/{year}.toml": draft.text, **(more_files or {})}
    return CreatedFiles(
        store.create(files, {f"data/{name}": text for name, text in draft.other_files.items()}), draft.notes
    )


@dataclass(frozen=True, slots=True)
class DataFileDraft:
    """The text of a new data file, other files to write beside it (name -> text), and notes on them for the user."""

    text: str
    other_files: dict[str, str]
    notes: list[str]


def make_draft(store: Store, year: int, source_year: int | None = None, author: str = "") -> DataFileDraft:
    """Make the text of a new data file; the office is called `author` if no earlier year has its name.

    Raises `UserError` if the earlier report cannot be read.
    """
    form = store.form_in_force(year)
    year_used = year - 1 if source_year is None and year - 1 in store.years() else source_year
    report, notes = _read_source_report(store, year_used) if year_used is not None else (None, [])
    if report and year_used is not None:
        carries = form.carries and report.year == year - 1
        copied = _("standing-and-carried-facts") if carries else _("standing-facts-only")
        notes.insert(0, _("took-over-from", data=store.data(year_used), what=copied))
    schema, schema_notes = _draft_schema(store, form)
    return DataFileDraft(scaffold.format_new_file(form, year, report, author), schema, [*notes, *schema_notes])


def _draft_schema(store: Store, form: Form) -> tuple[dict[str, str], list[str]]:
    """Return the schema to write (name -> text); or none, and a note, if there is a file that nianbao did not write."""
    name, schema = json_schema.format_file_name(form), json_schema.format_schema(form)
    path = f"data/{store.office}/{name}" if store.office else f"data/{name}"
    text = store.text(path)
    if text is None or text == schema or json_schema.is_own_schema(text):
        return {name: schema}, []
    note = _("other-schema-exists", described=path, edition=form.edition)
    return {}, [note]


def format_schema(store: Store, edition: str = "") -> str:
    """Return the JSON Schema of an edition as text, by default of the one in force for the newest year."""
    newest = max(store.years(), default=find_next_due_year())
    return json_schema.format_schema(store.edition(edition) if edition else store.form_in_force(newest))


def find_next_due_year() -> int:
    """Return the report year that is due next: until 31 March (条例第四十九条) last year, then this year."""
    today = datetime.now(tz=UTC).astimezone()
    march = 3
    return today.year - 1 if today.month <= march else today.year


def _read_source_report(store: Store, year: int) -> tuple[Report, list[str]]:
    """Read the report that a new data file takes facts from, and notes on it; one with errors is used too."""
    result = check_report(store, year)
    if result.report is None:
        raise UserError(
            _("source-unreadable-nothing-begun", data=store.data(year)), _("validate-before-new", year=year)
        )
    notes = [_("source-has-errors", data=store.data(year), year=year)] if result.blocked else []
    return result.report, notes
