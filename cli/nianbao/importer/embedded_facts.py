"""The facts that a published file carries: a stranger's text, taken as far as the file prints what they say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import tomli_w

from nianbao.compose import document
from nianbao.compose.embedded_facts import KEPT_BACK
from nianbao.compose.markdown import DIALECT, plain
from nianbao.importer.readers.refusal import Unreadable
from nianbao.importer.readers.texts import by_pandoc
from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition import data_file as data
from nianbao.importer.recognition.markdown import convert_to_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedTable
from nianbao.model.facts import Facts, Tree, parse
from nianbao.model.finding import Finding, Stop
from nianbao.model.form import OPEN, OWN, Form, Section
from nianbao.model.i18n import _, series
from nianbao.model.report import Report, fill
from nianbao.model.value_types import KINDS
from nianbao.workspace.store import Store

MAX_CHARACTERS = 2**18  # characters; the facts of a report have ten thousand
MAX_FACTS = 1000  # facts outside the tables; a report has fifty
_MAX_SECONDS = 5  # to read the prose of one section; most take a tenth of one
_MAX_ADDRESSES = 5  # addresses that a note names
_INVISIBLE = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
_LOOKALIKES = str.maketrans("‘’“”", "''\"\"", "•‣◦▪")  # what faces draw alike; bullets, which only the page has


@dataclass(frozen=True, slots=True)
class VerifiedFacts:
    """What was taken of carried facts: the text of a data file (empty: nothing), whether that is all, and notes."""

    text: str = ""
    whole: bool = False
    notes: tuple[str, ...] = ()


def verify_facts(store: Store, recognised: RecognizedReport, *, trusted: bool = False) -> VerifiedFacts:
    """Take the facts that a file carries where it prints what they say, character by character.

    Figures and facts are taken by their kinds, prose in the words that it prints. With `trusted`, all is taken as
    it is, but for acceptances, which belong to the office. The notes say what was not taken, and why.
    """
    text = recognised.published.carried
    unread = VerifiedFacts(notes=(_("文件带的事实读不出来，按印出的读"),))
    if not text:
        return VerifiedFacts()
    if len(text) > MAX_CHARACTERS:
        return unread
    try:
        return _verify(store, recognised, parse(f"{text}\n", "facts.toml"), trusted=trusted) or unread
    except (ValueError, RecursionError, Stop):  # what it says cannot be laid out, or put into words
        return unread


def _verify(
    store: Store, recognised: RecognizedReport, facts: Facts | Finding, *, trusted: bool
) -> VerifiedFacts | None:
    if not isinstance(facts, Facts) or not isinstance(facts.tree.get("edition", ""), str):
        return None
    report = store.fill(facts, recognised.year)
    if isinstance(report, Finding):
        return None
    if not trusted:
        report = fill(report.form, Facts(facts.file, facts.text, select_known_facts(report)))
    if len(report.values) > MAX_FACTS:
        return None
    bodies = document.compose(report, store.template).bodies
    if differ := find_difference(report, recognised, bodies, trusted=trusted):
        return VerifiedFacts(notes=(_("文件生成以后改过：{differ}；按印出的读", differ=differ),))
    unprinted = [] if trusted else _find_unprinted(report, store, bodies)
    tree = report.facts.tree if trusted else _remove_unprinted(report, unprinted)
    if not trusted and report.prose:
        tree["prose"] = {section: _remove_markup(text, bodies[section]) for section, text in report.prose.items()}
    tree = {key: value for key, value in tree.items() if key not in KEPT_BACK}
    made = data.format_embedded_facts(tomli_w.dumps(tree), report.form)
    return VerifiedFacts(made, tree == facts.tree, tuple(_compose_notes(facts.tree, tree, unprinted)))


def select_known_facts(report: Report) -> Tree:
    """Return what the form knows of the facts of a report, and the office's own, each of its kind."""
    tree: Tree = {}
    for entry in report.written:
        table = entry.address in report.form.groups and entry.address not in OPEN and isinstance(entry.value, dict)
        if entry.good or table:  # a table that is empty says that there is one
            *groups, name = entry.address.split(".")
            below = tree
            for group in groups:
                below = below.setdefault(group, {})
            below[name] = {} if table else entry.value
    sections = {section.id for section in report.form.sections}
    for name, texts in (("headings", report.headings), ("prose", report.prose)):
        if known := {section: text for section, text in texts.items() if section in sections}:
            tree[name] = known
    return tree


# ── compared with what the file prints ───────────────────────────────────────────────


def find_difference(
    report: Report, recognised: RecognizedReport, bodies: Mapping[str, str], *, trusted: bool = False
) -> str:
    """Name the first thing that a file prints otherwise than its facts say, or nothing.

    The words of a page's lines, put together from marks, need not agree where the facts are `trusted`.
    """
    if report.form is not recognised.form or report.year != recognised.year:
        return _("年度或格式版本")
    for address, figure in report.figures.items():
        cell = recognised.placed.get(address)
        if cell is None or cell.state != "read" or cell.value != figure:
            return report.form.labels[address]
    if trusted and not recognised.published.exact:
        return ""
    day = report.values.get("published")
    if recognised.told.published not in {None, day}:
        return report.form.labels["published"]
    return next(_find_text_differences(report, recognised, bodies), "")


