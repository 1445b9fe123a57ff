"""One report built: checked, printed in every format at once, and written as files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import perf_counter

from nianbao.checks.check import bounded, check_report
from nianbao.checks.policy import Choice
from nianbao.checks.results import BuildResult, BuiltFile, CheckResult
from nianbao.compose.document import as_markdown, as_page, compose
from nianbao.compose.embedded_facts import about, carried
from nianbao.model.finding import Stop
from nianbao.model.i18n import _, series
from nianbao.model.report import Report
from nianbao.render import markup
from nianbao.render.renderer import Renderer, RenderSettings
from nianbao.workspace.files import fingerprint, write
from nianbao.workspace.formats import Format, Printed
from nianbao.workspace.store import Store
from nianbao.workspace.templates import LOOK

MARKDOWN = "markdown"  # the page itself, which every format is printed from
SUFFIXES = {MARKDOWN: "md"}


def build_report(  # noqa: PLR0913  # what a person may choose of a build
    store: Store,
    year: int,
    formats: Sequence[str],
    *,
    draft: bool = False,
    policy: Choice | None = None,
    look: str = LOOK,
    embed_facts: bool = True,
) -> BuildResult:
    """Check the report of a year and print it in every format at once, unless a finding forbids it.

    With `embed_facts`, each file carries the facts that it was printed from.
    """
    start = perf_counter()
    order = make_render_settings(store, formats, look, draft=draft)
    checked = check_report(store, year, policy)
    if checked.report is None or (checked.blocked and not draft):
        return BuildResult(checked, [], perf_counter() - start)
    with Renderer() as press:
        files, pictures = render_report(store, checked, formats, order, press, embed_facts=embed_facts)
    outputs = write_outputs(store, year, files)
    return BuildResult(checked, outputs, perf_counter() - start, order.faces).with_picture_findings(
        store.data(year), pictures
    )


def make_render_settings(
    store: Store, formats: Sequence[str], look: str = LOOK, *, draft: bool = False
) -> RenderSettings:
    """Put together what the reports of a build have in common."""
    return RenderSettings(find_formats(store, formats), store.look(look), draft)


def render_report(  # noqa: PLR0913  # what one report is printed from
    store: Store,
    checked: CheckResult,
    formats: Sequence[str],
    order: RenderSettings,
    press: Renderer,
    *,
    embed_facts: bool = True,
) -> tuple[list[Printed], list[str]]:
    """Print a checked report, which must have its `report`, in every format.

    Returns its files, and the sources of the pictures that were left out. Raises `Stop` where a template, pandoc
    or Typst fail.
    """
    report = checked.report
    if report is None:
        raise ValueError(checked)
    files: list[Printed] = []
    left_out: list[str] = []
    with bounded():
        document = checked.document or compose(report, store.template)
        page = as_page(document) if order.formats else None
    if page:
        carries = {"about": about(report)} | ({"facts": carried(report)} if embed_facts else {})
        printing = press.render(page, order, _document_date(report), carries)
        files, left_out = list(printing.files), printing.left_out
    if MARKDOWN in formats:
        with bounded():
            text = as_markdown(document, markup.reduce_sections(report, document.bodies))
            files.append(Printed(MARKDOWN, text.encode()))
    return files, left_out


def write_outputs(store: Store, year: int, files: Sequence[Printed]) -> list[BuiltFile]:
    """Write the files of a report: all of them or, on an error, none."""
    saved = write({output_path(store, year, part.suffix): part.content for part in files}, store.within)
    return [
        BuiltFile(part.suffix, where, len(part.content), part.pages, fingerprint(part.content))
        for part, where in zip(files, saved, strict=True)
    ]


def output_path(store: Store, year: int, suffix: str) -> Path:
    """Return where a format of a report is written."""
    return store.output(year, SUFFIXES.get(suffix, suffix))


def output_name(store: Store, year: int, suffix: str) -> str:
    """Name a format of a report, below the folder of outputs."""
    return store.output_name(year, SUFFIXES.get(suffix, suffix))


def find_formats(store: Store, names: Sequence[str]) -> list[Format]:
    """Find the formats asked for; raises `Stop` that lists those there are."""
    known = store.formats()
    for name in names:
        if name not in known and name != MARKDOWN:
            raise Stop(
                _("没有输出格式 {name}", name=name), _("可用的格式：{choices}", choices=series([*known, MARKDOWN]))
            )
    return [known[name] for name in dict.fromkeys(names) if name != MARKDOWN]


def _document_date(report: Report) -> date:
    """Date the files by the facts, never by the clock: the day of issue, else the end of the report year."""
    day = report.values.get("published")
    return day if isinstance(day, date) else date(min(max(report.year, 1980), 9999), 12, 31)
