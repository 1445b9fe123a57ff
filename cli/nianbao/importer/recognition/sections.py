"""The texts of a published report: its title, whose it is and of which year, and the prose of each section."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rapidfuzz import fuzz

from nianbao.importer.recognition.labels import Label, normalize, parse_label
from nianbao.importer.recognition.markdown import convert_to_markdown, escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedDocument, PublishedTable
from nianbao.model.form import Form, Section
from nianbao.model.value_types import Value

_MAX_HEADING = 40  # characters; a longer line is a sentence
_MIN_SIMILARITY, _PARTIAL_WEIGHT = 0.72, 0.95  # a heading and the form's; what one counts that only contains the form's
_OTHER_STYLE_PENALTY = 0.35  # what speaks against （一） and 1., which stand below 一、
_MAX_TITLE, _MAX_FRONT_BLOCKS = 60, 30  # characters of a title; blocks in which it may stand
_SENTENCE = re.compile(r"[。；;！？]")
_YEAR = re.compile(r"((?:19|20)\d{2}|[〇○零一二三四五六七八九]{4})年度?")
_PERIOD = re.compile(r"((?:19|20)\d{2})年1月1日")
_NUMERALS = "〇一二三四五六七八九"
_SIGNATURE_DATE = re.compile(r"^((?:19|20)\d{2})年(\d{1,2})月(\d{1,2})日$")
_PAGE_METADATA = re.compile(
    r"^(?:发布|公开|来源|信息来源|索引|浏览|访问|字体|作者|时间|日期|【|打印|点击|阅读|文号|标题|名称|主题|当前位置|首页)"
)
_HEADING_END = re.compile(r"^[。.:：,，]+")


@dataclass(slots=True)
class ExtractedText:
    """What the texts of a report say; what could not be found is empty."""

    title: str = ""
    office: str = ""
    year: int = 0
    published: date | None = None
    headings: dict[str, str] = field(default_factory=dict)  # every section that was found, as it is headed
    prose: dict[str, str] = field(default_factory=dict)  # Markdown by section
    facts: dict[str, Value] = field(default_factory=dict)  # by address, where they are given one by one
    printed: dict[str, list[str]] = field(default_factory=dict)  # all that stands in a section, in words


def extract_text(published: PublishedDocument, forms: Sequence[Form]) -> ExtractedText:
    """Read the texts of a report by the sections of the forms."""
    found = ExtractedText()
    blocks = list(_split_headings(published.blocks, _collect_wordings(forms)))
    places = _find_headings(blocks, forms)
    front = [block for block in blocks[: min([*places.values(), _MAX_FRONT_BLOCKS])] if isinstance(block, Paragraph)]
    titled = _find_title(found, front, published.title, forms)
    _extract_sections(found, blocks, places, titled, forms)
    found.office = found.office or published.office
    found.year = found.year or published.year or _find_year(blocks)
    return found


# ── headings ─────────────────────────────────────────────────────────────────────────


def _collect_wordings(forms: Sequence[Form]) -> dict[str, tuple[Label, ...]]:
    """Return the ways to word the heading of each section."""
    ways: dict[str, list[Label]] = {}
    for form in forms:
        for section in form.sections:
            if section.heading:
                ways.setdefault(section.id, []).extend(map(parse_label, (section.heading, *section.aliases)))
    return {section: tuple(dict.fromkeys(found)) for section, found in ways.items()}


def _split_headings(
    blocks: Sequence[Paragraph | PublishedTable], wordings: dict[str, tuple[Label, ...]]
) -> Iterator[Paragraph | PublishedTable]:
    """Give a heading its own block where it stands on one line, or in one paragraph, with what follows."""
    for block in blocks:
        if isinstance(block, PublishedTable):
            yield block
            continue
        lines = block.plain.split("\n")
        if len(lines) > 1 and any(
            _compare_heading(line, ways) >= _MIN_SIMILARITY for line in lines for ways in wordings.values()
        ):
            for line in lines:
                if line.strip():
                    yield Paragraph(line, escape_markdown(line.strip()), block.level)
            continue
        yield from _split_inline_heading(block, wordings)


def _split_inline_heading(block: Paragraph, wordings: dict[str, tuple[Label, ...]]) -> Iterator[Paragraph]:
    """Cut a heading off a paragraph that begins with it: 六、其他需要报告的事项。无。"""
    plain = re.sub(r"\s+", "", block.plain)
    if len(plain) <= _MAX_HEADING * 2 or parse_label(plain).ordinal:
        for ways in wordings.values():
            for way in ways:
                at = normalize(plain).find(way.whole) if len(way.whole) > 3 else -1  # noqa: PLR2004  # too short to be sure
                end = at + len(way.whole)
                if 0 < at <= 4 and _is_main_heading(plain[:end]) and (sign := _HEADING_END.match(plain[end:])):  # noqa: PLR2004  # an ordinal
                    rest = plain[end + sign.end() :]
                    yield Paragraph(plain[:end], escape_markdown(plain[:end]), block.level)
                    if rest:
                        yield Paragraph(rest, escape_markdown(rest))
                    return
    yield block


def _is_main_heading(line: str) -> bool:
    ordinal = parse_label(line).ordinal
    return ordinal is not None and ordinal[0] == "plain"


def _compare_heading(line: str, ways: Sequence[Label]) -> float:
    """Tell how much a line is like the heading of a section; the place of its ordinal counts, its number does not."""
    if len(line) > 2 * _MAX_HEADING:
        return 0.0
    given = parse_label(line)
    if not given.whole or len(given.whole) > _MAX_HEADING or _SENTENCE.search(line):
        return 0.0
    best = 0.0
    for way in ways:
        best = max(best, fuzz.ratio(given.whole, way.whole) / 100)
        short, long = sorted((given.whole, way.whole), key=len)
        if len(short) >= 6 or long.endswith(short):  # noqa: PLR2004  # shorter words stand in any sentence
            best = max(
                best, fuzz.partial_ratio(short, long) / 100 * _PARTIAL_WEIGHT - 0.15 * (1 - len(short) / len(long))
            )
    return best - _OTHER_STYLE_PENALTY if given.ordinal and given.ordinal[0] != "plain" else best


def _find_headings(blocks: Sequence[Paragraph | PublishedTable], forms: Sequence[Form]) -> dict[str, int]:
    """Find the block that heads each section: of all ways to find them in their order, the likeliest."""
    wordings = _collect_wordings(forms)
    order = [section.id for section in forms[0].sections if section.id in wordings]
    best: list[tuple[float, tuple[tuple[str, int], ...]]] = [(0.0, ())] * (len(order) + 1)
    for at, block in enumerate(blocks):
        if isinstance(block, PublishedTable):
            continue
        scores = [_compare_heading(block.plain, wordings[section]) for section in order]
        if max(scores, default=0) < _MIN_SIMILARITY:
            continue
        bonus = 0.05 if parse_label(block.plain).ordinal else 0.02 if block.level else 0.0
        for place in range(len(order), 0, -1):
            score = scores[place - 1]
            if score >= _MIN_SIMILARITY:
                before = max(best[:place], key=lambda way: way[0])
                way = (before[0] + score + bonus, (*before[1], (order[place - 1], at)))
                if way[0] >= best[place][0]:  # of two alike the later one: the first is a table of contents
                    best[place] = way
    return dict(max(best, key=lambda way: way[0])[1])


# ── title, office, year ──────────────────────────────────────────────────────────────


def _find_title(found: ExtractedText, front: Sequence[Paragraph], own: str, forms: Sequence[Form]) -> int:
    """Find the title among the first texts, on up to three lines; return how many texts there are down to its end.

    Where it does not say whose report it is, the line before it may, else what the file calls itself.
    """
    marks = forms[0].vocabulary.title
    lines = [re.sub(r"\s+", "", block.plain) for block in front]
    end = 0
    for at, last in ((at, at + size) for size in (1, 2, 3) for at in range(len(lines) - size + 1)):
        text = "".join(lines[at:last])
        if not _is_title(text, marks):
            continue
        _parse_title(found, text, marks)
        if not found.office and at and _may_be_office(lines[at - 1]):
            found.office, text = lines[at - 1], lines[at - 1] + text
        if found.year:
            found.title, end = text if found.office else "", last
            break
    for text in re.split(r"[-_|—]", own):
        if not (found.office and found.year) and _is_title(text, marks):
            _parse_title(found, text, marks)
            found.title = re.sub(r"\s+", "", text) if found.office else ""
    return end


def _is_title(text: str, marks: Sequence[str]) -> bool:
    plain = normalize(text)
    return (
        len(plain) <= _MAX_TITLE
        and not _PAGE_METADATA.match(plain)
        and not _SENTENCE.search(plain)
        and bool(re.search(".*".join(map(re.escape, marks)), plain))
    )


def _parse_title(found: ExtractedText, text: str, marks: Sequence[str]) -> None:
    plain = normalize(text)
    if match := _YEAR.search(plain):
        found.year = _parse_year(match[1])
    office = _YEAR.sub("", plain[: plain.find(marks[0])])
    office = re.sub(r"^(?:关于(?:印发|公布|发布)?|附件:?)|(?:关于|的)$", "", office).strip('《》<>"“”·:：-—')
    found.office = office or found.office


def _may_be_office(line: str) -> bool:
    plain = normalize(line)
    return 3 < len(plain) <= _MAX_HEADING and not re.search(r"\d{4}|[,，。:：]", plain)  # noqa: PLR2004  # no office has a shorter name


def _parse_year(year: str) -> int:
    plain = year.replace("○", "〇").replace("零", "〇")
    return int(plain) if plain.isdecimal() else int("".join(str(_NUMERALS.index(sign)) for sign in plain))


def _find_year(blocks: Sequence[Paragraph | PublishedTable]) -> int:
    """Find the report year in the text: the period that the figures cover, else the year most spoken of."""
    texts = [normalize(block.plain) for block in blocks if isinstance(block, Paragraph)]
    for text in texts:
        if match := _PERIOD.search(text):
            return int(match[1])
    years = Counter(int(year) for text in texts for year in re.findall(r"((?:19|20)\d{2})年(?!\d{1,2}月)", text))
    ranked = years.most_common(2)
    return ranked[0][0] if len(ranked) == 1 or (ranked and ranked[0][1] > ranked[1][1]) else 0


# ── prose ────────────────────────────────────────────────────────────────────────────


def _extract_sections(
    found: ExtractedText,
    blocks: Sequence[Paragraph | PublishedTable],
    places: dict[str, int],
    titled: int,
    forms: Sequence[Form],
) -> None:
    ordered = sorted(places.items(), key=lambda pair: pair[1])
    ends = [*(place for _, place in ordered[1:]), len(blocks)]
    for (section, start), end in zip(ordered, ends, strict=False):
        heading = blocks[start]
        if isinstance(heading, Paragraph):
            found.headings[section] = re.sub(r"\s+", "", heading.plain)
        part = list(blocks[start + 1 : end])
        found.printed[section] = list(map(_join_text, part))
        if end == len(blocks):
            part = _split_signature(found, part)
        own = next(one for one in forms[0].sections if one.id == section)
        _extract_prose(found, own, part)
    if first := next((one for one in forms[0].sections if not one.heading), None):
        until = ordered[0][1] if ordered else 0
        found.printed[first.id] = list(map(_join_text, blocks[:until]))
        opening = [block for block in blocks[titled:until] if isinstance(block, Paragraph) and _is_prose(block)]
        _extract_prose(found, first, opening)


def _extract_prose(found: ExtractedText, section: Section, part: Sequence[Paragraph | PublishedTable]) -> None:
    texts = part
    if section.table:  # lines of a table that has no grid are no prose
        told = [block for block in part if isinstance(block, Paragraph) and _is_prose(block)]
        texts = [block for block in told if not parse_label(block.plain).ordinal]
    if text := convert_to_markdown(texts):
        found.prose[section.id] = text


def _join_text(block: Paragraph | PublishedTable) -> str:
    return block.plain if isinstance(block, Paragraph) else " ".join(box.text for box in block.boxes)


def _is_prose(block: Paragraph) -> bool:
    plain = normalize(block.plain)
    return bool(_SENTENCE.search(plain)) and len(plain) > 15 and not _PAGE_METADATA.match(plain)  # noqa: PLR2004  # a sentence


def _split_signature(found: ExtractedText, part: list[Paragraph | PublishedTable]) -> list[Paragraph | PublishedTable]:
    """Take the signature, an office and a date, off the end; what follows it belongs to the page, not the report."""
    for at in range(len(part) - 1, -1, -1):
        block = part[at]
        if not isinstance(block, Paragraph):
            continue
        lines = [line for line in block.plain.split("\n") if line.strip()]
        if match := _SIGNATURE_DATE.match(normalize(lines[-1])) if lines else None:
            try:
                found.published = date(*map(int, match.groups()))
            except ValueError:
                return part
            if len(lines) > 1:
                name, rest = lines[-2], lines[:-2]
                kept = part[:at] + (
                    [replace(block, plain="\n".join(rest), markdown=escape_markdown("\n".join(rest)))] if rest else []
                )
            else:
                before = part[at - 1] if at else None
                name = before.plain if isinstance(before, Paragraph) else ""
                kept = part[: at - 1] if _may_be_office(name) else part[:at]
            if _may_be_office(name):
                found.office = found.office or re.sub(r"\s+", "", name)
            return kept
    return part
