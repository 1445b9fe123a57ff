"""Web pages: read by pandoc, after nh3 has removed all markup that has no meaning as text or table.

What a page executes, embeds or fetches is removed before pandoc parses it, and broken markup is repaired as browsers
repair it.
"""

import re
from functools import cache
from html import unescape

from nianbao.importer.readers import markup_styles as styles
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.style_sheets import apply_sheets
from nianbao.importer.readers.texts import decode_text, drop_cut_row, find_charset, read_by_pandoc
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 32
SUFFIXES = frozenset({"html", "htm", "shtml", "xhtml"})
_PAGE_START = re.compile(rb"(?i)(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b")
_MARKUP_START = re.compile(
    rb"(?i)<(?:!doctype|html|head|body|meta|div|table|p|\?xml|!--|script|span|section|article)|.{0,65536}?<t[dr][ >]",
    re.DOTALL,
)
_KEPT_TAGS = frozenset(
    {
        "p",
        "br",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "ul",
        "ol",
        "li",
        "b",
        "strong",
        "em",
        "i",
        "blockquote",
        "sup",
        "sub",
        "del",
        "s",
        "strike",
        "img",
    }
)
_TAGS_WITHOUT_CONTENT = frozenset(
    {"script", "style", "iframe", "object", "embed", "noscript", "svg", "template", "select", "textarea", "title"}
    | {"rt", "rp"}  # how a word is read, above it
)
# What tells pandoc which links and list items are notes (DPUB-ARIA); other pages are read without their links.
_NOTES = 'role="doc-endnotes"'
_NOTE_TAGS = frozenset({"a", "section"})
_NOTE_ATTRIBUTES = {"a": {"href", "role"}, "section": {"role"}, "li": {"id"}}
_SPAN_ATTRIBUTES = {"rowspan", "colspan"}
_MAX_DEPTH = 100  # nested elements; pages of offices have forty
_FACTS_SCRIPT = re.compile(r"""(?i)<script[^>]{0,200}\bid=["']?facts["']?[^>]{0,200}>""")
_TITLE = re.compile(r"(?i)<title[^>]{0,200}>([^<]{0,1000})")
_TAG = re.compile(r"<(/?)(\w+)")
_CELL = re.compile(r'<t[dh]\b(?:[^>]*\bcolspan="(\d{1,3})")?')
_CELL_MARK = {"class": "cell"}  # marks a cell that the page itself has, see `blocks.lua`
_PICTURE = {"src": "picture"}  # of every picture: pandoc drops those without a source, and nothing is fetched
_MAX_COLUMNS = 200  # of a table
_MAX_TABLES, _MAX_CELLS = 1_000, 50_000  # of a page; pandoc takes longer for each the more there are
_ESCAPES = {'\\"': '"', "\\/": "/", "\\r": "", "\\n": "\n", "\\t": " "}  # of a page within a string literal


def claim(sample: Sample) -> Confidence:
    """Claim a complete page whatever its suffix, and a fragment unless its suffix is that of another text format."""
    if sample.has_suffix(SUFFIXES) or (sample.is_text and _PAGE_START.match(sample.beginning)):
        return Confidence.CERTAIN
    return Confidence.LIKELY if sample.is_text and _MARKUP_START.match(sample.beginning) else Confidence.NO


def read(content: bytes, declared: str = "") -> PublishedDocument:
    """Read a web page, with the facts embedded in one that nianbao made.

    `declared` is its encoding, where something else than the page itself declares it. Raises `UnreadableError` for
    too many tables, or elements nested too deep.
    """
    text = decode_text(content, declared=declared or find_charset(content))
    facts = _read_embedded_facts(text)
    if '=\\"' in text:
        for escaped, plain in _ESCAPES.items():
            text = text.replace(escaped, plain)
    match = _TITLE.search(text)
    title = " ".join(unescape(match[1]).split()) if match else ""
    return drop_cut_row(read_by_pandoc(strip_markup(text).encode(), "html", embedded_facts=facts, title=title), text)


def strip_markup(text: str) -> str:
    """Remove all markup that has no meaning as text or table, and mark every cell of a table.

    Pandoc drops cells to the right of the columns that it counts, and counts too few where spans are missing:
    each table gets a last row with enough cells, which are not marked. Raises `UnreadableError` for too many tables
    or cells, or elements nested too deep.
    """
    import nh3  # noqa: PLC0415  # only web pages need it

    text = apply_sheets(text)
    has_notes, has_styles = _NOTES in text, styles.has_styles(text)
    clean = nh3.clean(
        styles.fill_fields(text),
        tags=set(_KEPT_TAGS | (_NOTE_TAGS if has_notes else set()) | (styles.INLINE if has_styles else set())),
        clean_content_tags=set(_TAGS_WITHOUT_CONTENT),
        attributes={
            "td": {*_SPAN_ATTRIBUTES, *_CELL_MARK},
            "th": {*_SPAN_ATTRIBUTES, *_CELL_MARK},
            "ol": {"start", "type"},
            **(_NOTE_ATTRIBUTES if has_notes else {}),
            **({"*": set(styles.ATTRIBUTES)} if has_styles else {}),
        },
        attribute_filter=cache(styles.describe_style) if has_styles else None,
        set_tag_attribute_values={"td": _CELL_MARK, "th": _CELL_MARK, "img": _PICTURE},
        link_rel=None,
    )
    if clean.count("<table") > _MAX_TABLES or clean.count("<t") > _MAX_CELLS:
        raise UnreadableError(_("too-many-tables-in-page"), _("keep-report-in-browser"))
    if _measure_depth(clean) > _MAX_DEPTH:
        raise UnreadableError(_("page-nested-too-deeply"), _("copy-page-into-word"))
    clean = styles.apply_styles(clean) if has_styles else clean
    width = max(sum(int(cell[1] or 1) for cell in _CELL.finditer(row)) for row in clean.split("<tr"))
    cells = "<td></td>" * min(_MAX_COLUMNS, 2 * width)  # twice: cells that span rows count in one row only
    return clean.replace("</table>", f"<tbody><tr>{cells}</tr></tbody></table>")


def _read_embedded_facts(text: str) -> str:
    start = _FACTS_SCRIPT.search(text)
    end = text.find("</script", start.end()) if start else -1
    return text[start.end() : end].strip() if start and end > 0 else ""


def _measure_depth(html: str) -> int:
    """Return the greatest number of nested elements."""
    max_depth = depth = 0
    for tag in _TAG.finditer(html):
        if tag[2] not in {"br", "img"}:
            depth += -1 if tag[1] else 1
            max_depth = max(max_depth, depth)
    return max_depth
