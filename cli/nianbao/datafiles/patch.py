"""Updates of the sums in a data file: figures and the notes on them change, everything else stays as it was."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import toml_rs
from msgspec import Struct
from msgspec.structs import replace

from nianbao.datafiles import formatter
from nianbao.datafiles.key_order import KeyOrder, sort_tree, split_address
from nianbao.datafiles.syntax_tree import BLANK, CellNode, EntryNode, Keys, SectionNode, SyntaxTree, parse_tree
from nianbao.model.aggregate import Aggregate
from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.model.report import Number
from nianbao.model.tables.slots import Slot
from nianbao.model.units.states import PlacedUnit, UnitCounts, UnitState
from nianbao.model.value_types import format_number

_MAX_NAMES = 20  # at most in one note
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")  # what would end a comment, or is not allowed in one


def update_figures(
    text: str, form: Form, figures: Mapping[str, Number], needed: Iterable[str], notes: Mapping[str, Sequence[str]]
) -> str:
    """Set figures and notes in the text of a data file and format it.

    Cells that are in the file are set to `figures`; of the others, those of `needed` are added, unless they are 0 and
    not totals. `notes` are lines for each table, by its id, and replace earlier notes above it. Raises ValueError for
    a text that cannot be changed so without a loss.
    """
    tree = sort_tree(parse_tree(text), KeyOrder.from_form(form))
    update = _FigureUpdate(form, figures, frozenset(needed))
    sections: list[SectionNode] = []
    for section in tree.sections:
        name = ".".join(section.keys)
        is_table = name in notes and not section.is_array
        sections.append(update.update_section(section, notes[name]) if is_table else section)
    missing = notes.keys() - {".".join(section.keys) for section in sections}
    sections += [update.update_section(SectionNode((name,), (name,)), notes[name]) for name in notes if name in missing]
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    updated = replace(tree, sections=tuple(sections))
    result = formatter.format_text(formatter.format_tree(updated, form, newline), form)
    prefix = _get_note_prefix(form.locale)
    lost_comments = _count_comments(tree, prefix) - _count_comments(updated, prefix)
    if lost_comments or _load_other_values(result, notes) != _load_other_values(text, notes):
        raise ValueError(text)
    return result


class _FigureUpdate(Struct, frozen=True):
    """The change of a data file's figures: `needed` are the addresses to add where they are not in the file."""

    form: Form
    figures: Mapping[str, Number]
    needed: frozenset[str]

    def update_section(self, section: SectionNode, notes: Sequence[str]) -> SectionNode:
        """Set the figures of one table, and put its notes above it."""
        entries = [self._update_entry(entry) for entry in section.entries]
        present = {cell.keys for entry in entries for cell in (entry.cells or (entry.cell,))}
        for row, slots in self._find_absent_figures(section.keys[0], present).items():
            cells = tuple(
                CellNode(keys := split_address(slot.address), keys, format_number(self.figures[slot.address]))
                for slot in slots
            )
            rows = (index for index, entry in enumerate(entries) if entry.cell.keys == row and entry.cells is not None)
            index = next(rows, None)
            if index is None:
                entries.append(EntryNode(CellNode(row, row, "{}"), cells, beside=f"# {slots[0].row_label}"))
            else:
                entries[index] = replace(entries[index], cells=(*(entries[index].cells or ()), *cells))
        prefix = _get_note_prefix(self.form.locale)
        above = [line for line in section.above if not line.startswith(prefix)] or [BLANK]
        return replace(section, entries=tuple(entries), above=(*above, *(f"{prefix}{note}" for note in notes)))

    def _update_entry(self, entry: EntryNode) -> EntryNode:
        cells = tuple(map(self._update_cell, entry.cells)) if entry.cells is not None else None
        return replace(entry, cell=self._update_cell(entry.cell), cells=cells)

    def _update_cell(self, cell: CellNode) -> CellNode:
        figure = self.figures.get(".".join(cell.keys))
        if figure is None or toml_rs.loads(f"x = {cell.raw}", parse_float=Decimal)["x"] == figure:
            return cell
        return cell._replace(raw=format_number(figure))

    def _find_absent_figures(self, table: str, present: set[Keys]) -> dict[Keys, list[Slot]]:
        """Find the figures of a table that have to be added, by the address of their row."""
        found: dict[Keys, list[Slot]] = {}
        for slot in next(one for one in self.form.tables if one.id == table).slots:
            figure = self.figures.get(slot.address)
            is_said = figure == 0 and (
                slot.address in self.form.totals or slot.is_optional
            )  # left out, it would not be 0
            needed = slot.address in self.needed and (figure or is_said)
            if needed and split_address(slot.address) not in present:
                found.setdefault(split_address(f"{table}.{slot.row}"), []).append(slot)
        return found


