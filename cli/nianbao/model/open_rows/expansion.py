"""Expand a form whose rows the data decides into one with the rows of a report.

Everything that works on a report sees ordinary headings and addresses. Code that holds a form apart from a report sees
it with nothing in its open rows.
"""

from collections.abc import Mapping

from msgspec.structs import replace
from msgspec.structs import replace as replace_heading

from nianbao.model.open_rows.axes import Axis
from nianbao.model.open_rows.entries import Found, name_open_heading
from nianbao.model.table import Opened, Table
from nianbao.model.tables.headings import ENTRY, Block, Heading, join_ids


def expand_table(table: Table, found: Mapping[str, tuple[Found, ...]], axes: Mapping[str, Axis]) -> Table:
    """Return a table with the rows and columns that the data has; a block without rows or columns is left out."""
    names: dict[str, str] = {}
    blocks: list[Block] = []
    opened: list[Opened] = []
    addresses: dict[str, Heading] = {}
    for block in table.blocks:
        rows, columns = (
            _Expansion(table.id, found, axes, names, entry=table.label if table.list_rules else ""),
            _Expansion(table.id, found, axes, names, is_column=True),
        )
        new = replace_heading(block, rows=rows.expand(block.rows, ""), columns=columns.expand(block.columns, ""))
        addresses |= {join_ids(table.id, ids): heading for ids, heading in rows.opened.items()}
        if new.columns and bool(new.rows) == bool(block.rows):
            blocks.append(new)
            opened.append(Opened(rows.opened, columns.opened))
    return replace(table, blocks=tuple(blocks), opened=tuple(opened), open_rows=addresses, names=names)


class _Expansion:
    """The expansion of the rows or columns of one block; `opened` has its open headings by their ids.

    `entry` is what an entry without a label of its own is called, before its number.
    """

    def __init__(  # noqa: PLR0913  # all that it depends on
        self,
        table: str,
        found: Mapping[str, tuple[Found, ...]],
        axes: Mapping[str, Axis],
        names: dict[str, str],
        *,
        is_column: bool = False,
        entry: str = "",
    ) -> None:
        self._table, self._found, self._axes, self._names = table, found, axes, names
        self._is_column, self._entry = is_column, entry
        self.opened: dict[str, Heading] = {}

    def expand(self, headings: tuple[Heading, ...], ids: str) -> tuple[Heading, ...]:
        if not any(heading.has_open for heading in headings):
            return headings
        return tuple(one for heading in headings for one in self._expand_heading(heading, ids))

    def _expand_heading(self, heading: Heading, ids: str) -> tuple[Heading, ...]:
        if not heading.has_open:
            return (heading,)
        ids = join_ids(ids, heading.id)
        if not heading.each:
            below = self.expand(heading.below, ids)
            return (replace_heading(heading, below=below),) if below else ()
        self.opened[ids] = heading
        name = name_open_heading(self._table, ids, is_column=self._is_column)
        return tuple(filter(None, (self._make_heading(heading, ids, one) for one in self._found.get(name, ()))))

    def _make_heading(self, heading: Heading, ids: str, found: Found) -> Heading | None:
        """Make the heading of one entry or code; None where it would have nothing below it."""
        if heading.each == ENTRY:
            label, code = found.label or heading.label or f"{self._entry} {found.key}".strip(), heading.code
        else:
            label, code = self._axes[heading.each].by_name[found.key].label, found.key
        below = self.expand(heading.below, join_ids(ids, found.key))
        if heading.below and not below:
            return None
        if heading.below and heading.named_by:
            self._names[join_ids(self._table, f"{ids}.{found.key}.{heading.named_by}")] = heading.label or label
        return replace_heading(
            heading, id=join_ids(heading.id, found.key), label=label, code=code, below=below, each=""
        )
