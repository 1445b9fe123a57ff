"""One report built: checked, rendered in every format at once, and written as files."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NoReturn

from msgspec.structs import replace

from nianbao.checks.check import check_report, limit_check
from nianbao.checks.policy import Policy
from nianbao.checks.results import BuildResult, BuiltFile, CheckResult
from nianbao.checks.wording import find_prompts
from nianbao.compose.document import compose, make_markdown, make_page
from nianbao.compose.embedded_facts import describe_report, format_facts
from nianbao.compose.pictures import compose_pictures
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.render import markup
from nianbao.render.renderer import Renderer, RenderSettings
from nianbao.workspace.earlier import list_drawn_periods, read_earlier
from nianbao.workspace.files import fingerprint, write
from nianbao.workspace.formats import Format, OutputFile
from nianbao.workspace.store import Store

MARKDOWN = "markdown"  # the page itself, from which every other format is rendered
SUFFIXES = {MARKDOWN: "md"}


def build_report(  # noqa: PLR0913  # the options of a build
    store: Store,
    period: Period,
    formats: Sequence[str],
    *,
    draft: bool = False,
    policy: Policy | None = None,
    look: str = "",
    embed_facts: bool = True,
) -> BuildResult:
    """Check the report of a year and write it in every format at once, unless a finding forbids it.

    With `embed_facts`, each file carries the facts from which it was made. Raises `UserError` where a format, a
    template, pandoc or Typst fail, or a file cannot be written.
    """
    start = perf_counter()
    result = check_report(store, period, policy)
    is_draft = draft or result.prompts > 0
    settings = make_render_settings(store, formats, look, draft=is_draft)
    if result.report is None or (result.blocked and not draft):
        return BuildResult(result, [], perf_counter() - start)
    with Renderer() as renderer:
        files, pictures = render_report(store, result, formats, settings, renderer, embed_facts=embed_facts)
    built = write_outputs(store, period, files)
    seconds = perf_counter() - start
    done = BuildResult(result, built, seconds, settings.faces, draft=is_draft)
    return done.with_picture_findings(store.data(period), pictures)


def make_render_settings(
    store: Store, formats: Sequence[str], look: str = "", *, draft: bool = False
) -> RenderSettings:
    """Return the settings that all reports of a build share; raises `UserError` for an unknown format or look."""
    found = find_formats(store, formats)
    pages = [part for part in found if not part.is_set]
    return RenderSettings(pages, store.look(look), draft, sets=[part for part in found if part.is_set])


def render_report(  # noqa: PLR0913  # all that the files of a report depend on
    store: Store,
    result: CheckResult,
    formats: Sequence[str],
    settings: RenderSettings,
    renderer: Renderer,
    *,
    embed_facts: bool = True,
) -> tuple[list[OutputFile], list[str]]:
    """Render a checked report, which must have its `report`, in every format.

    Returns its files, and the sources of the pictures that were dropped. Raises `UserError` where a template, pandoc
    or Typst fail.
    """
    report = result.report
    if report is None:
        raise ValueError(result)
    files: list[OutputFile] = []
    pictures: list[str] = []
    with limit_check():
        document = result.document or compose(report, store.kind.template)
        page = make_page(document, read_earlier(store, report)) if settings.formats else None
    if page:
        embedded = {"about": describe_report(report)} | ({"facts": format_facts(report)} if embed_facts else {})
        rendered = renderer.render(page, settings, make_document_date(report), embedded)
        files, pictures = list(rendered.files), rendered.dropped_pictures
    if settings.sets:
        files += write_sets(store, report, settings)
    if MARKDOWN in formats:
        with limit_check():
            if settings.draft:
                document = replace(document, title=f"{report.form.locale.file.marks.draft_title}{document.title}")
            text = make_markdown(document, markup.reduce_sections(report, document.bodies))
            files.append(OutputFile(MARKDOWN, text.encode()))
            pictures += [f"{MARKDOWN}\t{picture.title}" for picture in compose_pictures(report, {})]
    return files, pictures


def write_sets(store: Store, report: Report, settings: RenderSettings) -> list[OutputFile]:
    """Write the official files of a report; raises `UserError` for a kind that has none."""
    file_set = store.kind.settings.file_set
    if file_set is None:
        names = join_words(part.suffix for part in settings.sets)
        raise UserError(_("kind-has-no-file-set", kind=store.kind.id, formats=names), _("take-other-format"))
    from nianbao.compose.file_set import compose_set  # noqa: PLC0415  # slow to import, and few kinds have files
    from nianbao.render.file_set import write_set  # noqa: PLC0415  # see above

    with limit_check():
        files = compose_set(report, file_set, draft=settings.draft, prompts=find_prompts(report))
    return [write_set(part, files, make_document_date(report)) for part in settings.sets]


def fingerprint_facts(store: Store, period: Period) -> str:
    """Return the fingerprint of all data files that the outputs of a report are made from."""
    content = store.content(period)
    return fingerprint(content, *(store.content(one) for one in list_drawn_periods(store, period, content)))


def write_outputs(store: Store, period: Period, files: Sequence[OutputFile]) -> list[BuiltFile]:
    """Write the files of a report: all of them or, on an error, none.

    Raises `UserError` where one cannot be written.
    """
    saved = write({output_path(store, period, file.suffix): file.content for file in files}, store.within)
    return [
        BuiltFile(file.suffix, path, len(file.content), file.pages, fingerprint(file.content))
        for file, path in zip(files, saved, strict=True)
    ]


def output_path(store: Store, period: Period, suffix: str) -> Path:
    """Return the path to which a format of a report is written."""
    return store.output(period, SUFFIXES.get(suffix, suffix))


def output_name(store: Store, period: Period, suffix: str) -> str:
    """Return the path of a format of a report relative to the folder of outputs."""
    return store.output_name(period, SUFFIXES.get(suffix, suffix))


def name_formats(store: Store, words: Sequence[str]) -> list[str]:
    """Return the names of the formats that words mean, each once: PDF and .pdf mean pdf, and word means docx.

    Raises `UserError`, with the nearest name and those that exist, for a word that means none.
    """
    known = {name.casefold(): name for name in (*store.formats(), MARKDOWN)}
    known |= {suffix: name for name, suffix in SUFFIXES.items()}
    typed = [word.casefold().removeprefix(".") for word in words]
    if not known.keys() >= set(typed):  # few need the files of all formats
        known = {alias.casefold(): name for name in store.formats() for alias in store.format(name).aliases} | known
    return list(dict.fromkeys(known.get(word) or _raise_unknown(store, word, known) for word in typed))


def _shorten(store: Store, name: str) -> str:
    """Return what people call a format whose name has two suffixes, as csv.zip."""
    return next(iter(store.format(name).aliases), name) if "." in name else name


def _raise_unknown(store: Store, name: str, known: Collection[str] = ()) -> NoReturn:
    raise UserError(
        _("no-such-output-format", name=name) + suggest(name, sorted(known)),
        _("output-formats-available", choices=join_words([*map(partial(_shorten, store), store.formats()), MARKDOWN])),
    )


def find_formats(store: Store, names: Sequence[str]) -> list[Format]:
    """Return the formats of some names, each once; raises `UserError`, with those that exist, for an unknown name."""
    known = store.formats()
    for name in names:
        if name not in known and name != MARKDOWN:
            _raise_unknown(store, name)
    return [store.format(name) for name in dict.fromkeys(names) if name != MARKDOWN]


def make_document_date(report: Report) -> date:
    """Return the date that the files carry: the day of issue, else the end of the report year, never the clock's."""
    day = report.values.get("published")
    return day if isinstance(day, date) else make_year_end(report.year)


def make_year_end(year: int) -> date:
    """Return the last day of a year, the nearest that every format can carry, as the date of files without another."""
    return date(min(max(year, 1980), 9999), 12, 31)
