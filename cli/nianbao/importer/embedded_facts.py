"""The facts embedded in a published file: untrusted text, taken as far as the file prints what they say."""

from collections.abc import Iterator, Mapping
from datetime import date

import tomli_w
from msgspec import Struct

from nianbao.compose import document
from nianbao.compose.embedded_facts import INTERNAL_KEYS
from nianbao.compose.markdown import to_plain_text
from nianbao.importer.carried_page import parse_markdown
from nianbao.importer.page_matching import find_page_difference
from nianbao.importer.printed_page import normalize_words
from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.data_files import data_file
from nianbao.importer.recognition.markdown import convert_to_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedDocument, PublishedTable
from nianbao.importer.unprinted_facts import describe_left_out, find_unprinted, remove_unprinted
from nianbao.model.facts import Facts, Tree, parse
from nianbao.model.finding import Finding, UserError
from nianbao.model.form import OPEN_TABLES, Form, Section
from nianbao.model.i18n import _
from nianbao.model.kind import DEFAULT_KIND
from nianbao.model.open_rows.filling import make_arrays
from nianbao.model.period import Period, parse_period
from nianbao.model.pictures import PICTURES
from nianbao.model.pictures.requests import is_offered, list_requests
from nianbao.model.report import Report, fill_form
from nianbao.workspace.earlier import read_earlier
from nianbao.workspace.store import Store

MAX_CHARACTERS = 2**18  # of all facts; those of a report have ten thousand
MAX_FACTS = 1000  # outside the tables; a report has fifty
_MAX_PERIOD = 10  # characters of the name of a period


class VerifiedFacts(Struct, frozen=True):
    """The part of the embedded facts that was verified.

    `text` is that of a data file (empty: nothing was taken), `is_complete` says whether it has all facts as they
    are, and `notes` say what was not taken, and why.
    """

    text: str = ""
    is_complete: bool = False
    notes: tuple[str, ...] = ()


class CarriedReport(Struct, frozen=True):
    """The report that embedded facts give, in words, and the store of its kind.

    `difference` says where the page of the file first prints otherwise, with both texts (empty: nowhere, and the facts
    are `verified`).
    """

    store: Store
    document: document.Document
    difference: str = ""
    verified: VerifiedFacts = VerifiedFacts()


def read_carried_report(
    store: Store, published: PublishedDocument, kind: str = "", *, trusted: bool = False, verified: bool = True
) -> CarriedReport | None:
    """Read a file by the facts that it carries, before anything is recognized, and compare them with its whole page.

    None for a file without facts, and for facts that are not of the `kind` asked for, or cannot be read. What is
    `verified` takes as long again; it may be left out for a file with the facts of another one.
    """
    facts = _parse_facts(published)
    named = facts.tree.pop("kind", DEFAULT_KIND) if facts else ""
    if not facts or named not in store.list_kinds() or kind not in {"", named}:
        return None
    store = store.of_kind(named)
    try:
        report = _fill_known(store, facts, _get_period(store, facts), trusted=trusted)
        if report is None or report.period is None:
            return None
        composed = document.compose(report, store.kind.template)
        only_tables = trusted and not published.exact  # words put together from characters need not agree
        earlier = read_earlier(store, report)
        difference = find_page_difference(composed, published, earlier, tables_only=only_tables)
        if difference:
            return CarriedReport(store, composed, difference)
        if not verified:
            return CarriedReport(store, composed)
        return CarriedReport(store, composed, verified=_take_facts(store, facts, report, composed, trusted=trusted))
    except (ValueError, RecursionError, UserError):
        return None


def _parse_facts(published: PublishedDocument) -> Facts | None:
    """Parse the facts that a file carries; None where there are none, too many, or no TOML."""
    text = published.embedded_facts
    facts = parse(f"{text}\n", "facts.toml") if text and len(text) <= MAX_CHARACTERS else None
    return facts if isinstance(facts, Facts) else None


def _get_period(store: Store, facts: Facts) -> Period | None:
    return parse_period(str(facts.tree.get(store.kind.settings.period_fact, ""))[:_MAX_PERIOD])