def _find_text_differences(report: Report, recognised: RecognizedReport, bodies: Mapping[str, str]) -> Iterator[str]:
    told, form = recognised.told, report.form
    for section in form.sections:
        heading = report.heading(section.id)
        if section.heading and _normalize(told.headings.get(section.id, "")) != _normalize(heading):
            yield heading
        labels = _list_table_labels(form, section.table) if section.table else frozenset()
        printed = [text for text in map(_normalize, told.printed.get(section.id, ())) if text not in labels]
        ways = _list_surroundings(report, recognised, section)
        if not any(_is_printed_as(bodies.get(section.id, ""), "".join(printed), *around) for around in ways):
            yield heading or _("标题或开头")


def _list_surroundings(report: Report, recognised: RecognizedReport, section: Section) -> Iterator[tuple[str, str]]:
    """Give what may stand before and behind the text of a section: the title, and who signs, and when."""
    day = report.values.get("published")
    last = next((part for part in reversed(report.form.sections) if part.heading), None)
    if not section.heading:
        title = _normalize(document.title(report))
        yield title, ""
        if _normalize(recognised.published.title) == title:  # which is no text of a Word file
            yield "", ""
    elif section is last and day is not None and recognised.told.published == day:
        yield "", _normalize(document.author(report)) + KINDS["date"].show(day)
    else:
        yield "", ""


def _list_table_labels(form: Form, table: str) -> frozenset[str]:
    """Return what a table prints that is no cell: its caption, and the lines over its full width."""
    own = next(one for one in form.tables if one.id == table)
    return frozenset(map(_normalize, (own.label, *(block.banner for block in own.blocks))))


def _is_printed_as(body: str, printed: str, before: str, behind: str) -> bool:
    """Tell whether Markdown prints as these words, or as these within what stands around it."""
    if not (printed.startswith(before) and printed.endswith(behind) and len(printed) >= len(before + behind)):
        return False
    words = printed[len(before) : len(printed) - len(behind)]
    return words == _normalize(plain(body)) or words == _normalize(
        "".join(_join_text(block) for block in _parse_markdown(body))
    )


def _normalize(text: str) -> str:
    return _INVISIBLE.sub("", text).translate(_LOOKALIKES)


def _join_text(block: Paragraph | PublishedTable) -> str:
    return block.plain if isinstance(block, Paragraph) else "".join(box.text for box in block.boxes)


@lru_cache(maxsize=64)
def _parse_markdown(body: str) -> tuple[Paragraph | PublishedTable, ...]:
    """Read Markdown as a stranger's is read: words, emphasis and lists, and nothing that a writer acts on."""
    try:
        return by_pandoc(body.encode(), DIALECT, seconds=_MAX_SECONDS).blocks
    except Unreadable:
        return ()


def _remove_markup(text: str, body: str) -> str:
    """Return prose in the words that it prints; the text itself where it is nothing else."""
    words = convert_to_markdown(_parse_markdown(body))
    return text if text.strip() == words else words


# ── what nothing prints ──────────────────────────────────────────────────────────────


def _find_unprinted(report: Report, store: Store, bodies: Mapping[str, str]) -> list[str]:
    """Return the facts outside the tables without which the same would be printed: nothing shows that they are so."""
    compared = {"year", "edition", "title", "published", report.form.author_at}
    found = []
    for address in report.values:
        if address not in compared:
            less = fill(
                report.form, Facts(report.facts.file, report.facts.text, _remove_address(report.facts.tree, address))
            )
            with suppress(Stop):  # a template needs it
                other = document.compose(less, store.template)
                if other.bodies == bodies and other.title == document.title(report):
                    found.append(address)
    return found


def _remove_address(tree: Tree, address: str) -> Tree:
    key, _dot, rest = address.partition(".")
    less = {name: value for name, value in tree.items() if name != key}
    return less | {key: _remove_address(tree[key], rest)} if rest else less


def _remove_unprinted(report: Report, unprinted: Sequence[str]) -> Tree:
    """Leave out the office's own facts that no text uses."""
    tree = report.facts.tree
    for address in unprinted:
        if address.startswith(f"{OWN}."):
            tree = _remove_address(tree, address)
    return {key: value for key, value in tree.items() if value != {} or key != OWN}


def _compose_notes(carried: Tree, taken: Tree, unprinted: Sequence[str]) -> Iterator[str]:
    """Say which facts were left out, which could not be compared with the file, and what became of its prose."""
    left = sorted(_collect_addresses(carried) - _collect_addresses(taken))
    if left:
        yield _("文件带的事实有 {count} 项没有采用：{some}", count=len(left), some=_format_addresses(left))
    kept = [address for address in unprinted if not address.startswith(f"{OWN}.")]
    if kept:
        yield _(
            "文件没有印出、无从核对的事实有 {count} 项，请看一遍：{some}", count=len(kept), some=_format_addresses(kept)
        )
    if carried.get("prose") != taken.get("prose"):
        yield _("正文只取了印出的文字；信得过来源、要连占位和标记一起取回，加 --trust")


def _format_addresses(addresses: Sequence[str]) -> str:
    return series(addresses[:_MAX_ADDRESSES]) + (_("等") if len(addresses) > _MAX_ADDRESSES else "")


def _collect_addresses(tree: Tree, at: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        found |= _collect_addresses(value, f"{at}{key}.") if isinstance(value, dict) else {f"{at}{key}"}
    return found
