"""The style sheets of a web page: what they say of its elements is put into the style of each.

A rule counts for all elements with the type, class or id that its selector is. Of a selector that is more, such as
`.table .hint`, only the last part is looked at: where that may hide an element, nobody knows whether it does.
"""

import re
from collections.abc import Iterator

from nianbao.importer.readers.colors import may_be_alike

_SHEET = re.compile(r"(?is)<style\b[^<>]{0,500}>(.*?)</style>")
_COMMENT = re.compile(r"(?s)/\*.*?\*/")
_AT_RULE = re.compile(r"@[^{};]*(?:;|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})")  # for other media, and fonts
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_LAST_PART = re.compile(r"(\w*)((?:[.#][-\w]+)?)$")
_TELLING = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*[hc]|(?:font-size|opacity)\s*:\s*0|text-indent\s*:\s*-"
    r"|(?:left|top|right|bottom)\s*:\s*-\d{3}|clip\s*:\s*rect\(\s*0|line-through"
)  # what a rule must say to have an effect on words
_TAG = re.compile(r"<(\w+)\b([^<>]*)>")
_CLASS = re.compile(r"""(?i)(?<![-\w])class\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_ID = re.compile(r"""(?i)(?<![-\w])id\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_STYLE = re.compile(r"""(?i)(?<![-\w])style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_MAX_LENGTH = 200_000  # characters of the style sheets of a page
DOUBT = "--doubt"  # the property of an element that a rule may hide

_Rules = dict[tuple[str, str], dict[str, str]]  # the declarations by type and class or id, an empty text for any


def parse_style(style: str) -> dict[str, str]:
    """Return the declarations of a style by property, the last of each."""
    pairs = (one.partition(":") for one in style.lower().replace("!important", "").split(";"))
    return {name.strip(): " ".join(value.split()) for name, _, value in pairs if value.strip()}


def apply_sheets(text: str) -> str:
    """Put the declarations of the style sheets of a page before those in the style of each element.

    Only of pages whose sheets may hide words, or strike them out: most have none that do.
    """
    sheets = "\n".join(_SHEET.findall(text))[:_MAX_LENGTH] if "</style" in text.lower() else ""
    if not (_TELLING.search(sheets) or may_be_alike(sheets)):
        return text
    rules = _collect_rules(_AT_RULE.sub("", _COMMENT.sub("", sheets)))
    return _TAG.sub(lambda tag: _style_tag(tag, rules), text) if rules else text


def _collect_rules(sheets: str) -> _Rules:
    rules: _Rules = {}
    for selectors, body in _RULE.findall(sheets):
        declarations = parse_style(body)
        for selector in selectors.lower().split(","):
            plain = selector.strip()
            match = _LAST_PART.search(plain)
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
