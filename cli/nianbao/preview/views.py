"""What a preview shows of a report: its findings and its page in HTML, and the pages of the official format."""

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from nianbao.build.outputs import make_document_date, make_render_settings
from nianbao.checks import check
from nianbao.checks.answers.accepting import Wanted, accept_finding
from nianbao.checks.answers.fixing import fix_file
from nianbao.checks.policy import Policy
from nianbao.checks.results import CheckResult
from nianbao.compose.document import compose, make_page
from nianbao.model.facts import find_value
from nianbao.model.finding import LEVELS, Finding, Place, UserError, make_internal_error
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.preview.marks import FigureMarks
from nianbao.render.renderer import Renderer, RenderSettings
from nianbao.workspace.earlier import read_earlier
from nianbao.workspace.store import ReportKey, Store

if TYPE_CHECKING:
    from nianbao.compose.templating import LoadTemplate
    from nianbao.model.form import Form

WEB, OFFICIAL = "html", "pdf"
_LINK = re.compile(r'<a (transform="[^"]*") href="(?:report:([^"]*)|[^"]*)" xlink:href="[^"]*">(.*?)</a>')


class Source(Struct, frozen=True):
    """Which report is shown: of the folder at `root`, whose own templates may be used unless `shipped_only`.

    `undecided` are the addresses of figures that an import left out.
    """

    root: Path
    key: ReportKey
    look: str = ""
    strict: bool = False
    shipped_only: bool = False
    undecided: tuple[str, ...] = ()


class View(Struct):
    """What is shown of a report: findings, the worst first, the text of its file, and the web page, None without one.

    `places` has the line, the column and the length, in characters, of each fact in the text, `decided` the figures
    that an import left out and that the file now has; None where the file could not be read.
    """

    findings: list[Finding]
    text: str
    page: str | None = None
    places: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    decided: frozenset[str] | None = None


class Viewer:
    """Reads a report again and again, and renders it; pandoc, fonts and templates stay in memory meanwhile."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._store: Store | None = None
        self._renderer = Renderer()
        self._result: CheckResult | None = None  # of the last view
        self._settings: dict[str, RenderSettings] = {}
        self._marks: dict[
            int, tuple[Form, FigureMarks, LoadTemplate]
        ] = {}  # by the id of the form, which is in use until then

    def forget_templates(self) -> None:
        """Read templates and settings anew from now on."""
        self._store = None
        self._settings.clear()
        self._marks.clear()
        self._renderer.close()

    def close(self) -> None:
        """End the programs that it uses."""
        self._renderer.close()

    def view(self) -> View:
        """Check the report and render its web page; an error is shown as a finding."""
        self._result = None
        try:
            self._result = result = self._check()
            page = self._render_page(result) if result.document else None
        except UserError as error:
            return self._make_error_view(error)
        except Exception as error:  # noqa: BLE001  # a file can trigger any bug
            return self._make_error_view(make_internal_error(error))
        crashes = [Finding(crash.rule, "error", Place(""), crash.error) for crash in result.crashes]
        findings = sorted([*crashes, *result.findings], key=lambda one: LEVELS.index(one.level))
        report = result.report
        if report is None:
            return View(findings, self._read_text())
        tree = report.facts.tree
        decided = frozenset(one for one in self._source.undecided if find_value(tree, one) is not None)
        return View(findings, report.facts.text, page, list_places(report), decided)

    def draw_official_pages(self) -> str:
        """Return the pages of the official format of the last view, each an SVG; raises `UserError` without them."""
        result = self._result or self._check()
        if not result.document or not result.report:
            raise UserError(_("preview-no-page"))
        with check.limit_check():
            page = make_page(result.document, read_earlier(self._open(), result.report))
        rendered = self._renderer.render(page, self._find_settings(OFFICIAL), make_document_date(result.report))
        return _LINK.sub(_mark_box, rendered.files[0].content.decode())

    def accept(self, wanted: Wanted, reason: str) -> str:
        """Accept a finding for a reason; return the path of the file, empty if it stays as it was."""
        return accept_finding(self._open(), self._source.key.period, wanted, reason, self._load_policy()).written

    def fix(self) -> int:
        """Fix what is certain in the data file; return how many changes were made."""
        return len(fix_file(self._open(), self._source.key.period, write=True).changes)

    def _open(self) -> Store:
        if self._store is None:
            store = Store(self._source.root)
            if self._source.shipped_only:
                store.skip_untrusted()
            else:
                store.require_trust()
            self._store = store.of_report(self._source.key)
        return self._store

    def _load_policy(self) -> Policy:
        return check.load_policy(self._open(), strict=self._source.strict)

    def _check(self) -> CheckResult:
        return check.check_report(self._open(), self._source.key.period, self._load_policy())

    def _render_page(self, result: CheckResult) -> str:
        report = result.report
        if report is None:
            raise ValueError(result)
        if id(report.form) not in self._marks:
            marks = FigureMarks(report.form.value_types.keys())
            self._marks[id(report.form)] = (report.form, marks, marks.mark_loader(self._open().kind.template))
        _form, marks, load = self._marks[id(report.form)]
        with check.limit_check():
            page = make_page(compose(marks.mark_report(report), load), read_earlier(self._open(), report))
        rendered = self._renderer.render(page, self._find_settings(WEB), make_document_date(report))
        return marks.replace_marks(rendered.files[0].content.decode())

    def _find_settings(self, suffix: str) -> RenderSettings:
        if suffix not in self._settings:
            settings = make_render_settings(self._open(), [suffix], self._source.look)
            self._settings[suffix] = RenderSettings(settings.formats, settings.look, as_svg=suffix == OFFICIAL)
        return self._settings[suffix]

    def _make_error_view(self, error: UserError) -> View:
        return View([Finding("", "error", Place(""), error.message, fix=error.fix)], self._read_text())

    def _read_text(self) -> str:
        try:
            return self._open().content(self._source.key.period).decode(errors="replace")
        except UserError:
            return ""


def list_places(report: Report) -> dict[str, tuple[int, int, int]]:
    """Return the line, column and length of the value at each address of a form and of the file's own facts."""
    sections = (f"prose.{section.id}" for section in report.form.sections)
    found = {}
    for address in dict.fromkeys((*report.form.value_types, *report.values, *sections)):
        place = report.facts.find_place(address)
        if place.line:
            found[address] = (place.line, place.column, place.length)
    return found


def _mark_box(match: re.Match[str]) -> str:
    """Make a link of a page to a box that leads nowhere; one of a figure has the figure's address."""
    address = f' data-address="{escape(match[2])}"' if match[2] else ""
    return f"<g{address} {match[1]}>{match[3]}</g>"
