"""The facts embedded in a published file: untrusted text, taken as far as the file prints what they say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import tomli_w

from nianbao.compose import document
from nianbao.compose.embedded_facts import INTERNAL_KEYS
from nianbao.compose.markdown import DIALECT, to_plain_text
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.texts import read_by_pandoc
from nianbao.importer.recognition import RecognizedReport, data_file
from nianbao.importer.recognition.markdown import convert_to_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedTable
from nianbao.model.facts import Facts, Tree, parse
from nianbao.model.finding import Finding, UserError
from nianbao.model.form import OPEN_TABLES, OWN_FACTS, Form, Section
from nianbao.model.i18n import _, join_words
from nianbao.model.period import Period
from nianbao.model.report import Report, fill_form
from nianbao.workspace.store import Store

MAX_CHARACTERS = 2**18  # of all facts; those of a report have ten thousand
MAX_FACTS = 1000  # outside the tables; a report has fifty
_MAX_SECONDS = 5  # to read the prose of one section; most take a tenth of one
_MAX_ADDRESSES = 5  # that a note names
_INVISIBLE = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
_LOOKALIKES = str.maketrans("‘’“”", "''\"\"", "•‣◦▪")  # what typefaces draw alike; bullets, which only the page has


@dataclass(frozen=True, slots=True)
class VerifiedFacts:
    """The part of the embedded facts that was verified.

    `text` is that of a data file (empty: nothing was taken), `is_complete` says whether it has all facts as they
    are, and `notes` say what was not taken, and why.
    """

    text: str = ""
    is_complete: bool = False
    notes: tuple[str, ...] = ()


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
    report = _fill_form(store, facts, recognized.year) if isinstance(facts, Facts) else None
    if not isinstance(facts, Facts) or report is None:
        return None
    if not trusted:
        report = fill_form(report.form, Facts(facts.file, facts.text, select_known_facts(report)))
    if len(report.values) > MAX_FACTS:
        return None
    bodies = document.compose(report, store.kind.template).bodies
    if difference := find_difference(report, recognized, bodies, trusted=trusted):
        return VerifiedFacts(notes=(_("edited-since-built", differ=difference),))
    unprinted = [] if trusted else _find_unprinted(report, store, bodies)
    tree = report.facts.tree if trusted else _remove_unprinted(report, unprinted)
    if not trusted and report.prose:
        tree["prose"] = {section: _remove_markup(text, bodies[section]) for section, text in report.prose.items()}
    tree = {key: value for key, value in tree.items() if key not in INTERNAL_KEYS}
    text = data_file.format_embedded_facts(tomli_w.dumps(tree), report.form)
    return VerifiedFacts(text, tree == facts.tree, tuple(_compose_notes(facts.tree, tree, unprinted)))


def _fill_form(store: Store, facts: Facts, year: int) -> Report | None:
    """Fill the form of the edition that facts name; None where there is none."""
    if not isinstance(facts.tree.get("edition", ""), str):
        return None
    report = store.kind.fill(facts, Period(year))
    return report if isinstance(report, Report) else None


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
    return tree


# ── compared with what the file prints ───────────────────────────────────────────────


def find_difference(
    report: Report, recognized: RecognizedReport, bodies: Mapping[str, str], *, trusted: bool = False
) -> str:
    """Return the label of what a file first prints otherwise than its facts say, or an empty text.

    `bodies` is the Markdown of each section that the facts give. The words of a page's lines, put together from
    characters, need not agree where the facts are `trusted`.
    """
    if report.form is not recognized.form or report.year != recognized.year:
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
        if section.heading and _normalize(texts.headings.get(section.id, "")) != _normalize(heading):
            yield heading
        labels = _list_table_labels(form, section.table) if section.table else frozenset()
        printed = [text for text in map(_normalize, texts.printed.get(section.id, ())) if text not in labels]
        body, words = bodies.get(section.id, ""), "".join(printed)
        if not any(_is_printed_as(body, words, *around) for around in _list_surroundings(report, recognized, section)):
            yield heading or _("differs-in-title-or-opening")


def _list_surroundings(report: Report, recognized: RecognizedReport, section: Section) -> Iterator[tuple[str, str]]:
    """Give what may stand before and behind the text of a section: the title, and the signature with its date."""
    day = report.values.get("published")
    last = next((part for part in reversed(report.form.sections) if part.heading), None)
    if not section.heading:
        title = _normalize(document.compose_title(report))
        yield title, ""
        if _normalize(recognized.document.title) == title:  # the title of a Word file is not one of its texts
            yield "", ""
    elif section is last and isinstance(day, date) and recognized.texts.published == day:
        yield "", _normalize(document.compose_author(report)) + report.form.locale.format_date(day)
    else:
        yield "", ""


def _list_table_labels(form: Form, table: str) -> frozenset[str]:
    """Return what a table prints that is no cell: its caption, and the lines over its full width."""
    of_form = next(one for one in form.tables if one.id == table)
    return frozenset(map(_normalize, (of_form.label, *(block.banner for block in of_form.blocks))))


def _is_printed_as(body: str, printed: str, before: str, behind: str) -> bool:
    """Tell whether Markdown prints as these words, between what stands before and behind it."""
    if not (printed.startswith(before) and printed.endswith(behind) and len(printed) >= len(before + behind)):
        return False
    words = printed[len(before) : len(printed) - len(behind)]
    if words == _normalize(to_plain_text(body)):
        return True
    return words == _normalize("".join(_join_text(block) for block in _parse_markdown(body)))


def _normalize(text: str) -> str:
    return _INVISIBLE.sub("", text).translate(_LOOKALIKES)


def _join_text(block: Paragraph | PublishedTable) -> str:
    return block.plain if isinstance(block, Paragraph) else "".join(cell.text for cell in block.cells)


@lru_cache(maxsize=64)
def _parse_markdown(body: str) -> tuple[Paragraph | PublishedTable, ...]:
    """Return the blocks of untrusted Markdown: words, emphasis and lists, and no element that is active."""
    try:
        return read_by_pandoc(body.encode(), DIALECT, seconds=_MAX_SECONDS).blocks
    except UnreadableError:
        return ()


def _remove_markup(text: str, body: str) -> str:
    """Return prose as the words that its `body` prints; the text itself where it has nothing else."""
    words = convert_to_markdown(_parse_markdown(body))
    return text if text.strip() == words else words


# ── facts that are not printed ───────────────────────────────────────────────────────


def _find_unprinted(report: Report, store: Store, bodies: Mapping[str, str]) -> list[str]:
    """Return the facts outside the tables without which the same would be printed: the file does not confirm them."""
    compared = {"year", "edition", "title", "published", report.form.author_address}
    found = []
    for address in report.values:
        if address not in compared:
            tree = _remove_address(report.facts.tree, address)
            without = fill_form(report.form, Facts(report.facts.file, report.facts.text, tree))
            with suppress(UserError):  # a template needs it
                other = document.compose(without, store.kind.template)
                if other.bodies == bodies and other.title == document.compose_title(report):
                    found.append(address)
    return found


def _remove_address(tree: Tree, address: str) -> Tree:
    key, _dot, rest = address.partition(".")
    others = {name: value for name, value in tree.items() if name != key}
    return others | {key: _remove_address(tree[key], rest)} if rest else others


def _remove_unprinted(report: Report, unprinted: Sequence[str]) -> Tree:
    """Leave out the office's own facts that no text uses."""
    tree = report.facts.tree
    for address in unprinted:
        if address.startswith(f"{OWN_FACTS}."):
            tree = _remove_address(tree, address)
    return {key: value for key, value in tree.items() if value != {} or key != OWN_FACTS}


def _compose_notes(embedded: Tree, taken: Tree, unprinted: Sequence[str]) -> Iterator[str]:
    """Say which facts were left out, which could not be compared with the file, and what became of its prose."""
    left_out = sorted(_collect_addresses(embedded) - _collect_addresses(taken))
    if left_out:
        yield _("carried-facts-left-out", count=len(left_out), some=_format_addresses(left_out))
    unconfirmed = [address for address in unprinted if not address.startswith(f"{OWN_FACTS}.")]
    if unconfirmed:
        some = _format_addresses(unconfirmed)
        yield _("carried-facts-not-comparable", count=len(unconfirmed), some=some)
    if embedded.get("prose") != taken.get("prose"):
        yield _("prose-taken-as-printed")


def _format_addresses(addresses: Sequence[str]) -> str:
    return join_words(addresses[:_MAX_ADDRESSES]) + (_("and-other-facts") if len(addresses) > _MAX_ADDRESSES else "")


def _collect_addresses(tree: Tree, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        found |= _collect_addresses(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"}
    return found
