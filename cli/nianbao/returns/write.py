"""`report return`: a sheet for each unit whose report is not right, with its Excel form, and reminders for others."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.build import fingerprints, outputs
from nianbao.build.cache import BuildCache
from nianbao.build.output_folder import describe_times
from nianbao.checks.check import check_report
from nianbao.checks.policy import Policy
from nianbao.checks.results import CheckResult
from nianbao.compose import markdown
from nianbao.compose.document import compose_author
from nianbao.export.excel_form.blank import MadeForm, make_form_with_cells
from nianbao.export.excel_form.draft import FormRequest
from nianbao.model.finding import UserError, try_work
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.units.states import PlacedUnit
from nianbao.render import markup
from nianbao.render.renderer import Renderer
from nianbao.returns.choose import find_day
from nianbao.returns.faults import Fault, fault_data, list_doubts, list_faults, make_marks
from nianbao.returns.sheets import REMINDER, RETURN_SHEET, TEMPLATES, make_page
from nianbao.workspace.files import SavedFile, display_path, fingerprint, write
from nianbao.workspace.locales import use_language_of_documents
from nianbao.workspace.processes import pool
from nianbao.workspace.store import Store

SHEET, FORM = "docx", "xlsx"
TEXT_LIMIT = 32_767  # characters of a cell: Excel's specification
_SEPARATE = "returns"
_COMMAND = "return"  # whose results the cache keeps
What = Literal["return", "reminder", "nothing"]


class ReturnOptions(Struct, frozen=True):
    """The options of `report return`: `by` is the day by which units should answer, `out` the folder of the files."""

    period: Period
    by: date | None = None
    today: date = field(default_factory=date.today)
    out: Path | None = None
    look: str = ""
    policy: Policy = field(default_factory=Policy)


class WrittenReturn(Struct, frozen=True):
    """What went back to a unit: a sheet or a reminder, how many faults it names, the files, and the day to answer by.

    `left_out` are the headings of sections whose text the form has no cell for, or none that it fits into. `inputs` is
    the fingerprint of what the files were made of.
    """

    unit: Unit
    what: What
    faults: int = 0
    doubts: int = 0
    day: date | None = None
    files: tuple[SavedFile, ...] = ()
    left_out: tuple[str, ...] = ()
    inputs: str = ""


class _Content(Struct, frozen=True):
    """What is wrong with a report, its form without marks, and the ids of all texts that it has."""

    faults: list[Fault]
    doubts: list[Fault]
    form: FormRequest | None = None
    texts: tuple[str, ...] = ()

    def make_form(self) -> MadeForm | None:
        """Make the form with the cells marked; None for a report that cannot be read."""
        if self.form is None:
            return None
        cells = make_form_with_cells(self.form).cells
        return make_form_with_cells(replace(self.form, marks=make_marks(self.faults, self.doubts, cells)))

    def list_left_out(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        """List the headings of the texts that the form, which has these cells, does not hold."""
        if self.form is None:
            return ()
        headings = {section.id: section.heading for section in self.form.form.sections}
        left_out = [id_ for id_ in self.texts if id_ not in self.form.texts or f"prose.{id_}" not in cells]
        return tuple(headings.get(id_) or id_ for id_ in left_out)


def name_files(store: Store, options: ReturnOptions, unit: str) -> dict[str, Path]:
    """Name the files that go back to a unit, by their formats."""
    folder = options.out or store.out / _SEPARATE / store.kind_folder
    return {suffix: folder / f"{options.period}-{unit}.{suffix}" for suffix in (SHEET, FORM)}


def find_outdated_files(store: Store, options: ReturnOptions, units: Sequence[str]) -> list[str]:
    """Find the files of an earlier run for units to which nothing goes back any more."""
    paths = (path for unit in units for path in name_files(store, options, unit).values())
    return [display_path(path) for path in paths if path.is_file()]


def find_files_of_former_units(store: Store, options: ReturnOptions, cache: BuildCache) -> list[str]:
    """Find the files of earlier runs for units that the register does not list any more."""
    listed = store.register(options.period).units or dict.fromkeys(store.folders())
    made = (Path(name).stem.removeprefix(f"{options.period}-") for name in cache.read_made(_COMMAND))
    former = sorted({unit for unit in made if unit not in listed})
    return find_outdated_files(store, options, former)


def write_all(
    store: Store, units: Sequence[PlacedUnit], options: ReturnOptions, cache: BuildCache, jobs: int = 0
) -> Iterator[WrittenReturn | UserError]:
    """Write what goes back to units on several processes, in any order; for one that fails, a `UserError`.

    Files that the cache has for the same inputs are left as they are.
    """
    known = cache.read_made(_COMMAND)
    start, lost = partial(_start, store, options, known), partial(_describe_lost_worker, store, options)
    for result in pool.run_all(units, _try_write, lost, jobs, start, _stop):
        if isinstance(result, WrittenReturn) and result.files:
            paths = name_files(store, options, result.unit.id)
            times = _describe_files(paths, len(result.files))
            made = result.inputs, json.dumps({"times": times, "left_out": result.left_out})
            if known.get(name := str(paths[SHEET])) != made:
                cache.save_made(_COMMAND, name, *made)
        yield result


def _describe_files(paths: Mapping[str, Path], count: int) -> list[str]:
    """Describe the first files of a unit, so that it shows whether they are the same."""
    return [describe_times(path) for path in list(paths.values())[:count]]


def _describe_lost_worker(store: Store, options: ReturnOptions, placed: PlacedUnit) -> UserError:
    return pool.make_lost_error(store.of_office(placed.state.unit.id).data(options.period))


# ── the work of one process ──────────────────────────────────────────────────────────


class _Writer:
    """Writes what goes back to units of one folder, with one renderer that stays; `known`: what earlier runs wrote."""

    def __init__(self, store: Store, options: ReturnOptions, known: Mapping[str, tuple[str, str]]) -> None:
        self.store, self.options, self.known, self.renderer = store, options, known, Renderer()
        self.settings = outputs.make_render_settings(store, [SHEET], options.look).without_moulds()
        own = {name: store.load(name)[0] for name in store.files() if name.startswith(f"{TEMPLATES}/")}
        inputs = fingerprints.template_fingerprints(store) | fingerprints.program_fingerprints() | own
        self._context = json.dumps([inputs, self.settings.look], sort_keys=True, default=str)

    def write(self, placed: PlacedUnit) -> WrittenReturn:
        """Write what goes back to a unit; nothing, where its report has no error. Raises `UserError`."""
        state, period = placed.state, self.options.period
        form = self.store.kind.form_in_force(period)
        day = find_day(state, self.options.by, self.options.today)
        if state.condition == "missing":
            names = self._list_names(placed, form, day)
            inputs = fingerprint(self._context, repr(names))
            files, _left_out = self._find_unchanged(placed, inputs, 1) or (
                self._save(placed, self._render(form, REMINDER, names), None),
                (),
            )
            return WrittenReturn(state.unit, "reminder", day=day, files=files, inputs=inputs)
        office = self.store.of_office(state.unit.id)
        with use_language_of_documents(form.locale.language):
            checked = check_report(office, period, self.options.policy, self.options.today)
            if crash := next(iter(checked.crashes), None):  # what it would have found is unknown
                raise UserError(_("rule-failed", rule=crash.rule, why=crash.error), _("bug-report-rule"))
            content = self._examine(placed, office, checked)
            if not content.faults:
                return WrittenReturn(state.unit, "nothing")
            form = checked.report.form if checked.report else form
            names = self._list_names(placed, form, day)
            inputs = self._fingerprint(office, content, names)
            unchanged = self._find_unchanged(placed, inputs, 2 if content.form else 1)
            made = None if unchanged else content.make_form()
        files, left_out = unchanged or self._write_sheet(placed, form, content, names, made)
        counts = len(content.faults), len(content.doubts)
        return WrittenReturn(state.unit, "return", *counts, day, files, left_out, inputs)

    def _write_sheet(
        self, placed: PlacedUnit, form: Form, content: _Content, names: dict[str, object], made: MadeForm | None
    ) -> tuple[tuple[SavedFile, ...], tuple[str, ...]]:
        """Write a sheet with its form; return the files, and the headings of the texts that the form does not hold."""
        cells = made.cells if made else {}
        names |= {
            "faults": [fault_data(fault, cells) for fault in content.faults],
            "doubts": [fault_data(fault, cells) for fault in content.doubts],
            "unreadable": made is None,
            "form": name_files(self.store, self.options, placed.state.unit.id)[FORM].name if made else "",
        }
        return self._save(placed, self._render(form, RETURN_SHEET, names), made), content.list_left_out(cells)

    def _examine(self, placed: PlacedUnit, office: Store, checked: CheckResult) -> _Content:
        """List what is wrong with a report, and what its form is to hold."""
        report = checked.report
        form = report.form if report else None
        faults = list_faults(placed.state, checked.findings, form, office.kind)
        doubts = list_doubts(faults, checked.findings, form, office.kind)
        if report is None or not faults:
            return _Content(faults, doubts)
        plain = checked.document.plain if checked.document else {}
        texts = {id_: plain.get(id_) or markdown.to_plain_text(text) for id_, text in report.prose.items()}
        request = FormRequest(
            report.form,
            self.options.period,
            office.office,
            compose_author(report) or placed.state.unit.name,
            report.previous,
            report,
            {id_: text for id_, text in texts.items() if len(text) <= TEXT_LIMIT},
        )
        return _Content(faults, doubts, request, tuple(texts))

    def _fingerprint(self, office: Store, content: _Content, names: Mapping[str, object]) -> str:
        """Return the fingerprint of all that a sheet and its form are made of."""
        period = self.options.period
        files = office.state(office.name(period)), *office.read_related_files(period)
        return fingerprint(self._context, *files, repr((content.faults, content.doubts, names)))

    def _find_unchanged(
        self, placed: PlacedUnit, inputs: str, count: int
    ) -> tuple[tuple[SavedFile, ...], tuple[str, ...]] | None:
        """Return what `_write_sheet` did in an earlier run; None unless it was of the same, and has not changed."""
        paths = name_files(self.store, self.options, placed.state.unit.id)
        known, content = self.known.get(str(paths[SHEET]), ("", ""))
        if known != inputs or (made := json.loads(content))["times"] != _describe_files(paths, count):
            return None
        files = [SavedFile(display_path(path), changed=False) for path in list(paths.values())[:count]]
        return tuple(files), tuple(made["left_out"])

    def _list_names(self, placed: PlacedUnit, form: Form, day: date | None) -> dict[str, object]:
        """List the names that both templates may use."""
        state, above = placed.state, placed.above[-1]
        return {
            "unit": state.unit.name,
            "sender": above.name if above.id else "",
            "name": form.name,
            "period": form.locale.name_period(self.options.period),
            "file": state.file,
            "due": state.due or "",
            "overdue": bool(state.due and state.due < self.options.today),
            "by": day or "",
            "below": [one.unit.name for one in state.below if not (one.is_right and one.is_complete)],
        }

    def _render(self, form: Form, template: str, names: dict[str, object]) -> bytes:
        page = make_page(form, template, names, self.store.load)
        day = outputs.make_year_end(self.options.period.year)
        return self.renderer.render(page, self.settings, day).files[0].content

    def _save(self, placed: PlacedUnit, sheet: bytes, made: MadeForm | None) -> tuple[SavedFile, ...]:
        paths = name_files(self.store, self.options, placed.state.unit.id)
        contents = {paths[SHEET]: sheet} | ({paths[FORM]: made.content} if made else {})
        return tuple(write(contents, self.options.out or self.store.within))


_writer: _Writer | None = None


def _start(store: Store, options: ReturnOptions, known: Mapping[str, tuple[str, str]]) -> None:
    global _writer  # noqa: PLW0603  # a process has one writer
    _writer = _Writer(store, options, known)


def _stop() -> None:
    if _writer:
        _writer.renderer.close()
    markup.close_pandoc()


def _try_write(placed: PlacedUnit) -> WrittenReturn | UserError:
    assert _writer is not None  # noqa: S101  # it was created when the process began
    file = _writer.store.of_office(placed.state.unit.id).data(_writer.options.period)
    return try_work(partial(_writer.write, placed), file)
