"""Write a comparison as files of several formats: one page, rendered as reports are."""

import json
from collections.abc import Mapping, Sequence

from nianbao.build import outputs
from nianbao.build.outputs import MARKDOWN
from nianbao.checks.check import limit_check
from nianbao.compare.comparison import Comparison
from nianbao.compare.page import make_page
from nianbao.compare.reports import ReportPair
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.render.renderer import Renderer
from nianbao.workspace.files import SavedFile, write
from nianbao.workspace.formats import OutputFile

TERMINAL = "terminal"
FORMATS = ("html", "docx", "pdf", MARKDOWN)  # those that can show changed words


def name_formats(pair: ReportPair, words: Sequence[str]) -> list[str]:
    """Return the names of the formats that words mean, as a build does, and the terminal.

    Raises `UserError` for a format that cannot show changed words.
    """
    store, _period = pair.after
    fix = _("output-formats-available", choices=join_words((TERMINAL, *FORMATS)))
    try:
        names = [TERMINAL if name.casefold() == TERMINAL else outputs.name_formats(store, [name])[0] for name in words]
    except UserError as error:
        raise UserError(error.message, fix) from error
    for name in names:
        if name not in {TERMINAL, *FORMATS}:
            raise UserError(_("compare-format-without-changes", name=name), fix)
    return list(dict.fromkeys(names))


def write_files(comparison: Comparison, pair: ReportPair, formats: Sequence[str], look: str = "") -> list[SavedFile]:
    """Write a comparison in some formats below the folder of outputs, all or none; raises `UserError`."""
    store, period = pair.after
    rendered = render(comparison, pair, formats, look)
    paths = {store.output(period, outputs.SUFFIXES.get(file.suffix, file.suffix)): file.content for file in rendered}
    named = {path.with_name(f"{pair.name}{path.suffix}"): content for path, content in paths.items()}
    return write(named, store.within)


def render(comparison: Comparison, pair: ReportPair, formats: Sequence[str], look: str = "") -> list[OutputFile]:
    """Render a comparison; the same reports give the same bytes."""
    store, _period = pair.after
    with limit_check():
        page = make_page(comparison, store.load)
    files: list[OutputFile] = []
    settings = outputs.make_render_settings(store, formats, look)
    if settings.formats:
        day = outputs.make_document_date(comparison.after.report)
        with Renderer() as renderer:
            files += renderer.render(page, settings.without_moulds(), day, _describe(comparison)).files
    if MARKDOWN in formats:
        files.append(OutputFile(MARKDOWN, page.text.encode()))
    return files


def _describe(comparison: Comparison) -> Mapping[str, str]:
    """Return the variables of templates: what the page is for search engines, and that it shows changes."""
    language = comparison.after.report.form.locale.language
    about = {"@context": "https://schema.org", "@type": "CreativeWork", "inLanguage": language}
    return {"about": json.dumps(about), "revisions": "true"}
