"""What the styles and fields of a web page say of its words: hidden ones are none, struck-out ones are marked.

Digits in the colour of what is behind them are marked, too: that may have another colour than the page itself says.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from nianbao.importer.readers.colors import WHITE, blend, is_alike, may_be_alike, parse_color
from nianbao.importer.readers.style_sheets import DOUBT, join_style, parse_style

_HIDDEN, _STRUCK, _RAISED, _DOUBTED = "hidden", "struck", "raised", "doubted"
_EFFECTS = {
    _HIDDEN: re.compile(
        r"display:none|visibility:(?:hidden|collapse)|(?:font-size|(?<!-)opacity):0+(?:\.0+)?(?![\d.])|mso-hide:all"
        r"|text-indent:-\d{3}"
    ),
    _STRUCK: re.compile(r"text-decoration(?:-line)?:[^;]*line-through"),
    _RAISED: re.compile(
        r"vertical-align:(?:su|-?\d*[1-9])|position:relative.*;top:-?\d*[1-9]"
    ),  # as `join_style` writes it
}
_COLORS = ("color", "bgcolor")  # attributes
_ANY_STYLE = re.compile(
    r"\shidden\b|display\s*:\s*none|visibility\s*:\s*[hc]|(?:font-size|opacity)\s*:\s*0|mso-hide|line-through"
    r"|position\s*:|vertical-align\s*:\s*(?:su|[-\d])|text-indent\s*:\s*-|overflow\s*:|--doubt"
    r"""|style\s*=\s*(?:"[^"<>]*|'[^'<>]*)(?:\\|/\*)"""  # which may write any of these
)
_STYLE_WORDS = (
    "hid",
    "none",
    "visib",
    "font-size",
    "opacity",
    "line-through",
    "position",
    "vertical-align",
    "indent",
    "overflow",
    "--doubt",
    "\\",
    "/*",
)
_DIGITS = re.compile(
    r"(?:<\w[^>]*>)?[^\w<>]*\d[^A-Za-z<>]{0,40}"
)  # the text of a figure, behind the start of its element
_NEAR = 6  # parts of a page: the tags around a figure, and its text
_TAG = re.compile(r"<(/?)(\w+)([^>]*)>")
_EFFECT = re.compile(r'\s(?:style|hidden|bgcolor|color)="([\w ]*)"')
_BEHIND_DIGIT = re.compile(r"\d\s*(?:</?(?:b|i|em|strong)>)*$")
_BLOCKS = frozenset({"p", "div", "table", "tr", "td", "th", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_WITHOUT_END = frozenset({"br", "img"})
INLINE = frozenset({"span", "font"})  # elements that are there for their styles only
ATTRIBUTES = frozenset({"style", "hidden", "bgcolor", "color"})
_OUTSIDE = re.compile(r"-\d{3}")  # the place of words beside the page
_AREA = re.compile(r"(?is)<textarea\b[^<>]{0,500}>\s{0,20}([-+]?[\d.,]{1,40})\s{0,20}</textarea>")
_CHOICE = re.compile(r"(?is)<select\b[^<>]{0,500}>([^<]*(?:<(?!/?select)[^<]*)*)</select>")
_OPTION = re.compile(r"(?i)<option\b([^<>]{0,200})>\s{0,20}([-+]?[\d.,]{1,40})?")
_SELECTED = re.compile(r"(?i)(?<![-\w])selected\b")
_FIELD = re.compile(r"(?is)<input\b([^>]{0,500})>")
_FIELD_TYPE = re.compile(r"""(?i)\btype\s*=\s*["']?(?!text\b|number\b)\w""")  # of one that nobody writes figures into
_FIELD_VALUE = re.compile(r"""(?i)(?<![-\w])value\s*=\s*["']?\s*([-+]?[\d.,]+)\s*["'/\s]""")


def fill_fields(text: str) -> str:
    """Put the figures of fields, which pages of forms have in their cells, in the place of the fields."""
    lower = text.lower()
    if "<textarea" in lower:
        text = _AREA.sub(r"\1", text)
    if "<select" in lower:
        text = _CHOICE.sub(lambda choice: _find_choice(choice[1]), text)
    return _FIELD.sub(lambda field: _find_figure(f"{field[1]} "), text) if "<input" in lower else text


def _find_choice(options: str) -> str:
    """Return the figure that a list shows: the one selected, else the first."""
    found = _OPTION.findall(options)
    return next((figure for attributes, figure in found if _SELECTED.search(attributes)), found[0][1] if found else "")


def _find_figure(attributes: str) -> str:
    value = None if _FIELD_TYPE.search(attributes) else _FIELD_VALUE.search(attributes)
    return value[1] if value else ""


