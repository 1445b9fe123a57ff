"""The style sheets of a web page: what they say of its elements is put into the style of each.

A rule counts for all elements with the type, class or id that its selector is. Of a selector that is more, such as
`.table .hint`, only the last part is looked at: where that may hide an element, nobody knows whether it does.
"""

import re
from collections.abc import Iterator

from nianbao.importer.readers.colors import may_be_alike

_SHEET_START, _SHEET_END = re.compile(r"(?i)<style\b[^<>]{0,500}>"), re.compile(r"(?i)</style\b[^<>]{0,500}>")
_COMMENT = re.compile(r"(?s)/\*(?:(?!/\*).)*?\*/")  # none begins in another one
_AT_RULE = re.compile(r"@[^{};@]*(?:;|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})")  # for other media, and fonts
_LAST_PART = re.compile(r"(\w*)((?:[.#][-\w]+)?)$")
_TELLING = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*[hc]|(?:font-size|opacity)\s*:\s*0+(?:\.0+)?(?![\d.])|line-through"
    r"|(?:left|top|right|bottom|text-indent)\s*:\s*-\d{3}"
)  # what a rule must say to have an effect on words
_PROPERTIES = frozenset(
    {"display", "visibility", "font-size", "opacity", "text-decoration", "text-decoration-line", "text-indent"}
    | {"position", "left", "top", "right", "bottom", "color", "background", "background-color"}
)  # not those that cut off the captions of tables, which programs read out
_TAG = re.compile(r"<(\w+)\b([^<>]*)>")
_CLASS = re.compile(r"""(?i)(?<![-\w])class\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_ID = re.compile(r"""(?i)(?<![-\w])id\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_STYLE = re.compile(r"""(?i)(?<![-\w])style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_MAX_SELECTOR = 200  # characters of a selector
_MAX_LENGTH = 200_000  # characters of the style sheets of a page
DOUBT = "--doubt"  # the property of an element that a rule may hide

_Rules = dict[tuple[str, str], dict[str, str]]  # the declarations by type and class or id, an empty text for any


def parse_style(style: str) -> dict[str, str]:
    """Return the declarations of a style by property, the last of each."""
    pairs = (one.partition(":") for one in style.lower().replace("!important", "").split(";"))
    return {name.strip(): " ".join(value.split()) for name, _, value in pairs if value.strip()}


def apply_sheets(text: str) -> str:
    """Return a page without its style sheets, with their declarations before those in the style of each element.

    Only of pages whose sheets may hide words, or strike them out: most have none that do.
    """
    page, sheets = _part_sheets(text)
    plain = _AT_RULE.sub("", _COMMENT.sub("", sheets[:_MAX_LENGTH]))
    if not (_TELLING.search(plain) or may_be_alike(plain.lower())):
        return page
    rules = _collect_rules(plain)
    return _TAG.sub(lambda tag: _style_tag(tag, rules), page)


def _part_sheets(text: str) -> tuple[str, str]:
    """Return a page without its style sheets, and these."""
    first, *rest = _SHEET_START.split(text)
    kept, sheets = [first], []
    for part in rest:
        sheet, *behind = _SHEET_END.split(part, maxsplit=1)
        sheets.append(sheet)
        kept += behind
    return "".join(kept), "\n".join(sheets)


def _collect_rules(sheets: str) -> _Rules:
    rules: _Rules = {}
    for rule in sheets.split("}"):
        selectors, _, body = rule.rpartition("{")
        declarations = {name: value for name, value in parse_style(body).items() if name in _PROPERTIES}
        for selector in selectors.lower().split(","):
            plain = selector.strip()
            match = _LAST_PART.search(plain) if len(plain) <= _MAX_SELECTOR else None
            if match is None or not (match[1] or match[2]) or ":" in plain:
                continue
            own = declarations
            if match[0] != plain:
                own = {DOUBT: "1"} if match[2] and _TELLING.search(body) else {}
            if own:
                rules.setdefault((match[1], match[2]), {}).update(own)
    return rules


def _style_tag(tag: re.Match[str], rules: _Rules) -> str:
    """Return the start of an element with what the rules say of it in its style."""
    own = next(iter(_find_values(_STYLE, tag[2])), "")
    found: dict[str, str] = {}
    name = tag[1].lower()
    for mark in _list_marks(tag[2]):
        found |= rules.get(("", mark), {}) | rules.get((name, mark), {})
    if not found:
        return tag[0]
    style = ";".join(f"{key}:{value}" for key, value in (found | parse_style(own)).items()).replace('"', "'")
    return f'<{tag[1]} style="{style}"{_STYLE.sub("", tag[2])}>'


def _list_marks(attributes: str) -> Iterator[str]:
    """Give what selectors may name of an element, the weakest first: nothing, its classes, its id."""
    yield ""
    for value in _find_values(_CLASS, attributes):
        yield from (f".{name}" for name in value.lower().split())
    yield from (f"#{value.lower()}" for value in _find_values(_ID, attributes))


def _find_values(pattern: re.Pattern[str], attributes: str) -> Iterator[str]:
    yield from ("".join(found) for found in pattern.findall(attributes))
