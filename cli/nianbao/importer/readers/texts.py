"""What readers share: bytes to text, and pandoc's blocks to a published report."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.i18n import _
from nianbao.render import pandoc

_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]+)""")
_LINE_BREAKS = re.compile("\v+")
_MAX_BROKEN_SHARE = 0.02  # characters that may be broken in a text that is what it seems
MAX_CELLS = 20_000  # of one grid; the largest form has a few hundred


def decode_text(content: bytes, *, declared: str = "") -> str:
    """Decode a text: by its mark, as UTF-8, else as what it declares, else as GB18030, which GBK is a part of.

    Raises `UnreadableError` for bytes that are a text in none of them.
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
    raise UnreadableError(_("文件不是 UTF-8，也不是 GB18030 编码的文字"), _("用编辑器另存为 UTF-8 再导入"))


def find_charset(content: bytes) -> str:
    """Return the encoding that a web page declares, or an empty text."""
    match = _CHARSET.search(content[:8192])
    return match[1].decode("ascii") if match else ""


def read_by_pandoc(  # noqa: PLR0913  # what readers know beside what pandoc reads
    content: bytes,
    reader: str,
    *,
    carried: str = "",
    title: str = "",
    lines: bool = False,
    seconds: float = 60,
) -> PublishedDocument:
    """Read a file with one of pandoc's readers; with `lines`, a line break of the source is one of the text.

    Raises `UnreadableError` where pandoc fails.
    """
    try:
        own, told = pandoc.read_blocks(content, reader, seconds)
    except ValueError as error:
        raise UnreadableError(
            _("读不出来：{error}", error=error), _("文件可能损坏了；用原程序打开，另存一份再导入")
        ) from error
    return PublishedDocument(
        tuple(_make_block(block, lines=lines) for block in told), own or title, embedded_facts=carried
    )


def drop_cut_row(published: PublishedDocument, text: str) -> PublishedDocument:
    """Leave out the last row of a table that the source `text` breaks off in: its figures may not be whole."""
    source = text.lower().rstrip()
    ends = max(map(source.rfind, ("</table", "</body", "</html")))
    line = source[source.rfind("\n") + 1 :]
    last = published.blocks[-1] if published.blocks else None
    if not isinstance(last, PublishedTable) or not (
        source.rfind("<td") > ends or (line.startswith("|") and not line.endswith("|"))
    ):
        return published
    bottom = max(box.top for box in last.cells)
    row = " ".join(box.text for box in last.cells if box.top == bottom and box.text)
    kept = PublishedTable(tuple(box for box in last.cells if box.top < bottom))
    note = _("文件到这一行中间断了，没有记下：{row}", row=row)
    return replace(published, blocks=(*published.blocks[:-1], kept), notes=(*published.notes, note))


def _make_block(told: dict[str, Any], *, lines: bool) -> Paragraph | PublishedTable:
    if "grid" in told:
        return make_table(told["grid"])
    said = told["text"].strip()
    paragraphs = "\n\n".join(line.strip() for line in said.split("\n") if line.strip())
    markdown = told.get("markdown") or escape_markdown(_replace_breaks(paragraphs, lines=lines))
    return Paragraph(_replace_breaks(said, lines=lines), markdown, int(told["level"]))


def _replace_breaks(text: str, *, lines: bool) -> str:
    """Write a break of the source as one of the text, or as nothing between characters that need no blank."""
    return (
        text.replace("\v", "\n")
        if lines
        else _LINE_BREAKS.sub(" ", re.sub(r"(?<=[^\x00-\x7f])\v|\v(?=[^\x00-\x7f])", "", text))
    )


def make_table(cells: Sequence[Sequence[Any]]) -> PublishedTable:
    """Make a grid of `(text, top, bottom, left, right)`."""
    return PublishedTable(
        tuple(
            PublishedCell(text.strip().replace("\v", "\n"), int(top), int(bottom), left, right)
            for text, top, bottom, left, right in cells[:MAX_CELLS]
        )
    )