def _load_other_values(text: str, tables: Iterable[str]) -> dict[str, object]:
    """Load what a data file has outside the tables; numbers stay texts, so that no digit is lost."""
    return {key: value for key, value in toml_rs.loads(text, parse_float=str).items() if key not in set(tables)}


def _count_comments(tree: SyntaxTree, note_prefix: str) -> Counter[str]:
    return Counter(line for line in tree.list_comments() if not line.startswith(note_prefix))


def _get_note_prefix(locale: Locale) -> str:
    """Return the beginning of a note, by which the next rollup finds it."""
    return f"# {locale.say('rollup-note')}"


# ── notes above the tables ───────────────────────────────────────────────────────────


def make_notes(aggregate: Aggregate, state: UnitState) -> dict[str, list[str]]:
    """Describe for each table, by its id, how many units its sums are of, and what is not in them.

    `state` is that of the office that is added up into, with its units on every level.
    """
    locale, groups = aggregate.form.locale, state.group()
    has_own = any(report.unit.own for report in aggregate.counted)
    general = [locale.say("rollup-units-with-own" if has_own else "rollup-units", count=len(aggregate.counted))]
    further = [placed.state for placed in state.walk() if placed.level > 1]
    if further:
        counts = UnitCounts.of(further)
        general.append(locale.say("rollup-units-below", count=counts.units, right=counts.right))
    for key, units in (
        ("rollup-missing", _place_units(groups.missing, locale)),
        ("rollup-errors-left-out", [report.unit for report in aggregate.broken]),
        ("rollup-errors-counted", [report.unit for report in aggregate.counted if report.errors]),
        ("rollup-errors-below", _place_units(groups.list_faulty_below(), locale)),
        ("rollup-outdated", _place_units(groups.outdated, locale)),
        ("rollup-late", _place_units(groups.late, locale)),
        ("rollup-other-edition", _place_units(groups.other_edition, locale)),
    ):
        if units:
            general.append(locale.say(key, count=len(units), names=_join_first(units, locale)))
    return {table.id: [*general, *_describe_differing_cells(aggregate, table.id)] for table in aggregate.form.tables}


def _place_units(units: Sequence[PlacedUnit], locale: Locale) -> list[str]:
    """Name units; those that are not directly below with the office that they report to."""
    return [
        locale.say("rollup-unit-of-office", unit=placed.state.unit, office=placed.above[-1])
        if placed.level > 1
        else str(placed.state.unit)
        for placed in units
    ]


def _join_first(names: Sequence[object], locale: Locale) -> str:
    joined = _LINE_BREAKS.sub(" ", locale.join(names[:_MAX_NAMES]))
    return locale.say("rollup-names-and-others", names=joined) if len(names) > _MAX_NAMES else joined


def _describe_differing_cells(aggregate: Aggregate, table: str) -> Iterator[str]:
    """Describe the cells that units of another edition have no figure for, and figures of units without a cell here."""
    locale = aggregate.form.locale
    unplaced: dict[str, Number] = {}
    for figure in aggregate.unplaced:
        if figure.address.startswith(f"{table}."):
            unplaced[figure.address] = unplaced.get(figure.address, 0) + 1
    lacking = [
        (row, columns) for row, columns, _count in aggregate.list_rows_without_cells() if row.startswith(f"{table}.")
    ]
    if lacking:
        cells = locale.say("rollup-cells-separator").join(
            f"{row.removeprefix(f'{table}.')} {locale.join(columns)}".strip() for row, columns in lacking
        )
        yield locale.say("rollup-cells-lacking", count=len(aggregate.units_of_other_edition), cells=cells)
    if unplaced:
        figures = [
            locale.say("rollup-figure-unplaced", address=address.removeprefix(f"{table}."), count=count)
            for address, count in unplaced.items()
        ]
        yield locale.say("rollup-figures-unplaced", figures=_join_first(figures, locale))
