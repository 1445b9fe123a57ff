"""The headings of a published report: which block heads which section of the forms, and in which pictures stand."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from rapidfuzz import fuzz

from nianbao.importer.recognition.labels import Label, normalize, parse_label, remove_white_space
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedDocument, PublishedTable
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.reading import Reading

MAX_HEADING = 40  # characters; a longer line is a sentence
_MIN_SIMILARITY = 0.72  # of a line and the form's heading
_PARTIAL_WEIGHT, _LENGTH_PENALTY = 0.95, 0.15  # of a line that only contains the form's heading, or a part of it
_MIN_PARTIAL_LENGTH = 6  # characters; shorter words stand in any sentence
_OTHER_STYLE_PENALTY = 0.35  # for an ordinal of another style than that of sections
_MIN_INLINE_LENGTH = 4  # characters of a heading found within a paragraph; a shorter one is not sure
_MAX_ORDINAL_LENGTH = 4  # characters

Block = Paragraph | PublishedTable
Wordings = Mapping[str, Sequence[Label]]  # of the heading of each section, by its id


def _collect_wordings(forms: Sequence[Form]) -> Wordings:
    """Return the wordings of each section's heading in all forms."""
    wordings: dict[str, list[Label]] = {}
    for form in forms:
        for section in form.sections:
            if section.heading:
                labels = [parse_label(text, form.kind.signs) for text in (section.heading, *section.aliases)]
                wordings.setdefault(section.id, []).extend(labels)
    return {section: tuple(dict.fromkeys(found)) for section, found in wordings.items()}


def split_headings(blocks: Sequence[Block], forms: Sequence[Form]) -> Iterator[Block]:
    """Give a heading its own block where it stands on one line, or in one paragraph, with what follows."""
    wordings, reading = _collect_wordings(forms), forms[0].kind.signs
    for block in blocks:
        if isinstance(block, PublishedTable):
            yield block
            continue
        lines = block.plain.split("\n")
        if len(lines) > 1 and any(
            _compare_heading(line, labels, reading) >= _MIN_SIMILARITY for line in lines for labels in wordings.values()
        ):
            for line in lines:
                if line.strip():
                    yield Paragraph(line, escape_markdown(line.strip()), block.level)
            continue
        yield from _split_inline_heading(block, wordings, reading)


def _split_inline_heading(block: Paragraph, wordings: Wordings, reading: Reading) -> Iterator[Paragraph]:
    """Split a heading off a paragraph that begins with it."""
    plain = remove_white_space(block.plain)
    found = _find_inline_heading(plain, wordings, reading)
    if found is None:
        yield block
        return
    end, rest = found
    yield Paragraph(plain[:end], escape_markdown(plain[:end]), block.level)
    if plain[rest:]:
        yield Paragraph(plain[rest:], escape_markdown(plain[rest:]))


def _find_inline_heading(plain: str, wordings: Wordings, reading: Reading) -> tuple[int, int] | None:
    """Return where a heading at the start of a text ends, and where what follows it begins."""
    if len(plain) > MAX_HEADING * 2 and not parse_label(plain, reading).ordinal:
        return None
    for label in chain.from_iterable(wordings.values()):
        start = normalize(plain, reading).find(label.full) if len(label.full) >= _MIN_INLINE_LENGTH else -1
        end = start + len(label.full)
        if 0 < start <= _MAX_ORDINAL_LENGTH and _is_main_heading(plain[:end], reading):
            separator = reading.heading_end.match(plain[end:])
            if separator:
                return end, end + separator.end()
    return None


def _is_main_heading(line: str, reading: Reading) -> bool:
    """Tell whether a line has an ordinal of the highest level."""
    ordinal = parse_label(line, reading).ordinal
    return ordinal is not None and ordinal[0] == reading.main_style


def _compare_heading(line: str, labels: Sequence[Label], reading: Reading) -> float:
    """Return how much a line is like the heading of a section.

    The style of its ordinal counts, its number does not.
    """
    if len(line) > 2 * MAX_HEADING:
        return 0.0
    given = parse_label(line, reading)
    if not given.full or len(given.full) > MAX_HEADING or reading.sentence.search(line):
        return 0.0
    best = 0.0
    for label in labels:
        best = max(best, fuzz.ratio(given.full, label.full) / 100)
        short, long = sorted((given.full, label.full), key=len)
        if len(short) >= _MIN_PARTIAL_LENGTH or long.endswith(short):
            penalty = _LENGTH_PENALTY * (1 - len(short) / len(long))
            best = max(best, fuzz.partial_ratio(short, long) / 100 * _PARTIAL_WEIGHT - penalty)
    return best - _OTHER_STYLE_PENALTY if given.ordinal and given.ordinal[0] != reading.main_style else best


def find_headings(blocks: Sequence[Block], forms: Sequence[Form]) -> dict[str, int]:
    """Return the index of the block that heads each section, in their order.

    Of all ways to find headings in the order of the form, the one with the highest score is taken.
    """
    wordings, reading = _collect_wordings(forms), forms[0].kind.signs
    order = [section.id for section in forms[0].sections if section.id in wordings]
    # The best score, and the headings found, of those ways whose last heading is that of section number - 1.
    best: list[tuple[float, tuple[tuple[str, int], ...]]] = [(0.0, ())] * (len(order) + 1)
    for index, block in enumerate(blocks):
        if isinstance(block, PublishedTable):
            continue
        scores = [_compare_heading(block.plain, wordings[section], reading) for section in order]
        if max(scores, default=0) < _MIN_SIMILARITY:
            continue
        bonus = 0.05 if parse_label(block.plain, reading).ordinal else 0.02 if block.level else 0.0
        for number in range(len(order), 0, -1):
            score = scores[number - 1]
            if score >= _MIN_SIMILARITY:
                total, found = max(best[:number], key=lambda way: way[0])
                total += score + bonus
                if total >= best[number][0]:  # of two alike the later one: the first is a table of contents
                    best[number] = (total, (*found, (order[number - 1], index)))
    return dict(max(best, key=lambda way: way[0])[1])


def note_pictures(
    document: PublishedDocument, headings: Mapping[str, str], form: Form, missing: Sequence[str]
) -> Iterator[str]:
    """Give a note for each section with a picture, and with a table some figures of which are `missing`.

    `headings` are those of the sections, as published.
    """
    sections = {section.id: section for section in form.sections}
    ids = {heading: section for section, heading in headings.items() if section in sections}
    starts = [
        (index, ids[plain])
        for index, block in enumerate(document.blocks if document.pictures else ())
        if isinstance(block, Paragraph)
        for line in block.plain.split("\n")
        if (plain := remove_white_space(line)) in ids
    ]
    found = [bisect_right(starts, index, key=lambda start: start[0] + 1) for index in document.pictures]
    for section in dict.fromkeys(sections[starts[number - 1][1]] for number in found if number):
        count = sum(address.startswith(f"{section.table}.") for address in missing) if section.table else 0
        if count:
            yield _("section-has-picture", heading=headings[section.id], count=count)
