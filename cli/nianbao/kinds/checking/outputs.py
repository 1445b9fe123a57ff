"""Check the examples of a kind: the findings that they give, and the facts that their files carry."""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from nianbao.build import outputs
from nianbao.checks.check import check_report
from nianbao.checks.results import CheckResult
from nianbao.compose.embedded_facts import format_facts
from nianbao.importer import readers
from nianbao.importer.embedded_facts import read_carried_report
from nianbao.kinds.examples import Example, ExpectedFinding
from nianbao.kinds.mistakes import Mistake, split_error
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.render.renderer import Renderer
from nianbao.workspace.formats import OutputFile
from nianbao.workspace.store import Store

_LUA_ERROR = re.compile(r"formats/(?P<suffix>[^/:]+)/(?P<file>[^/:]+\.lua):(?P<line>\d+): (?P<why>.*)")
# As filters.lua says it.
_NO_ELEMENT = re.compile(r"no element is called (.+), so that")
_ENDLESS = re.compile(r"not ended after (\d+) seconds")
EMBEDDING = ("html", "docx", "odt", "pdf", "ofd")  # the formats that carry the facts from which they are made
_NOT_REQUIRED = frozenset({"late", "no-last-year"})  # rules whose findings depend on the day, and on other files


def judge_example(example: Example) -> CheckResult | list[Mistake]:
    """Judge an example by every rule; where it cannot be read, return why."""
    try:
        result = check_report(example.store, example.period)
    except UserError as error:
        return list(split_error(error, example.shown))
    return result


def compare_findings(example: Example, result: CheckResult) -> Iterator[Mistake]:
    """Compare the findings of an example with those that it must give."""
    expected = list(example.expected.findings) if example.expected else []
    for finding in result.findings:
        match = next((one for one in expected if _is_expected(one, finding)), None)
        if match:
            expected.remove(match)
        elif finding.rule not in _NOT_REQUIRED:
            why = _("example-gives-finding", rule=finding.rule, at=finding.address, message=finding.message)
            yield Mistake(_place(example, finding.place), why)
    for one in expected:
        number = list(example.expected.findings).index(one) if example.expected else 0
        why = _("example-lacks-finding", rule=one.rule, at=one.at, path=example.path)
        source = example.source
        place = (
            source.find_place(("file", example.number, "findings", number)) if source else Place(example.shown, 1, 1)
        )
        yield Mistake(place, why)
    for crash in result.crashes:
        yield Mistake(Place(example.shown, 1, 1), _("rule-failed", rule=crash.rule, why=crash.error))


def _is_expected(one: ExpectedFinding, finding: Finding) -> bool:
    return (one.rule, one.at) == (finding.rule, finding.address) and one.level in {None, finding.level}


def _place(example: Example, place: Place) -> Place:
    return replace(place, file=example.shown, line=max(1, place.line), column=max(1, place.column))


def check_outputs(examples: Sequence[tuple[Example, CheckResult]], page: Place) -> Iterator[Mistake]:
    """Render the examples in every format, and read back the facts from those that carry them."""
    with Renderer() as renderer:
        for example, result in examples:
            report = result.report
            if report is None:
                continue
            formats = _list_formats(example.store)
            try:
                settings = outputs.make_render_settings(example.store, formats)
                files, _pictures = outputs.render_report(example.store, result, formats, settings, renderer)
            except UserError as error:
                yield _locate_error(example, error, page)
                return
            carrying = [file for file in files if file.suffix in EMBEDDING]
            for file in carrying:
                # Which of the facts are taken depends on the facts alone, which are the same in all files.
                if why := _read_back(example.store, report, file, verified=file is carrying[0]):
                    yield Mistake(page, _("facts-not-read-back", format=file.suffix, path=example.path, why=why))
            pages = next((file.pages for file in files if file.pages), 0)
            wanted = example.expected.pages if example.expected else None
            if wanted is not None and pages != wanted and example.source:
                place = example.source.find_place(("file", example.number, "pages"))
                yield Mistake(place, _("example-has-other-pages", path=example.path, pages=pages, wanted=wanted))


def _list_formats(store: Store) -> list[str]:
    """List the formats that a kind has: sets of files only where it says what is in them."""
    has_set = store.kind.settings.file_set is not None
    return [suffix for suffix in store.formats() if has_set or not store.format(suffix).is_set]


def _locate_error(example: Example, error: UserError, page: Place) -> Mistake:
    """Give an error of pandoc or Typst its place: in the Lua of a format if it says so, else the page's."""
    lines = error.message.partition("\nstack traceback:")[0].split("\n")
    why = " ".join(line.strip() for line in lines)
    if match := _LUA_ERROR.search(why):
        path = example.store.formats().get(match["suffix"])
        top = next((top for top in example.store.template_folders if path and path.is_relative_to(top.path)), None)
        if path and top:
            unknown = _NO_ELEMENT.search(match["why"])
            endless = _ENDLESS.search(match["why"])
            why = _("lua-filter-does-nothing", name=unknown[1]) if unknown else match["why"]
            why = _("lua-filter-does-not-end", seconds=endless[1]) if endless else why
            return Mistake(Place(top.display(path.parent / match["file"]), int(match["line"]), 1), why)
    return Mistake(page, why)


def _read_back(store: Store, report: Report, file: OutputFile, *, verified: bool) -> str:
    """Return why a file does not come back with the facts of its report; an empty text where an import takes them."""
    try:
        published = readers.read(file.content, f".{file.suffix}")
    except UserError as error:
        return error.message
    if not published.embedded_facts:
        return _("file-carries-no-facts")
    carried, written = parse(published.embedded_facts, file.suffix), parse(format_facts(report), file.suffix)
    if not isinstance(carried, Facts) or not isinstance(written, Facts):
        return _("carried-facts-unreadable")
    if carried.tree != written.tree:
        return _("file-carries-other-facts")
    back = read_carried_report(store, published, store.kind.id, verified=verified)
    return back.difference if back else _("carried-facts-unreadable")
