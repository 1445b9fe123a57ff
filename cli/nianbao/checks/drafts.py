"""The data files of an office: begun from the form and from last year's, laid out, described to editors."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from nianbao.checks.check import check_report
from nianbao.datafiles import formatter, json_schema, scaffold
from nianbao.model.finding import Finding, Stop, attempt
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.workspace.files import Saved
from nianbao.workspace.selection import Asked
from nianbao.workspace.store import Store


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """A data file that was laid out; where findings kept it from that, it is as it was."""

    year: int
    path: str
    changed: bool
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class CreatedFiles:
    """A year that was begun: its files, and what a person should know of them."""

    saved: list[Saved]
    notes: list[str]


def format_all(asked: Iterable[Asked], *, check: bool = False) -> Iterator[FormattedFile | Stop]:
    """Lay out data files, or say why one could not be; see `format_file`."""
    for store, year in asked:
        yield attempt(partial(format_file, store, year, check=check), store.data(year))


def format_file(store: Store, year: int, *, check: bool = False) -> FormattedFile:
    """Lay out the data file of a year; to check is to say only whether it would change."""
    report = store.report(year)
    path = store.data(year)
    if isinstance(report, Finding):
        return FormattedFile(year, path, changed=False, findings=[report])
    try:
        text = formatter.format_text(report.facts.text, report.form)
    except ValueError:
        raise Stop(
            _("{path} 的写法没法自动重排，没有改动它", path=path), _("照 report new 写出的样子改写，再运行一次")
        ) from None
    return FormattedFile(year, path, store.rewrite(year, text, check=check).changed, [])


def create_files(
    store: Store, year: int, last: int | None = None, more: Mapping[str, str] | None = None
) -> CreatedFiles:
    """Write the data file of a new year, its schema beside it, and `more`; never over a file of another hand.

    Facts come from the year `last`, else from the year before where it has a data file.
    """
    draft = make_draft(store, year, last)
    files = {f"data/{year}.toml": draft.text, **(more or {})}
    return CreatedFiles(
        store.create(files, {f"data/{name}": text for name, text in draft.other_files.items()}), draft.notes
    )


@dataclass(frozen=True, slots=True)
class DataFileDraft:
    """The text of a new data file, what goes beside it by name, and what a person should know of them."""

    text: str
    other_files: dict[str, str]
    notes: list[str]


def make_draft(store: Store, year: int, last: int | None = None, author: str = "") -> DataFileDraft:
    """Write the text of a new data file; the office is called `author` where no earlier year says its name."""
    form = store.form_in_force(year)
    before = year - 1 if last is None and year - 1 in store.years() else last
    report, notes = _read_source_report(store, before) if before is not None else (None, [])
    if report and before is not None:
        carries = form.carries and report.year == year - 1
        what = _("年年相同的事实和结转的数") if carries else _("年年相同的事实；它不是上一年度，没有结转")
        notes.insert(0, _("从 {data} 照抄了{what}", data=store.data(before), what=what))
    name = json_schema.format_file_name(form)
    described = f"data/{store.office}/{name}" if store.office else f"data/{name}"
    text = store.text(described)
    keep = text is not None and text != json_schema.format_schema(form) and not json_schema.is_own_schema(text)
    if keep:
        notes.append(
            _(
                "已有另外的 {described}，没有改动它；要换新的：report schema --edition {edition}",
                described=described,
                edition=form.edition,
            )
        )
    return DataFileDraft(
        scaffold.format_new_file(form, year, report, author),
        {} if keep else {name: json_schema.format_schema(form)},
        notes,
    )


def format_schema(store: Store, edition: str = "") -> str:
    """Write the schema of an edition; where none is named, of the one in force for the newest year."""
    newest = max(store.years(), default=find_next_due_year())
    return json_schema.format_schema(store.edition(edition) if edition else store.form_in_force(newest))


def find_next_due_year() -> int:
    """Return the report year that is due next: until 31 March (条例第四十九条) last year's, then this year's."""
    now = datetime.now(tz=UTC).astimezone()
    march = 3
    return now.year - 1 if now.month <= march else now.year


def _read_source_report(store: Store, year: int) -> tuple[Report, list[str]]:
    """Read the report that a new one takes facts from; one with errors is still the best there is."""
    checked = check_report(store, year)
    if checked.report is None:
        raise Stop(
            _("{data} 读不出来，没有新建", data=store.data(year)),
            _("先运行 report validate {year}，改正后再新建", year=year),
        )
    wrong = (
        [_("{data} 里还有错误，照抄的数要核对：report validate {year}", data=store.data(year), year=year)]
        if checked.blocked
        else []
    )
    return checked.report, wrong
