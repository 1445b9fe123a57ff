"""What the styles and fields of a web page say of its words: hidden ones are none, struck-out ones are marked."""

import re

_HIDDEN, _STRUCK = "hidden", "struck"
_EFFECTS = {
    _HIDDEN: re.compile(r"display:none|visibility:(?:hidden|collapse)|font-size:0+(?![\d.])|mso-hide:all"),
    _STRUCK: re.compile(r"text-decoration(?:-line)?:[^;]*line-through"),
}
_ANY_STYLE = re.compile(
    r"(?i)\shidden\b|display\s*:\s*none|visibility\s*:\s*[hc]|font-size\s*:\s*0|mso-hide|line-through"
)
_TAG = re.compile(r"<(/?)(\w+)([^>]*)>")
_EFFECT = re.compile(r'\s(?:style|hidden)="(\w*)"')
_BLOCKS = frozenset({"p", "div", "table", "tr", "td", "th", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_WITHOUT_END = frozenset({"br", "img"})
INLINE = frozenset({"span", "font"})  # elements that are there for their styles only
ATTRIBUTES = frozenset({"style", "hidden"})
_FIELD = re.compile(r"(?is)<input\b([^>]{0,500})>")
_FIELD_TYPE = re.compile(r"""(?i)\btype\s*=\s*["']?(?!text\b|number\b)\w""")  # of one that nobody writes figures into
_FIELD_VALUE = re.compile(r"""(?i)\bvalue\s*=\s*["']?\s*([-+]?[\d.,]+)\s*["'/\s]""")


def fill_fields(text: str) -> str:
    """Put the figures of fields, which pages of forms have in their cells, in the place of the fields."""
    return _FIELD.sub(lambda field: _find_figure(f"{field[1]} "), text) if "<input" in text.lower() else text


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
    return next((effect for effect, pattern in _EFFECTS.items() if pattern.search(plain)), None)


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
            if does == _HIDDEN and not has_blocks and name not in {"td", "th"}:
                del parts[start:]
                continue
            if does == _STRUCK and not has_blocks:
                parts[start] += "<s>"
                parts.append("</s>")
            parts.append("" if name in INLINE else tag[0])
    return "".join([*parts, html[end:]])