def verify_facts(store: Store, recognized: RecognizedReport, *, trusted: bool = False) -> VerifiedFacts:
    """Take the facts embedded in a file where it prints what they say, character by character.

    Figures and facts are taken where their values have the right type, prose as the words that it prints. With
    `trusted`, all is taken as it is, except acceptances, which belong to the office.
    """
    text = recognized.document.embedded_facts
    unread = VerifiedFacts(notes=(_("carried-facts-unreadable"),))
    if not text:
        return VerifiedFacts()
    if len(text) > MAX_CHARACTERS:
        return unread
    try:
        return _verify(store, recognized, parse(f"{text}\n", "facts.toml"), trusted=trusted) or unread
    except (ValueError, RecursionError, UserError):  # its text cannot be formatted, or composed
        return unread


def _verify(
    store: Store, recognized: RecognizedReport, facts: Facts | Finding, *, trusted: bool
) -> VerifiedFacts | None:
    if not isinstance(facts, Facts) or facts.tree.pop("kind", DEFAULT_KIND) != store.kind.id:
        return None
    report = _fill_known(store, facts, recognized.period, trusted=trusted)
    if report is None:
        return None
    composed = document.compose(report, store.kind.template)
    if difference := find_difference(report, recognized, composed.bodies, trusted=trusted):
        return VerifiedFacts(notes=(_("edited-since-built", differ=difference),))
    return _take_facts(store, facts, report, composed, trusted=trusted)


def _fill_known(store: Store, facts: Facts, period: Period | None, *, trusted: bool) -> Report | None:
    """Fill the form with the facts that it knows, or with all where they are `trusted`; None where there is no form."""
    report = _fill_form(store, facts, period) if period else None
    if report is None:
        return None
    if not trusted:
        report = fill_form(report.form, Facts(facts.file, facts.text, select_known_facts(report)))
    return report if len(report.values.keys() - report.form.slots.keys()) <= MAX_FACTS else None


def _fill_form(store: Store, facts: Facts, period: Period) -> Report | None:
    """Fill the form of the edition that facts name; None where there is none."""
    if not isinstance(facts.tree.get("edition", ""), str):
        return None
    report = store.kind.fill(facts, period)
    return report if isinstance(report, Report) else None


def _take_facts(
    store: Store, facts: Facts, report: Report, composed: document.Document, *, trusted: bool
) -> VerifiedFacts:
    """Take what the page confirms."""
    bodies = composed.bodies
    unprinted = [] if trusted else find_unprinted(report, store, composed)
    tree = report.facts.tree if trusted else remove_unprinted(report, unprinted)
    if not trusted:
        tree = _keep_offered_pictures(tree, report.form)
    if not trusted and report.prose:
        tree["prose"] = {section: _remove_markup(text, bodies[section]) for section, text in report.prose.items()}
    tree = make_arrays(report.form, {key: value for key, value in tree.items() if key not in INTERNAL_KEYS})
    text = data_file.format_embedded_facts(tomli_w.dumps(tree), report.form)
    return VerifiedFacts(text, tree == facts.tree, tuple(describe_left_out(facts.tree, tree, unprinted)))


def select_known_facts(report: Report) -> Tree:
    """Return the facts that the form knows, and the office's own, where their values have the right type."""
    tree: Tree = {}
    for entry in report.entries:
        is_table = (
            entry.address in report.form.groups and entry.address not in OPEN_TABLES and isinstance(entry.value, dict)
        )
        if entry.valid or is_table:  # an empty table says that there is one
            *groups, name = entry.address.split(".")
            subtree = tree
            for group in groups:
                subtree = subtree.setdefault(group, {})
            subtree[name] = {} if is_table else entry.value
    sections = {section.id for section in report.form.sections}
    for name, texts in (("headings", report.headings), ("prose", report.prose)):
        if known := {section: text for section, text in texts.items() if section in sections}:
            tree[name] = known
    if requests := list_requests(report):
        tree[PICTURES] = requests
    return make_arrays(report.form, tree)


