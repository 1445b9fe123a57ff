"""Web pages: by pandoc's reader, without what a page executes, embeds or fetches."""

import html
import re

from nianbao.published.page import Published
from nianbao.readers.texts import by_pandoc, charset, decoded

_FACTS = re.compile(r"""(?is)<script[^>]*\bid=["']?facts["']?[^>]*>(.*?)</script\s*>""")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title\s*>")
_ACTIVE = re.compile(
    r"(?is)<!--.*?-->|<(script|style|iframe|object|embed|noscript|svg|template|select|form)\b[^>]*>.*?</\1\s*>|<(?:script|iframe|embed|img|link|base)\b[^>]*>"
)
_FORM = re.compile(r"(?i)</?form\b[^>]*>")
_READER = "html-native_divs-native_spans+raw_html"


def read(content: bytes) -> Published:
    """Read a web page, with the facts that it carries if it is one of ours."""
    text = decoded(content, declared=charset(content))
    facts, title = _FACTS.search(text), _TITLE.search(text)
    said = " ".join(html.unescape(re.sub(r"<[^>]*>", "", title[1])).split()) if title else ""
    bare = _ACTIVE.sub("", _FORM.sub("", text))
    return by_pandoc(bare.encode(), _READER, carried=facts[1].strip() if facts else "", title=said)
