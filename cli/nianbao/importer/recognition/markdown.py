"""Published text as Markdown of a data file: it prints as it was printed, and has no other effect."""

import re
from collections.abc import Sequence

from nianbao.compose.markdown import BYTE_ORDER_MARK
from nianbao.importer.recognition.published import Paragraph, PublishedTable

_SPECIAL = re.compile(r"[\\`*_\[\]<>~^$|@]")
_MAX_PLACES_PER_CELL = 50  # rows times columns of a table, for each cell that it has
_DIV_FENCE = re.compile(r"(?<!\\):::")  # pandoc does not escape it where it writes lists and quotes
_PLACEHOLDER = re.compile(r"\{(?=[{%#])")
_OPENING = re.compile(  # of a heading, an item, a div, a definition, or a rule, which also begins metadata
    r"(?m)^(?P<before>[^\S\n]*)(?P<mark>\#|[-+](?=\s)|:(?=[\s:])|[-=+:.](?=[-=+:. \t]*$)|\+(?=[-=])|\((?=\w+\)\s))"
    r"|^(?P<number>[^\S\n]*(?:\d+|[A-Za-z]|[ivxlcdmIVXLCDM]+))(?=[.)](?:\s|$))"
)


def convert_to_markdown(blocks: Sequence[Paragraph | PublishedTable]) -> str:
    """Return blocks as prose of a data file that prints as they do, an empty line between two.

    It has no placeholder, and no markup but the blocks' own.
    """
    paragraphs = [_convert_table(block) if isinstance(block, PublishedTable) else block for block in blocks]
    return "\n\n".join(_convert_paragraph(block) for block in paragraphs if block.plain.strip())


def _convert_paragraph(block: Paragraph) -> str:
    text = block.markdown if block.markdown and BYTE_ORDER_MARK not in block.markdown else escape_markdown(block.plain)
    text = f"## {' '.join(text.split()).lstrip('# ')}" if block.level else text
    return _PLACEHOLDER.sub('{{ "{" }}', _DIV_FENCE.sub(r"\\:::", text))


def _convert_table(table: PublishedTable) -> Paragraph:
    """Write a table that stands in the prose as Markdown; where a cell spans several places the rest are blank.

    One that has few cells for its rows and columns is no table of figures: each cell becomes a paragraph.
    """
    texts = {(cell.top, cell.left): escape_markdown(" ".join(cell.text.split())) for cell in table.cells}
    rows, columns = sorted({top for top, _ in texts}), sorted({left for _, left in texts})
    if len(rows) * len(columns) > _MAX_PLACES_PER_CELL * len(texts) + _MAX_PLACES_PER_CELL:
        return Paragraph("\n\n".join(cell.text for cell in table.cells), "\n\n".join(texts.values()))
    lines = [" | ".join(texts.get((row, column), "") for column in columns) for row in rows]
    lines.insert(1, " | ".join(["---"] * len(columns)))
    return Paragraph(" ".join(cell.text for cell in table.cells), "\n".join(f"| {line} |" for line in lines))


def escape_markdown(text: str) -> str:
    """Return Markdown that prints as a plain text, with no more escapes than it needs."""
    return _OPENING.sub(_escape_opening, _SPECIAL.sub(r"\\\g<0>", text.replace(BYTE_ORDER_MARK, "")))


def _escape_opening(match: re.Match[str]) -> str:
    """Escape what would begin a block: the backslash stands before a character, behind a number."""
    return f"{match['before']}\\{match['mark']}" if match["mark"] else f"{match['number']}\\"
