"""Tables of another year, which reports print for comparison: their captions say so, and their figures are left out."""

from collections.abc import Collection

from msgspec.structs import replace

from nianbao.importer.recognition.labels import normalize
from nianbao.importer.recognition.published import Paragraph, PublishedDocument, PublishedTable
from nianbao.model.i18n import _
from nianbao.model.loading.reading import Reading

_MAX_CAPTION = 30  # characters


def leave_out_other_years(document: PublishedDocument, years: Collection[int], reading: Reading) -> PublishedDocument:
    """Make tables under a caption that names only years other than these blank, and note each.

    The caption is the text right before the table, or a line over the whole width of it.
    """
    blocks, notes, before = list(document.blocks), list(document.notes), ""
    for index, block in enumerate(blocks):
        if isinstance(block, Paragraph):
            before = next((line for line in reversed(block.plain.split("\n")) if line.strip()), before)
            continue
        captions = [text.strip() for text in (before, _find_title(block)) if _names_other_year(text, years, reading)]
        if captions:
            blocks[index] = replace(block, cells=())
            notes.append(_("table-of-other-year-left-out", caption=captions[-1]))
        before = ""
    return replace(document, blocks=tuple(blocks), notes=tuple(notes))


def _find_title(table: PublishedTable) -> str:
    """Return the text of the first row where it has only one, over the whole width."""
    first = min((cell.top for cell in table.cells), default=0)
    cells = [cell for cell in table.cells if cell.top == first]
    texts = {cell.text for cell in cells}
    return texts.pop() if len(texts) == 1 and cells[-1].right >= table.right else ""


def _names_other_year(text: str, years: Collection[int], reading: Reading) -> bool:
    plain = normalize(text, reading)
    if len(plain) > _MAX_CAPTION or reading.sentence.search(plain) or not reading.file.dates.mentions:
        return False
    named = {reading.parse_year(next(filter(None, match.groups()), "")) for match in reading.mention.finditer(plain)}
    return bool(named) and named.isdisjoint(years)
