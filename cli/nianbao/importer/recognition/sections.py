"""The texts of a published report: its title, office and year, and the prose of each section."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.importer.recognition.headings import MAX_HEADING, Block, find_headings, split_headings
from nianbao.importer.recognition.labels import normalize, parse_label, remove_white_space
from nianbao.importer.recognition.markdown import convert_to_markdown, escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedDocument
from nianbao.model.form import Form, Section
from nianbao.model.loading.reading import Reading
from nianbao.model.value_types import Value

_MAX_TITLE, _MAX_FRONT_BLOCKS = 60, 30  # characters of a title; blocks in which it may stand
_MIN_OFFICE_LENGTH = 4  # characters; no office has a shorter name
_MIN_SENTENCE_LENGTH = 16  # characters
_AROUND_TITLE = '<>"“”·:-—'


class ExtractedText(Struct, frozen=True):
    """What the texts of a report say; what could not be found is empty."""

    title: str = ""
    office: str = ""
    year: int = 0
    published: date | None = None
    headings: Mapping[str, str] = field(default_factory=dict)  # of every section that was found, as published
    prose: Mapping[str, str] = field(default_factory=dict)  # Markdown by section
    facts: Mapping[str, Value] = field(default_factory=dict)  # by address, where they are given one by one
    printed: Mapping[str, Sequence[str]] = field(default_factory=dict)  # all texts of a section, plain


def extract_text(document: PublishedDocument, forms: Sequence[Form]) -> ExtractedText:
    """Extract the texts of a report by the sections of the forms."""
    reading = forms[0].kind.signs
    blocks = list(split_headings(document.blocks, forms))
    starts = find_headings(blocks, forms)
    front = [block for block in blocks[: min([*starts.values(), _MAX_FRONT_BLOCKS])] if isinstance(block, Paragraph)]
    title = _find_title(front, document.title, forms)
    parts = _cut_sections(blocks, starts)
    printed = {section: list(map(_join_text, part)) for section, part in parts.items()}
    signature = _Signature()
    if parts:
        last = next(reversed(parts))
        parts[last], signature = _split_signature(parts[last], reading)
    if opening := next((section for section in forms[0].sections if not section.heading), None):
        until = min(starts.values(), default=0)
        printed[opening.id] = list(map(_join_text, blocks[:until]))
        parts[opening.id] = [block for block in blocks[title.end : until] if _is_prose(block, reading)]
    sections = {section.id: section for section in forms[0].sections}
    prose = {section: _compose_prose(sections[section], part, reading) for section, part in parts.items()}
    return ExtractedText(
        title=title.text,
        office=title.office or signature.office or document.office,
        year=title.year or document.year or _find_year(blocks, reading),
        published=signature.published,
        headings={section: remove_white_space(_join_text(blocks[start])) for section, start in starts.items()},
        prose={section: text for section, text in prose.items() if text},
        printed=printed,
    )


# ── title, office, year ──────────────────────────────────────────────────────────────


class _Title(Struct, frozen=True):
    """A title, whose report it says it is, and of which year; `end` is the number of texts down to its end."""

    text: str = ""
    office: str = ""
    year: int = 0
    end: int = 0


def _find_title(front: Sequence[Paragraph], file_title: str, forms: Sequence[Form]) -> _Title:
    """Find the title among the first texts, on up to three lines.

    Where it does not say whose report it is, the line before it may, else the title in the file's metadata.
    """
    words, reading = forms[0].text_rules.title, forms[0].kind.signs
    lines = [remove_white_space(block.plain) for block in front]
    title = _Title()
    for start, end in ((start, start + size) for size in (1, 2, 3) for start in range(len(lines) - size + 1)):
        text = "".join(lines[start:end])
        if not _is_title(text, words, reading):
            continue
        title = _parse_title(title, text, words, reading)
        if not title.office and start and _may_be_office(lines[start - 1], reading):
            title, text = replace(title, office=lines[start - 1]), lines[start - 1] + text
        if title.year:
            title = replace(title, text=text if title.office else "", end=end)
            break
    for text in re.split(r"[-_|—]", file_title):
        if not (title.office and title.year) and _is_title(text, words, reading):
            title = _parse_title(title, text, words, reading)
            title = replace(title, text=remove_white_space(text) if title.office else "")
    return title


def _is_title(text: str, words: Sequence[str], reading: Reading) -> bool:
    """Tell whether a text has the words of a title, in their order; where a form names no such words, none has."""
    plain = normalize(text, reading)
    return (
        bool(words)
        and len(plain) <= _MAX_TITLE
        and not reading.not_prose.match(plain)
        and not reading.sentence.search(plain)
        and bool(re.search(".*".join(map(re.escape, words)), plain))
    )


def _parse_title(title: _Title, text: str, words: Sequence[str], reading: Reading) -> _Title:
    """Return a title with the office and the year that a text says; what it does not say stays."""
    plain = normalize(text, reading)
    match = reading.year.search(plain)
    office = reading.year.sub("", plain[: plain.find(words[0])])
    office = reading.around_office.sub("", office).strip(_AROUND_TITLE + reading.file.texts.title_quotes)
    return replace(
        title, year=reading.parse_year(_get_group(match)) if match else title.year, office=office or title.office
    )


def _may_be_office(line: str, reading: Reading) -> bool:
    plain = normalize(line, reading)
    return _MIN_OFFICE_LENGTH <= len(plain) <= MAX_HEADING and not reading.no_name.search(plain)


def _get_group(match: re.Match[str]) -> str:
    """Return the text of the one group that matched."""
    return next(group for group in match.groups() if group)


def _find_year(blocks: Sequence[Block], reading: Reading) -> int:
    """Find the report year in the texts: the period that the figures cover, else the year named most often, or 0."""
    texts = [normalize(block.plain, reading) for block in blocks if isinstance(block, Paragraph)]
    for text in texts:
        if match := reading.first_day.search(text):
            return reading.parse_year(_get_group(match))
    years = Counter(reading.parse_year(_get_group(match)) for text in texts for match in reading.mention.finditer(text))
    ranked = years.most_common(2)
    return ranked[0][0] if len(ranked) == 1 or (ranked and ranked[0][1] > ranked[1][1]) else 0


# ── prose ────────────────────────────────────────────────────────────────────────────


def _cut_sections(blocks: Sequence[Block], starts: Mapping[str, int]) -> dict[str, list[Block]]:
    """Return the blocks behind the heading of each section, in their order."""
    ends = [*list(starts.values())[1:], len(blocks)]
    return {section: list(blocks[start + 1 : end]) for (section, start), end in zip(starts.items(), ends, strict=False)}


def _compose_prose(section: Section, part: Sequence[Block], reading: Reading) -> str:
    """Return the prose of a section as Markdown."""
    if section.table:  # lines of a table that the file has as text are no prose
        part = [
            block for block in part if _is_prose(block, reading) and not parse_label(_join_text(block), reading).ordinal
        ]
    return convert_to_markdown(part)


def _join_text(block: Block) -> str:
    return block.plain if isinstance(block, Paragraph) else " ".join(cell.text for cell in block.cells)


def _is_prose(block: Block, reading: Reading) -> bool:
    """Tell whether a block is a paragraph with a sentence."""
    if not isinstance(block, Paragraph):
        return False
    plain = normalize(block.plain, reading)
    return (
        bool(reading.sentence.search(plain))
        and len(plain) >= _MIN_SENTENCE_LENGTH
        and not reading.not_prose.match(plain)
    )


class _Signature(Struct, frozen=True):
    published: date | None = None
    office: str = ""


def _split_signature(part: list[Block], reading: Reading) -> tuple[list[Block], _Signature]:
    """Take the signature, an office and a date, off the end of the last section.

    Returns the blocks before it; what follows it belongs to the page, not to the report.
    """
    for index in range(len(part) - 1, -1, -1):
        block = part[index]
        lines = [line for line in block.plain.split("\n") if line.strip()] if isinstance(block, Paragraph) else []
        day = _parse_day(normalize(lines[-1], reading), reading) if lines else None
        if day is None or not isinstance(block, Paragraph):
            continue
        if len(lines) > 1:
            name, rest = lines[-2], "\n".join(lines[:-2])
            before = [replace(block, plain=rest, markdown=escape_markdown(rest))] if rest else []
            kept = [*part[:index], *before]
        else:
            above = part[index - 1] if index else None
            name = above.plain if isinstance(above, Paragraph) else ""
            kept = part[: index - 1] if _may_be_office(name, reading) else part[:index]
        return kept, _Signature(day, remove_white_space(name) if _may_be_office(name, reading) else "")
    return part, _Signature()


def _parse_day(text: str, reading: Reading) -> date | None:
    """Return the day that a line is, in one of the ways in which dates are printed; None for any other line."""
    for pattern in reading.file.dates.days if len(text) <= MAX_HEADING else ():
        with suppress(ValueError):
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  # a day has no time zone
    return None