def has_styles(text: str) -> bool:
    """Tell whether a page may hide words, or strike them out, by styles."""
    lower = text.lower()
    return (any(word in lower for word in _STYLE_WORDS) and bool(_ANY_STYLE.search(lower))) or may_be_alike(lower)


def describe_style(_tag: str, name: str, value: str) -> str | None:
    """Return what a style does to words, in its place, None for nothing; the values of other attributes stay."""
    if name == "hidden":
        return _HIDDEN
    if name in _COLORS:
        color = parse_color(value)
        return f"{name} {color}" if color else None
    if name != "style":
        return value
    rules = parse_style(value)
    plain = join_style(rules)
    found = next((effect for effect, pattern in _EFFECTS.items() if pattern.search(plain)), None)
    if found or _is_out_of_sight(rules):
        return found or _HIDDEN
    ink, paper = (parse_color(rules.get(key, "")) for key in ("color", "background"))
    paper = parse_color(rules.get("background-color", "")) or paper
    words = [_DOUBTED] if DOUBT in rules else []
    words += [f"{key} {color}" for key, color in zip(_COLORS, (ink, paper), strict=True) if color]
    return " ".join(words) or None


def _is_out_of_sight(rules: Mapping[str, str]) -> bool:
    """Tell whether a style puts words beside the page, or cuts them off."""
    sizes = (rules.get(size, "")[:2] for size in ("width", "height"))
    if rules.get("overflow", "").startswith("hidden") and not {"0", "0p"}.isdisjoint(sizes):
        return True
    places = [rules.get(edge, "") for edge in ("left", "top", "right", "bottom")]
    is_out = any(map(_OUTSIDE.match, places)) or rules.get("clip", "").startswith("rect(0")
    return is_out and rules.get("position", "").startswith(("absolute", "fixed"))


class _Element(Struct):
    """An element that is open: where it begins in the parts of the page, the blocks before it, what its style does.

    `ink` and `paper` are the colours of its words and of what is behind them. `is_apart` says that it is raised, and
    the words before it are not.
    """

    start: int
    blocks: int
    effects: Sequence[str]
    is_raised: bool = False
    is_apart: bool = False
    ink: str = ""
    paper: str = WHITE

    @property
    def is_unseen(self) -> bool:
        """Whether its words cannot be told from what is behind them."""
        return bool(self.ink) and is_alike(self.ink, self.paper)


def _open_element(attributes: str, around: _Element, start: int, blocks: int, *, after_raised: bool) -> _Element:
    effects = " ".join(_EFFECT.findall(attributes)).split()
    colors = dict(pairwise(effects))
    ink, paper = (colors.get(name) for name in _COLORS)
    is_raised = _RAISED in effects or around.is_raised
    ink, paper = ink or around.ink, blend(paper, around.paper) if paper else around.paper
    return _Element(start, blocks, effects, is_raised, is_raised and not after_raised, ink, paper)


def apply_styles(html: str) -> str:
    """Remove what is hidden, and mark what is struck out, in a well-formed page whose styles were described.

    An element with blocks in it stays: scripts show such, as the parts of a page behind tabs, and whole articles.
    """
    parts: list[str] = []
    opened = [_Element(0, 0, ())]
    blocks = end = 0
    is_raised = False  # what the last words are
    for tag in _TAG.finditer(html):
        text = html[end : tag.start()]
        parts.append(f"<s>{text}</s>" if opened[-1].is_unseen and _DIGITS.fullmatch(text) else text)
        is_raised = opened[-1].is_raised if text.strip() else is_raised
        end, name = tag.end(), tag[2]
        if name in _WITHOUT_END:
            parts.append(tag[0])
        elif not tag[1]:
            blocks += name in _BLOCKS
            opened.append(_open_element(tag[3], opened[-1], len(parts), blocks, after_raised=is_raised))
            parts.append("" if name in INLINE else _EFFECT.sub("", tag[0]))
        elif len(opened) > 1:
            element = opened.pop()
            has_blocks = blocks > element.blocks
            if _HIDDEN in element.effects and not has_blocks:
                del parts[element.start :]
                continue
            if element.is_apart and not has_blocks and _is_reference(parts, element.start):
                parts[element.start] += "<sup>"
                parts.append("</sup>")
            is_doubted = _DOUBTED in element.effects and _DIGITS.fullmatch("".join(parts[element.start :]))
            if (_STRUCK in element.effects or is_doubted) and not has_blocks:
                parts[element.start] += "<s>"
                parts.append("</s>")
            parts.append("" if name in INLINE else tag[0])
    return "".join([*parts, html[end:]])


def _is_reference(parts: Sequence[str], start: int) -> bool:
    """Tell whether words that are raised, which begin at a place of a page, refer to a note: digits behind a digit."""
    text = "".join(parts[start:])
    return bool(_DIGITS.fullmatch(text) and _BEHIND_DIGIT.search("".join(parts[max(0, start - _NEAR) : start])))
