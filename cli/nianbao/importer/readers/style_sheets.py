"""The style sheets of a web page: what they say of its elements is put into the style of each.

A rule counts for all elements with the type, class or id that its selector is. Of a selector that is more, such as
`.table .hint`, only the last part is looked at: where that may hide an element, nobody knows whether it does.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from itertools import groupby
from typing import Any

from nianbao.importer.readers.colors import limit_numbers, may_be_alike

_SHEET_START, _SHEET_END = re.compile(r"(?i)<style\b[^<>]{0,500}>"), re.compile(r"(?i)</style\b[^<>]{0,500}>")
_LAST_PART = re.compile(r"(\w*)((?:[.#][-\w]+)?)$")
_TELLING = re.compile(
    r"display:none|visibility:[hc]|(?:font-size|opacity):0+(?:\.0+)?(?![\d.])|line-through"
    r"|(?:left|top|right|bottom|text-indent):-\d{3}|vertical-align:su"
)  # what a rule must say to have an effect on words
_SHEET_WORDS = ("none", "visib", "font-size", "opacity", "line-through", "position", "indent", "color", "super", "\\")
_PROPERTIES = frozenset(
    {"display", "visibility", "font-size", "opacity", "text-decoration", "text-decoration-line", "text-indent"}
    | {"vertical-align", "position", "left", "top", "right", "bottom", "color", "background", "background-color"}
)  # not those that cut off the captions of tables, which programs read out
_TAG = re.compile(r"<(\w+)\b([^<>]*)>")
_CLASS, _ID, _STYLE = (
    re.compile(rf"""(?i)(?<![-\w]){name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
    for name in ("class", "id", "style")
)
_MAX_PART = 200  # characters of a selector or a value; a page has them for each of its elements
_MAX_LENGTH = 200_000  # characters of the style sheets of a page
DOUBT = "--doubt"  # the property of an element that a rule may hide

_Rules = dict[tuple[str, str], dict[str, str]]  # the declarations by type and class or id, an empty text for any


def parse_style(style: str | Iterable[Any]) -> dict[str, str]:
    """Return the declarations of a style by property, in small letters: the last of each, important ones last."""
    from tinycss2 import parse_blocks_contents  # noqa: PLC0415  # only pages with styles need it

    content = limit_numbers(style) if isinstance(style, str) else style
    parts = parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    found = sorted((one for one in parts if one.type == "declaration"), key=lambda one: one.important)
    return {one.lower_name: value for one in found if (value := _write(one.value))}


def join_style(declarations: Mapping[str, str]) -> str:
    """Return declarations as the text of a style."""
    return ";".join(f"{name}:{value}" for name, value in declarations.items())


def _write(tokens: Iterable[Any]) -> str:
    """Return tokens without addresses as text in small letters, an empty one where it is long or nested too deep."""
    from tinycss2 import serialize  # noqa: PLC0415  # as above

    try:
        text = serialize(one for one in tokens if "url" not in {one.type, getattr(one, "lower_name", "")})
    except RecursionError:
        return ""
    plain = " ".join(text.lower().split())
    return plain if len(plain) <= _MAX_PART else ""


def apply_sheets(text: str) -> str:
    """Return a page without its style sheets, with their declarations before those in the style of each element.

    Only of pages whose sheets may hide words, or strike them out: most have none that do.
    """
    page, sheets = _part_sheets(text)
    lower = sheets.lower()
    rules = _collect_rules(sheets[:_MAX_LENGTH]) if any(word in lower for word in _SHEET_WORDS) else {}
    plain = ";".join(map(join_style, rules.values()))
    if not (DOUBT in plain or _TELLING.search(plain) or may_be_alike(plain)):
        return page
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
    from tinycss2 import parse_stylesheet  # noqa: PLC0415  # as above

    rules: _Rules = {}
    for rule in parse_stylesheet(limit_numbers(sheets), skip_comments=True, skip_whitespace=True):
        if rule.type != "qualified-rule":  # for other media, and fonts
            continue
        declarations = {name: value for name, value in parse_style(rule.content).items() if name in _PROPERTIES}
        is_telling = _TELLING.search(join_style(declarations))
        for name, mark, is_whole in _list_selectors(rule.prelude):
            own = declarations if is_whole else {DOUBT: "1"} if mark and is_telling else {}
            if own:
                rules.setdefault((name, mark), {}).update(own)
    return rules


def _list_selectors(prelude: Iterable[Any]) -> Iterator[tuple[str, str, bool]]:
    """Give the type and the class or id that is the last part of each selector, and whether it is all of it."""
    for _is_comma, group in groupby(prelude, lambda one: one == ","):
        tokens = list(group)
        others = [one for one in tokens if one.type != "[] block"]
        plain = _write(others)
        match = _LAST_PART.search(plain)
        if match and any(match.groups()) and ":" not in plain:
            yield match[1], match[2], match[0] == plain and len(others) == len(tokens)


def _style_tag(tag: re.Match[str], rules: _Rules) -> str:
    """Return the start of an element with what the rules say of it in its style."""
    found: dict[str, str] = {}
    name = tag[1].lower()
    for mark in _list_marks(tag[2]):
        found |= rules.get(("", mark), {}) | rules.get((name, mark), {})
    if not found:
        return tag[0]
    own = unescape(next(iter(_find_values(_STYLE, tag[2])), ""))
    return f'<{tag[1]} style="{escape(f"{join_style(found)};{own}")}"{_STYLE.sub("", tag[2])}>'


def _list_marks(attributes: str) -> Iterator[str]:
    """Give what selectors may name of an element, the weakest first: nothing, its classes, its id."""
    yield ""
    for value in _find_values(_CLASS, attributes):
        yield from (f".{name}" for name in value.lower().split())
    yield from (f"#{value.lower()}" for value in _find_values(_ID, attributes))


def _find_values(pattern: re.Pattern[str], attributes: str) -> Iterator[str]:
    yield from ("".join(found) for found in pattern.findall(attributes))
