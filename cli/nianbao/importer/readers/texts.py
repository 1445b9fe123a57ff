"""What readers share: decoding of text, and conversion of pandoc's blocks to a published document."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.i18n import _
from nianbao.render import pandoc

_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]+)""")
_LINE_BREAKS = re.compile("\v+")
_MAX_BROKEN_SHARE = 0.02  # of characters that cannot be decoded, in a text whose encoding was guessed right
MAX_CELLS = 20_000  # of one table; the largest form has a few hundred


def decode_text(content: bytes, *, declared: str = "") -> str:
    """Decode a text: by its byte order mark, as UTF-8, in the declared encoding, as GB18030 (of which GBK is a part).

    Then as Big5, and last as UTF-8 or GB18030 with a few characters replaced. Raises `UnreadableError` for bytes that
    are a text in none of these.
    """
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[len(mark) :].decode(codec, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for codec in (declared, "gb18030", "big5"):
        try:
            return content.decode("gb18030" if codec.lower() in {"gb2312", "gbk", "gb_2312-80"} else codec)
        except (LookupError, UnicodeDecodeError):
            continue
    for codec in ("utf-8", "gb18030"):
        text = content.decode(codec, errors="replace")
        if text.count("\ufffd") <= _MAX_BROKEN_SHARE * len(text):
            return text
    raise UnreadableError(_("not-utf8-nor-gb18030"), _("save-as-utf8-and-import"))


def find_charset(content: bytes) -> str:
    """Return the encoding that a web page declares, or an empty text."""
    match = _CHARSET.search(content[:8192])
    return match[1].decode("ascii") if match else ""


def read_by_pandoc(  # noqa: PLR0913  # what readers know in addition to what pandoc returns
    content: bytes,
    reader: str,
    *,
    embedded_facts: str = "",
    title: str = "",
    cover: str = "",
    keep_lines: bool = False,
    seconds: float = 60,
    marks: str = "",
) -> PublishedDocument:
    """Read a file with one of pandoc's readers; with `keep_lines`, soft line breaks of the source remain in the text.

    `title` is used where the file has none, `cover` is the field of its metadata that is printed before all blocks:
    `author` or `cover`, `marks` are what `blocks.lua` puts into texts. Raises `UnreadableError` where pandoc fails or
    takes more than `seconds`.
    """
    try:
        about, blocks = pandoc.read_blocks(content, reader, seconds, marks)
    except ValueError as error:
        raise UnreadableError(_("text-unreadable", error=error), _("maybe-damaged-save-again")) from error
    return PublishedDocument(
        tuple(_make_block(block, keep_lines=keep_lines) for block in blocks),
        about["title"] or title,
        cover=tuple(about[cover]) if cover else (),
        embedded_facts=embedded_facts,
        pictures=tuple(about["pictures"]),
    )


def drop_cut_row(published: PublishedDocument, text: str) -> PublishedDocument:
    """Remove the last row of a table in which the source `text` ends, with a note: its figures may be incomplete."""
    source = text.lower().rstrip()
    table_end = max(map(source.rfind, ("</table", "</body", "</html")))
    line = source[source.rfind("\n") + 1 :]
    last = published.blocks[-1] if published.blocks else None
    if not isinstance(last, PublishedTable) or not (
        source.rfind("<td") > table_end or (line.startswith("|") and not line.endswith("|"))
    ):
        return published
    last_row = max(cell.top for cell in last.cells)
    row = " ".join(cell.text for cell in last.cells if cell.top == last_row and cell.text)
    table = PublishedTable(tuple(cell for cell in last.cells if cell.top < last_row))
    note = _("file-ends-inside-row", row=row)
    return replace(published, blocks=(*published.blocks[:-1], table), notes=(*published.notes, note))


def _make_block(block: dict[str, Any], *, keep_lines: bool) -> Paragraph | PublishedTable:
    """Convert a block as `blocks.lua` describes it."""
    if "grid" in block:
        return make_table(block["grid"])
    text = block["text"].strip()
    paragraphs = "\n\n".join(line.strip() for line in text.split("\n") if line.strip())
    markdown = block.get("markdown") or escape_markdown(_replace_breaks(paragraphs, keep_lines=keep_lines))
    return Paragraph(_replace_breaks(text, keep_lines=keep_lines), markdown, int(block["level"]))


def _replace_breaks(text: str, *, keep_lines: bool) -> str:
    """Replace soft line breaks (vertical tabs): by newlines, else by nothing next to a character that is not ASCII."""
    return (
        text.replace("\v", "\n")
        if keep_lines
        else _LINE_BREAKS.sub(" ", re.sub(r"(?<=[^\x00-\x7f])\v|\v(?=[^\x00-\x7f])", "", text))
    )


def make_table(cells: Sequence[Sequence[Any]]) -> PublishedTable:
    """Make a table of cells given as `(text, top, bottom, left, right)`, at most `MAX_CELLS` of them."""
    return PublishedTable(
        tuple(
            PublishedCell(text.strip().replace("\v", "\n"), int(top), int(bottom), left, right)
            for text, top, bottom, left, right in cells[:MAX_CELLS]
        )
    )
