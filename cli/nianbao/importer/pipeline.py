"""The import of published reports: read, recognized, written as data files, and judged at once."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks.check import judge_report
from nianbao.checks.policy import Policy
from nianbao.checks.typed_numbers import insert_placeholders
from nianbao.importer import notes, readers
from nianbao.importer.reading_by_kind import ReadReport, read_by_kind
from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.coverage import count_cells
from nianbao.importer.recognition.data_files import data_file
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.importer.recognition.office_folder import make_folder_name
from nianbao.importer.text_encoding import decode_big5
from nianbao.importer.undecided_places import ShownFile, make_shown_file
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, UserError, make_internal_error
from nianbao.model.i18n import _
from nianbao.model.period import Period, parse_period
from nianbao.model.report import Report
from nianbao.workspace import access
from nianbao.workspace.access import describe_reason
from nianbao.workspace.files import SavedFile, display_path, has_content, read_text, write
from nianbao.workspace.processes.limits import PATIENCE, limit
from nianbao.workspace.store import Store

STDIN = "-"
_WEB = ("http://", "https://")
MAX_SECONDS = 60  # for one file; most take a third of one
_SCAN_FACTOR = 2  # by which scans may take longer; a page takes five


class ImportOptions(Struct, frozen=True):
    """What a person asks of an import; what is empty is taken from the files."""

    period: Period | None = None
    office: str = ""
    kind: str = ""
    edition: str = ""  # the only edition by whose labels tables are recognized
    out: Path | None = None
    dry_run: bool = False
    force: bool = False  # an existing data file is overwritten
    placeholders: bool = False  # figures in the prose that are facts become placeholders
    facts: tuple[str, ...] = ()  # ADDRESS=VALUE, that no file of a set says
    trust: bool = False  # the prose of embedded facts is taken with its placeholders and Markdown
    folder_per_office: bool = False
    show: bool = False  # the file is kept for a preview, and a data file that exists stays as it is


class ImportedReport(Struct, frozen=True):
    """One file that was imported: its cells counted, its figures by label, and what the validator found.

    `cell_counts` is what `count_cells` returns, `figures` what `collect_figures` returns. `undecided` and `missing`
    are numbers of cells. `lossless` says that the facts which the file carries were taken, all as they are. `saved`
    is None before the data file is written, and in a dry run. `shown` is there where it was asked for.
    """

    source: str
    period: Period
    office: str
    target: Path
    boundary: Path  # the folder that no link leads the target out of
    text: str
    cell_counts: dict[str, dict[str, Any]]
    figures: dict[str, Any]
    findings: list[Finding]
    notes: tuple[str, ...]
    undecided: int
    missing: int
    lossless: bool
    saved: SavedFile | None = None
    shown: ShownFile | None = None

    @property
    def clean(self) -> bool:
        """Tell whether every cell was there and read, and no finding forbids to build."""
        return not (self.undecided or self.missing) and not Policy().is_blocking(self.findings)


def read_report(store: Store, name: str, options: ImportOptions, content: bytes | None = None) -> ImportedReport:
    """Read a file, compose the text of its data file, and judge it, all without writing to the disk.

    `content` is what it holds, where that was read before. Raises `UserError` that names the file, whatever error
    occurs.
    """
    source = describe_source(name)
    read = partial(_read_in_time, store, name, source, options, content)
    return read_guarded(source, read, _SCAN_FACTOR * MAX_SECONDS, PATIENCE)


def read_guarded(
    source: str, read: Callable[[], ImportedReport], seconds: float = MAX_SECONDS, patience: float = 1
) -> ImportedReport:
    """Read what a person names, within bounds of time; whatever error occurs becomes a `UserError` that names it."""
    try:
        with limit(seconds=seconds, patience=patience):
            return read()
    except UserError as error:
        raise UserError(_("at-place", place=source, message=error.message), error.fix) from error
    except RecursionError:
        raise UserError(_("nested-too-deeply-to-read", name=source), _("save-again-and-import")) from None
    except Exception as error:  # an error that nobody expected stops no other file
        wrong = make_internal_error(error)
        raise UserError(_("at-place", place=source, message=wrong.message), wrong.fix) from error


def describe_source(name: str) -> str:
    """Return what a file that is imported is called in messages."""
    if name.startswith(_WEB):
        return name
    return _("standard-input") if name == STDIN else display_path(Path(name))


def _read_in_time(
    store: Store, name: str, source: str, options: ImportOptions, content: bytes | None
) -> ImportedReport:
    """Read a file in the time that its kind may take: a scan takes longer."""
    if options.facts:
        raise UserError(_("facts-of-sets-only"), _("write-fact-into-file"))
    content = _read_content(name) if content is None else content
    factor, patience = (_SCAN_FACTOR, PATIENCE) if readers.may_be_scan(content) else (1, 1)
    with limit(seconds=factor * MAX_SECONDS, patience=patience):
        return _read_report(store, name, source, options, content)


def _read_report(store: Store, name: str, source: str, options: ImportOptions, content: bytes) -> ImportedReport:
    content = decode_big5(content, store, options.kind)
    published = readers.read(content, Path(name).suffix)
    read = read_by_kind(store, published, options.kind, options.period, options.edition, trusted=options.trust)
    store, verified, original = read.store, read.verified, read.recognized
    recognized = _assign_office(store, original, options.office) if options.office else original
    file_name = Path(source).name if name != STDIN else source
    text = verified.text or data_file.format_data_file(recognized, file_name)
    named = recognized.folder or recognized.texts.office
    target, boundary = choose_target(
        store, recognized.period, named, options, Path(name).stem, has_folder=bool(recognized.folder)
    )
    report = fill_form_of(store, text, target, boundary)
    if options.placeholders and report and not verified.text:
        text = data_file.format_data_file(recognized, file_name, insert_placeholders(report))
        report = fill_form_of(store, text, target, boundary)
    findings = notes.add_unread(judge_report(store, report).findings if report else [], report, recognized)
    cell_counts = count_cells(recognized, _find_conflicts(report, recognized))
    return ImportedReport(
        source=source,
        period=recognized.period,
        office=recognized.texts.office,
        target=target,
        boundary=boundary,
        text=text,
        cell_counts=cell_counts,
        figures=collect_figures(recognized) | {"account": cell_counts, "file": source},
        findings=notes.add_locations(findings, recognized, file_name),
        notes=tuple(_collect_notes(read, recognized, options, file_name)),
        undecided=recognized.count_undecided(),
        missing=0 if verified.text else len(recognized.missing_addresses),
        lossless=verified.is_complete,
        shown=make_shown_file(file_name, content, Path(name).suffix, recognized, is_carried=bool(verified.text))
        if options.show
        else None,
    )


def _assign_office(store: Store, recognized: RecognizedReport, word: str) -> RecognizedReport:
    """Make a report that of the office that a person named, by its folder or its name, whatever the file says."""
    register, said = store.register(recognized.period), recognized.texts.office
    is_folder = word in {*register.units, *store.folders(), recognized.folder}
    name = register.get_unit(word, said).name if is_folder else word
    folder = word if is_folder else register.find_named(word)
    if not folder and recognized.folder:
        folder = recognized.folder if word == said else make_folder_name(word)
    return replace(recognized if name == said else recognized.with_office(name), folder=folder)


def _collect_notes(
    read: ReadReport, recognized: RecognizedReport, options: ImportOptions, file_name: str
) -> Iterator[str]:
    """Give all notes on a file; `recognized` is what it says with the options applied."""
    texts, verified = read.recognized.texts, read.verified
    yield from recognized.document.notes
    yield from read.notes
    yield from notes.describe_other_office(texts, recognized.texts.office if options.office else "")
    yield from verified.notes
    yield from notes.describe_other_year(texts, options.period)
    yield from notes.compose_notes(recognized, file_name, with_sections=not verified.text)


def read_standard_input() -> bytes:
    """Read standard input, no further than a file may be long; nothing where a shell has closed it."""
    return sys.stdin.buffer.read(readers.MAX_FILE_BYTES + 1) if sys.stdin else b""


def _read_content(name: str) -> bytes:
    """Return the bytes of a file, or of the standard input; raises `UserError` where it cannot be read."""
    if name == STDIN:
        return read_standard_input()
    path = Path(name)
    try:
        content = access.read(path.parent, path.name, readers.MAX_FILE_BYTES)
    except IsADirectoryError:
        raise UserError(_("is-folder"), _("name-files-in-folder", name=name)) from None
    except access.RefusedError as error:
        raise UserError(str(error), _("write-path-or-pipe")) from None
    except FileNotFoundError:
        if name.startswith(_WEB):
            raise UserError(_("is-web-address"), _("save-page-and-import")) from None
        raise UserError(_("no-such-file"), _("check-file-name")) from None
    except OSError as error:
        raise UserError(_("input-unreadable", error=describe_reason(error)), _("remove-cause-and-rerun")) from error
    if path.suffix == ".toml":
        raise UserError(_("is-data-file-already"), _("validate-data-file"))
    return content


# ── the data file ────────────────────────────────────────────────────────────────────


def fill_form_of(store: Store, text: str, target: Path, boundary: Path | None = None) -> Report | None:
    """Fill the form with the text of a data file, as a later validation will; None where it cannot be filled.

    With a `boundary`, the folder that links must not lead out of, the report of the year before is read from beside
    the target.
    """
    facts = parse(text, display_path(target))
    kind = store.kind.settings
    period = parse_period(str(facts.tree.get(kind.period_fact))) if isinstance(facts, Facts) else None
    if not isinstance(facts, Facts) or not period:
        return None
    before = period.get_previous()
    previous = target.with_name(f"{before}.toml")
    last = fill_form_of(store, read_text(previous, boundary), previous) if boundary and previous.exists() else None
    report = store.kind.fill(facts, period, last)
    return report if isinstance(report, Report) else None


def _find_conflicts(report: Report | None, recognized: RecognizedReport) -> frozenset[str]:
    """Return the addresses of figures that break an identity of the form, all of which were read or are blank."""
    found: set[str] = set()
    for check in report.broken if report else ():
        addresses = {slot.address for part in check.parts for slot in part.slots}
        cells = [recognized.cells_by_address.get(address) for address in addresses]
        if check.relation.level == "error" and all(cell and cell.state != "undecided" for cell in cells):
            found |= addresses
    return frozenset(found)


def choose_target(  # noqa: PLR0913  # all that the place depends on
    store: Store, period: Period, office: str, options: ImportOptions, stem: str, *, has_folder: bool = False
) -> tuple[Path, Path]:
    """Choose where the data file goes: the file that was asked for, or one for the year, in a folder of its office.

    `has_folder` says that the file itself names the folder.

    Also returns the folder that it does not leave by a link: the one that a person named, else the repository.
    """
    if options.out and options.out.suffix == ".toml" and not options.folder_per_office:
        return options.out, options.out.parent
    folder = ""
    if options.folder_per_office or has_folder:
        folder = make_folder_name(office) or make_folder_name(stem) or "office"
    store = store.of_office(folder)
    if options.out is None:
        return store.path(period), store.root
    return options.out.joinpath(folder, store.key(period).kind, f"{period}.toml"), options.out


def write_data_file(report: ImportedReport, options: ImportOptions) -> ImportedReport:
    """Write the data file of an imported report, except in a dry run; returns the report with what was saved.

    Raises `UserError` where another data file is there, unless `force` says to overwrite it, or `show` to keep it:
    somebody may have begun to decide what is undecided.
    """
    content = report.text.encode()
    if options.dry_run:
        return report
    path = report.target.resolve()  # a link stays one
    if os.path.lexists(report.target) and not options.force and not has_content(path, content):
        if options.show:
            target = display_path(report.target)
            kept = (*report.notes, _("data-file-kept", target=target))
            return replace(report, saved=SavedFile(target, changed=False), notes=kept)
        raise UserError(
            _("target-exists", source=report.source, target=display_path(report.target)), _("out-elsewhere-or-force")
        )
    return replace(report, saved=write({path: content}, report.boundary)[0])
