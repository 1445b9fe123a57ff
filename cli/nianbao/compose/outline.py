"""Rows of a table as an outline: labels of all levels stand in one column, the lower ones indented."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nianbao.model.tables.headings import Heading, join_ids

_INDENT = "\u2003"  # an em space: it stays where several spaces are joined


class OutlineRow(NamedTuple):
    """A row: its ids, its label, the level of the label, and the banner under which it stands."""

    ids: str
    label: str
    level: int
    banner: str

    def make_heading(self) -> Heading:
        """Make the heading that prints the row."""
        return Heading(label=_INDENT * self.level + self.label, id=self.ids)


def list_outline(
    headings: Sequence[Heading], above: str = "", level: int = 0, banner: str = ""
) -> Iterator[OutlineRow]:
    """List the rows of a tree of headings.

    A heading on the same line as the one above it prints no label: of a row, it is that of the heading above. A heading
    without a row on its line is a banner above its rows.
    """
    for heading in headings:
        ids = join_ids(above, heading.id)
        if not heading.below:
            yield OutlineRow(ids, heading.label, level, banner)
        elif heading.same_line:
            yield from list_outline(heading.below, ids, level, banner)
        elif heading.below[0].same_line and not heading.below[0].below:
            first, *rest = list_outline(heading.below, ids, level + 1, banner)
            yield first._replace(label=heading.label, level=level)
            yield from rest
        else:
            yield from list_outline(heading.below, ids, level, heading.label)
