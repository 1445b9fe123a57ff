"""What the styles and fields of a web page say of its words: hidden ones are none, struck-out ones are marked."""

import re

_HIDDEN, _STRUCK = "hidden", "struck"
_EFFECTS = {
    _HIDDEN: re.compile(
        r"display:none|visibility:(?:hidden|collapse)|(?:font-size|(?<!-)opacity):0+(?:\.0+)?(?![\d.])|mso-hide:all"
        r"|text-indent:-\d{3}"
    ),
    _STRUCK: re.compile(r"text-decoration(?:-line)?:[^;]*line-through"),
}
_ANY_STYLE = re.compile(
    r"(?i)\shidden\b|display\s*:\s*none|visibility\s*:\s*[hc]|(?:font-size|opacity)\s*:\s*0|mso-hide|line-through"
    r"|position\s*:|text-indent\s*:\s*-|overflow\s*:"
)
_TAG = re.compile(r"<(/?)(\w+)([^>]*)>")
_EFFECT = re.compile(r'\s(?:style|hidden)="(\w*)"')
_BLOCKS = frozenset({"p", "div", "table", "tr", "td", "th", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_WITHOUT_END = frozenset({"br", "img"})
INLINE = frozenset({"span", "font"})  # elements that are there for their styles only
ATTRIBUTES = frozenset({"style", "hidden"})
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
    return bool(_ANY_STYLE.search(text))


def describe_style(_tag: str, name: str, value: str) -> str | None:
    """Return what a style does to words, in its place, None for nothing; the values of other attributes stay."""
    if name == "hidden":
        return _HIDDEN
    if name != "style":
        return value
    plain = re.sub(r"\s+", "", value).lower()
    found = next((effect for effect, pattern in _EFFECTS.items() if pattern.search(plain)), None)
    return found or (_HIDDEN if _is_out_of_sight(plain) else None)


def _is_out_of_sight(style: str) -> bool:
    """Tell whether a style puts words beside the page, or cuts them off."""
    rules = dict(rule.partition(":")[::2] for rule in style.split(";"))
    sizes = (rules.get(size, "")[:2] for size in ("width", "height"))
    if rules.get("overflow", "").startswith("hidden") and not {"0", "0p"}.isdisjoint(sizes):
        return True
    places = [rules.get(edge, "") for edge in ("left", "top", "right", "bottom")]
    is_out = any(map(_OUTSIDE.match, places)) or rules.get("clip", "").startswith("rect(0")
    return is_out and rules.get("position", "").startswith(("absolute", "fixed"))


def apply_styles(html: str) -> str:
    """Remove what is hidden, and mark what is struck out, in a well-formed page whose styles were described.

    An element with blocks in it stays: scripts show such, as the parts of a page behind tabs, and whole articles.
    """
    parts: list[str] = []
    # Of each element: where it begins in `parts`, the blocks before it, and what its style does.
    opened: list[tuple[int, int, str]] = []
    blocks = end = 0
    for tag in _TAG.finditer(html):
        parts.append(html[end : tag.start()])
        end, name = tag.end(), tag[2]
        if name in _WITHOUT_END:
            parts.append(tag[0])
        elif not tag[1]:
            blocks += name in _BLOCKS
            effect = _EFFECT.search(tag[3])
            opened.append((len(parts), blocks, effect[1] if effect else ""))
            parts.append("" if name in INLINE else _EFFECT.sub("", tag[0]))
        elif opened:
            start, blocks_before, does = opened.pop()
            has_blocks = blocks > blocks_before
            if does == _HIDDEN and not has_blocks:
                del parts[start:]
                continue
            if does == _STRUCK and not has_blocks:
                parts[start] += "<s>"
                parts.append("</s>")
            parts.append("" if name in INLINE else tag[0])
    return "".join([*parts, html[end:]])