def _keep_offered_pictures(tree: Tree, form: Form) -> Tree:
    """Leave out pictures other than those that the form offers: not every format prints their words as text."""
    kept = [request for request in tree.get(PICTURES, ()) if is_offered(form, request)]
    return {key: value for key, value in tree.items() if key != PICTURES} | ({PICTURES: kept} if kept else {})


# ── compared with what the file prints ───────────────────────────────────────────────


def find_difference(
    report: Report, recognized: RecognizedReport, bodies: Mapping[str, str], *, trusted: bool = False
) -> str:
    """Return the label of what a file first prints otherwise than its facts say, or an empty text.

    `bodies` is the Markdown of each section that the facts give. The words of a page's lines, put together from
    characters, need not agree where the facts are `trusted`.
    """
    if report.form.fixed is not recognized.form or report.period != recognized.period:
        return _("differs-in-year-or-edition")
    for address, figure in report.figures.items():
        cell = recognized.cells_by_address.get(address)
        if cell is None or cell.state != "read" or cell.value != figure:
            return report.form.labels[address]
    if trusted and not recognized.document.exact:
        return ""
    day = report.values.get("published")
    if recognized.texts.published not in {None, day}:
        return report.form.labels["published"]
    return next(_find_text_differences(report, recognized, bodies), "")


def _find_text_differences(report: Report, recognized: RecognizedReport, bodies: Mapping[str, str]) -> Iterator[str]:
    """Give the headings of the sections whose texts differ."""
    texts, form = recognized.texts, report.form
    for section in form.sections:
        heading = document.compose_heading(report, section.id)
        if section.heading and normalize_words(texts.headings.get(section.id, "")) != normalize_words(heading):
            yield heading
        labels = _list_table_labels(form, section.table) if section.table else frozenset()
        printed = [text for text in map(normalize_words, texts.printed.get(section.id, ())) if text not in labels]
        body, words = bodies.get(section.id, ""), "".join(printed)
        if not any(_is_printed_as(body, words, *around) for around in _list_surroundings(report, recognized, section)):
            yield heading or _("differs-in-title-or-opening")


def _list_surroundings(report: Report, recognized: RecognizedReport, section: Section) -> Iterator[tuple[str, str]]:
    """Give what may stand before and behind the text of a section: the title, and the signature with its date."""
    day = report.values.get("published")
    last = next((part for part in reversed(report.form.sections) if part.heading), None)
    if not section.heading:
        title = normalize_words(document.compose_title(report))
        yield title, ""
        if normalize_words(recognized.document.title) == title:  # the title of a Word file is not one of its texts
            yield "", ""
    elif section is last and isinstance(day, date) and recognized.texts.published == day:
        yield "", normalize_words(document.compose_author(report)) + report.form.locale.format_date(day)
    else:
        yield "", ""


def _list_table_labels(form: Form, table: str) -> frozenset[str]:
    """Return what a table prints that is no cell: its caption, and the lines over its full width."""
    of_form = next(one for one in form.tables if one.id == table)
    return frozenset(map(normalize_words, (of_form.label, *(block.banner for block in of_form.blocks))))


def _is_printed_as(body: str, printed: str, before: str, behind: str) -> bool:
    """Tell whether Markdown prints as these words, between what stands before and behind it."""
    if not (printed.startswith(before) and printed.endswith(behind) and len(printed) >= len(before + behind)):
        return False
    words = printed[len(before) : len(printed) - len(behind)]
    if words == normalize_words(to_plain_text(body)):
        return True
    return words == normalize_words("".join(_join_text(block) for block in parse_markdown(body)))


def _join_text(block: Paragraph | PublishedTable) -> str:
    return block.plain if isinstance(block, Paragraph) else "".join(cell.text for cell in block.cells)


def _remove_markup(text: str, body: str) -> str:
    """Return prose as the words that its `body` prints; the text itself where it has nothing else."""
    words = convert_to_markdown(parse_markdown(body))
    return text if text.strip() == words else words
