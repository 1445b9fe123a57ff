"""What a file prints as Markdown of a data file: it reads as it was printed, and means nothing else."""

import re
from collections.abc import Sequence

from nianbao.compose.markdown import MARK
from nianbao.importer.recognition.published import Paragraph, PublishedTable

_SPECIAL = re.compile(r"[\\`*_\[\]<>~^$|@]")
_MAX_PLACES_PER_CELL = 50  # places of a table for each cell that it has
_DIV_FENCE = re.compile(r"(?<!\\):::")  # which pandoc does not escape where it writes lists and quotes
_PLACEHOLDER = re.compile(r"\{(?=[{%#])")
_OPENING = re.compile(  # of a heading, an item, a division, a definition; a rule, which also begins metadata
    r"(?m)^(?P<before>[^\S\n]*)(?P<sign>\#|[-+](?=\s)|:(?=[\s:])|[-=+:.](?=[-=+:. \t]*$)|\+(?=[-=])|\((?=\w+\)\s))"
    r"|^(?P<number>[^\S\n]*(?:\d+|[A-Za-z]|[ivxlcdmIVXLCDM]+))(?=[.)](?:\s|$))"
)


def convert_to_markdown(blocks: Sequence[Paragraph | PublishedTable]) -> str:
    """Write blocks as prose of a data file that reads as they do: no placeholder, and no markup but the blocks' own."""
    texts = [_convert_table(block) if isinstance(block, PublishedTable) else block for block in blocks]
    return "\n\n".join(_convert_paragraph(block) for block in texts if block.plain.strip())


def _convert_paragraph(block: Paragraph) -> str:
    text = block.markdown if block.markdown and MARK not in block.markdown else escape_markdown(block.plain)
    text = f"## {' '.join(text.split()).lstrip('# ')}" if block.level else text
    return _PLACEHOLDER.sub('{{ "{" }}', _DIV_FENCE.sub(r"\\:::", text))


def _convert_table(grid: PublishedTable) -> Paragraph:
    """Write a table that stands in the prose as Markdown; a cell over several is blank behind its first.

    One whose cells stand far apart is no table of figures: it becomes lines.
    """
    said = {(box.top, box.left): escape_markdown(" ".join(box.text.split())) for box in grid.boxes}
    rows, columns = sorted({top for top, _ in said}), sorted({left for _, left in said})
    if len(rows) * len(columns) > _MAX_PLACES_PER_CELL * len(said) + _MAX_PLACES_PER_CELL:
        return Paragraph("\n\n".join(box.text for box in grid.boxes), "\n\n".join(said.values()))
    lines = [" | ".join(said.get((row, at), "") for at in columns) for row in rows]
    lines.insert(1, " | ".join(["---"] * len(columns)))
    return Paragraph(" ".join(box.text for box in grid.boxes), "\n".join(f"| {line} |" for line in lines))


def escape_markdown(text: str) -> str:
    """Write a text as Markdown that reads as it is, with no more signs than it needs."""
    return _OPENING.sub(_escape_opening, _SPECIAL.sub(r"\\\g<0>", text.replace(MARK, "")))


def _escape_opening(match: re.Match[str]) -> str:
    """Take its meaning from what would begin a block: the backslash stands before the sign, behind a number."""
    return f"{match['before']}\\{match['sign']}" if match["sign"] else f"{match['number']}\\"
