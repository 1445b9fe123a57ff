"""The texts of a published report: its title, office and year, and the prose of each section."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from nianbao.importer.recognition.headings import MAX_HEADING, SENTENCE, Block, find_headings, split_headings
from nianbao.importer.recognition.labels import normalize, parse_label, remove_white_space
from nianbao.importer.recognition.markdown import convert_to_markdown, escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedDocument
from nianbao.model.form import Form, Section
from nianbao.model.value_types import Value

_MAX_TITLE, _MAX_FRONT_BLOCKS = 60, 30  # characters of a title; blocks in which it may stand
_MIN_OFFICE_LENGTH = 4  # characters; no office has a shorter name
_MINSENTENCE_LENGTH = 16  # characters
_YEAR = re.compile(r"((?:19|20)\d{2}|[〇○零一二三四五六七八九]{4})年度?")
_PERIOD = re.compile(r"((?:19|20)\d{2})年1月1日")
_NUMERALS = "〇一二三四五六七八九"
_SIGNATURE_DATE = re.compile(r"^((?:19|20)\d{2})年(\d{1,2})月(\d{1,2})日$")
_PAGE_METADATA = re.compile(
    r"^(?:发布|公开|来源|信息来源|索引|浏览|访问|字体|作者|时间|日期|【|打印|点击|阅读|文号|标题|名称|主题|当前位置|首页)"
)


@dataclass(frozen=True, slots=True)
class ExtractedText:
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
    blocks = list(split_headings(document.blocks, forms))
    starts = find_headings(blocks, forms)
    front = [block for block in blocks[: min([*starts.values(), _MAX_FRONT_BLOCKS])] if isinstance(block, Paragraph)]
    title = _find_title(front, document.title, forms)
    parts = _cut_sections(blocks, starts)
    printed = {section: list(map(_join_text, part)) for section, part in parts.items()}
    signature = _Signature()
    if parts:
        last = next(reversed(parts))
        parts[last], signature = _split_signature(parts[last])
    if opening := next((section for section in forms[0].sections if not section.heading), None):
        until = min(starts.values(), default=0)
        printed[opening.id] = list(map(_join_text, blocks[:until]))
        parts[opening.id] = [block for block in blocks[title.end : until] if _is_prose(block)]
    sections = {section.id: section for section in forms[0].sections}
    prose = {section: _compose_prose(sections[section], part) for section, part in parts.items()}
    return ExtractedText(
        title=title.text,
        office=title.office or signature.office or document.office,
        year=title.year or document.year or _find_year(blocks),
        published=signature.published,
        headings={section: remove_white_space(_join_text(blocks[start])) for section, start in starts.items()},
        prose={section: text for section, text in prose.items() if text},
        printed=printed,
    )


# ── title, office, year ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Title:
    """A title, whose report it says it is, and of which year; `end` is the number of texts down to its end."""

    text: str = ""
    office: str = ""
    year: int = 0
    end: int = 0


def _find_title(front: Sequence[Paragraph], file_title: str, forms: Sequence[Form]) -> _Title:
    """Find the title among the first texts, on up to three lines.

    Where it does not say whose report it is, the line before it may, else the title in the file's metadata.
    """
    words = forms[0].text_rules.title
    lines = [remove_white_space(block.plain) for block in front]
    title = _Title()
    for start, end in ((start, start + size) for size in (1, 2, 3) for start in range(len(lines) - size + 1)):
        text = "".join(lines[start:end])
        if not _is_title(text, words):
            continue
        title = _parse_title(title, text, words)
        if not title.office and start and _may_be_office(lines[start - 1]):
            title, text = replace(title, office=lines[start - 1]), lines[start - 1] + text
        if title.year:
            title = replace(title, text=text if title.office else "", end=end)
            break
    for text in re.split(r"[-_|—]", file_title):
        if not (title.office and title.year) and _is_title(text, words):
            title = _parse_title(title, text, words)
            title = replace(title, text=remove_white_space(text) if title.office else "")
    return title


def _is_title(text: str, words: Sequence[str]) -> bool:
    """Tell whether a text has the words of a title, in their order."""
    plain = normalize(text)
    return (
        len(plain) <= _MAX_TITLE
        and not _PAGE_METADATA.match(plain)
        and not SENTENCE.search(plain)
        and bool(re.search(".*".join(map(re.escape, words)), plain))
    )


def _parse_title(title: _Title, text: str, words: Sequence[str]) -> _Title:
    """Return a title with the office and the year that a text says; what it does not say stays."""
    plain = normalize(text)
    match = _YEAR.search(plain)
    office = _YEAR.sub("", plain[: plain.find(words[0])])
    office = re.sub(r"^(?:关于(?:印发|公布|发布)?|附件:?)|(?:关于|的)$", "", office).strip('《》<>"“”·:：-—')
    return replace(title, year=_parse_year(match[1]) if match else title.year, office=office or title.office)


def _may_be_office(line: str) -> bool:
    plain = normalize(line)
    return _MIN_OFFICE_LENGTH <= len(plain) <= MAX_HEADING and not re.search(r"\d{4}|[,，。:：]", plain)


def _parse_year(year: str) -> int:
    plain = year.replace("○", "〇").replace("零", "〇")
    return int(plain) if plain.isdecimal() else int("".join(str(_NUMERALS.index(numeral)) for numeral in plain))


def _find_year(blocks: Sequence[Block]) -> int:
    """Find the report year in the texts: the period that the figures cover, else the year named most often, or 0."""
    texts = [normalize(block.plain) for block in blocks if isinstance(block, Paragraph)]
    for text in texts:
        if match := _PERIOD.search(text):
            return int(match[1])
    years = Counter(int(year) for text in texts for year in re.findall(r"((?:19|20)\d{2})年(?!\d{1,2}月)", text))
    ranked = years.most_common(2)
    return ranked[0][0] if len(ranked) == 1 or (ranked and ranked[0][1] > ranked[1][1]) else 0


# ── prose ────────────────────────────────────────────────────────────────────────────


def _cut_sections(blocks: Sequence[Block], starts: Mapping[str, int]) -> dict[str, list[Block]]:
    """Return the blocks behind the heading of each section, in their order."""
    ends = [*list(starts.values())[1:], len(blocks)]
    return {section: list(blocks[start + 1 : end]) for (section, start), end in zip(starts.items(), ends, strict=False)}


def _compose_prose(section: Section, part: Sequence[Block]) -> str:
    """Return the prose of a section as Markdown."""
    if section.table:  # lines of a table that the file has as text are no prose
        part = [block for block in part if _is_prose(block) and not parse_label(_join_text(block)).ordinal]
    return convert_to_markdown(part)


def _join_text(block: Block) -> str:
    return block.plain if isinstance(block, Paragraph) else " ".join(cell.text for cell in block.cells)


def _is_prose(block: Block) -> bool:
    """Tell whether a block is a paragraph with a sentence."""
    if not isinstance(block, Paragraph):
        return False
    plain = normalize(block.plain)
    return bool(SENTENCE.search(plain)) and len(plain) >= _MINSENTENCE_LENGTH and not _PAGE_METADATA.match(plain)


@dataclass(frozen=True, slots=True)
class _Signature:
    published: date | None = None
    office: str = ""


def _split_signature(part: list[Block]) -> tuple[list[Block], _Signature]:
    """Take the signature, an office and a date, off the end of the last section.

    Returns the blocks before it; what follows it belongs to the page, not to the report.
    """
    for index in range(len(part) - 1, -1, -1):
        block = part[index]
        lines = [line for line in block.plain.split("\n") if line.strip()] if isinstance(block, Paragraph) else []
        match = _SIGNATURE_DATE.match(normalize(lines[-1])) if lines else None
        if match is None or not isinstance(block, Paragraph):
            continue
        try:
            day = date(*map(int, match.groups()))
        except ValueError:  # there is no such day
            return part, _Signature()
        if len(lines) > 1:
            name, rest = lines[-2], "\n".join(lines[:-2])
            before = [replace(block, plain=rest, markdown=escape_markdown(rest))] if rest else []
            kept = [*part[:index], *before]
        else:
            above = part[index - 1] if index else None
            name = above.plain if isinstance(above, Paragraph) else ""
            kept = part[: index - 1] if _may_be_office(name) else part[:index]
        return kept, _Signature(day, remove_white_space(name) if _may_be_office(name) else "")
    return part, _Signature()
