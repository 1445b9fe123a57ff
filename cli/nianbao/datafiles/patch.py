"""A data file whose sums are written anew: figures and the notes on them change, all else stays as it was."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import toml_rs

from nianbao.datafiles import formatter
from nianbao.datafiles.key_order import KeyOrder, sort_tree, split_address
from nianbao.datafiles.syntax_tree import BLANK, CellNode, EntryNode, Keys, SectionNode, SyntaxTree, parse_tree
from nianbao.model.aggregate import Aggregate
from nianbao.model.form import Form
from nianbao.model.report import Number
from nianbao.model.table import Slot

NOTE_PREFIX = "# 汇总："  # opens a note, by which the next rollup finds it
_NAMED_UNITS = 20  # units that a note names
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")  # what would end a comment, or be illegal in it


def update_figures(
    text: str, form: Form, figures: Mapping[str, Number], needed: Iterable[str], notes: Mapping[str, Sequence[str]]
) -> str:
    """Write figures and notes into a data file and lay it out.

    Cells that stand in the file are set to the figures; of the others, those `needed` are added, unless they are 0
    and no totals. `notes` go above each table, in the place of earlier ones. Raises ValueError for a text that this
    could not do without a loss.
    """
    document = sort_tree(parse_tree(text), KeyOrder.from_form(form))
    change = _FigureUpdate(form, figures, frozenset(needed))
    sections: list[SectionNode] = []
    for section in document.sections:
        name = ".".join(section.keys)
        sections.append(
            change.update_section(section, notes[name]) if name in notes and not section.is_array else section
        )
    here = {".".join(section.keys) for section in sections}
    sections += [
        change.update_section(SectionNode((name,), (name,)), notes[name]) for name in notes if name not in here
    ]
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    made = replace(document, sections=tuple(sections))
    written = formatter.format_text(formatter.format_tree(made, form, newline), form)
    if _load_other_values(written, notes) != _load_other_values(text, notes) or _count_comments(
        document
    ) - _count_comments(made):
        raise ValueError(text)
    return written


@dataclass(frozen=True)
class _FigureUpdate:
    form: Form
    figures: Mapping[str, Number]
    needed: frozenset[str]

    def update_section(self, section: SectionNode, notes: Sequence[str]) -> SectionNode:
        """Set the figures of one table, and put its notes above it."""
        entries = [self._update_entry(entry) for entry in section.entries]
        stand = {cell.keys for entry in entries for cell in (entry.cells or (entry.cell,))}
        for row, slots in self._find_absent_figures(section.keys[0], stand).items():
            cells = tuple(
                CellNode(keys := split_address(slot.address), keys, format_number(self.figures[slot.address]))
                for slot in slots
            )
            at = next(
                (at for at, entry in enumerate(entries) if entry.cell.keys == row and entry.cells is not None), None
            )
            if at is None:
                entries.append(EntryNode(CellNode(row, row, "{}"), cells, beside=f"# {slots[0].row_label}"))
            else:
                entries[at] = replace(entries[at], cells=(*(entries[at].cells or ()), *cells))
        above = [line for line in section.above if not line.startswith(NOTE_PREFIX)] or [BLANK]
        return replace(section, entries=tuple(entries), above=(*above, *(f"{NOTE_PREFIX}{note}" for note in notes)))

    def _update_entry(self, entry: EntryNode) -> EntryNode:
        cells = tuple(map(self._update_cell, entry.cells)) if entry.cells is not None else None
        return replace(entry, cell=self._update_cell(entry.cell), cells=cells)

    def _update_cell(self, cell: CellNode) -> CellNode:
        figure = self.figures.get(".".join(cell.keys))
        if figure is None or toml_rs.loads(f"x = {cell.raw}", parse_float=Decimal)["x"] == figure:
            return cell
        return cell._replace(raw=format_number(figure))

    def _find_absent_figures(self, table: str, stand: set[Keys]) -> dict[Keys, list[Slot]]:
        """Give the figures of a table that have to be added, by row."""
        found: dict[Keys, list[Slot]] = {}
        for slot in next(own for own in self.form.tables if own.id == table).slots:
            figure = self.figures.get(slot.address)
            needed = slot.address in self.needed and (figure or (figure == 0 and slot.address in self.form.totals))
            if needed and split_address(slot.address) not in stand:
                found.setdefault(split_address(f"{table}.{slot.row}"), []).append(slot)
        return found


def format_number(figure: Number) -> str:
    """Write a figure as a data file has it."""
    return format(figure, "f") if isinstance(figure, Decimal) else str(figure)


def _load_other_values(text: str, tables: Iterable[str]) -> dict[str, object]:
    """Give all that a data file says outside the tables, to the last digit."""
    return {key: value for key, value in toml_rs.loads(text, parse_float=str).items() if key not in set(tables)}


def _count_comments(document: SyntaxTree) -> Counter[str]:
    return Counter(line for line in document.comments() if not line.startswith(NOTE_PREFIX))


# ── what stands above the tables ─────────────────────────────────────────────────────


def make_notes(rolled: Aggregate, missing: Sequence[object]) -> dict[str, list[str]]:
    """Say above each table from how many units its sums are, and what is not in them."""
    general = [
        f"{len(rolled.counted)} 个单位相加" + ("，含本级" if any(given.unit.own for given in rolled.counted) else "")
    ]
    general += _list_units("缺报", missing)
    general += _list_units("有错未计", [given.unit for given in rolled.broken])
    general += _list_units("有错也计入", [given.unit for given in rolled.counted if given.errors])
    general += _list_units("逾期", [given.unit for given in rolled.counted if given.late])
    return {table.id: [*general, *_describe_other_editions(rolled, table.id)] for table in rolled.form.tables}


def _describe_other_editions(rolled: Aggregate, table: str) -> Iterator[str]:
    """Say what units of another edition have no figure for, and what of theirs has no place here."""
    unplaced: dict[str, Number] = {}
    for one in rolled.unplaced:
        if one.address.startswith(f"{table}."):
            unplaced[one.address] = unplaced.get(one.address, 0) + 1
    lacking = [
        (row, columns) for row, columns, _count in rolled.list_rows_without_cells() if row.startswith(f"{table}.")
    ]
    if lacking:
        told = "；".join(f"{row.removeprefix(f'{table}.')} {'、'.join(columns)}".strip() for row, columns in lacking)
        yield f"{len(rolled.units_of_other_edition)} 个单位用另一版格式，没有这些格：{told}"
    if unplaced:
        told = "、".join(
            f"{address.removeprefix(f'{table}.')}（{count} 个单位）" for address, count in unplaced.items()
        )
        yield f"另一版格式的数，本版没有地方，没有加：{told}"


def _list_units(what: str, units: Sequence[object]) -> list[str]:
    more = " 等" if len(units) > _NAMED_UNITS else ""
    names = _LINE_BREAKS.sub(" ", "、".join(map(str, units[:_NAMED_UNITS])))
    return [f"{what} {len(units)} 个：{names}{more}"] if units else []
