"""The rows of a form's tables in the order of the form, in which a printed row can have its place."""

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct

from nianbao.importer.recognition.labels import MIN_SIMILARITY, Label, parse_label
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.model.form import Form
from nianbao.model.relations import Check
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot

MIN_WHOLE = 1.0  # the similarity of a label that has all words; it is more where the ordinal agrees too
_MIN_WHOLE_LENGTH = 6  # characters; shorter words stand in any table


class FormRow(Struct, frozen=True, eq=False):
    """Row `index` of a layout."""

    layout: Layout
    index: int

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of its figures."""
        return self.layout.slots[self.index]

    def is_labelled(self, text: str) -> bool:
        """Tell whether a text is the label of the row, word for word."""
        return self._compare_label(text) >= MIN_WHOLE

    def has_whole_label(self, text: str) -> bool:
        """Tell whether a text is the label of the row, word for word, and of nothing else: it is long, or counted."""
        score = self._compare_label(text)
        return score > MIN_WHOLE or (
            score == MIN_WHOLE and len(parse_label(text, self.layout.reading).core) >= _MIN_WHOLE_LENGTH
        )

    def may_have_label(self, text: str) -> bool:
        """Tell whether a text may be the label of the row, or of the rows that it is one of."""
        given = parse_label(text, self.layout.reading)
        path = self.layout.rows[self.index][:-1] if self.layout.rows else ()
        groups = (parse_label(part.label, self.layout.reading) for part in path)
        return any(given.compare_to(label) >= MIN_SIMILARITY for label in (*self._labels, *groups))

    def _compare_label(self, text: str) -> float:
        given = parse_label(text, self.layout.reading)
        return max((given.compare_to(label) for label in self._labels), default=0.0)

    @property
    def _labels(self) -> Sequence[Label]:
        return self.layout.row_labels[self.index] if self.layout.rows else ()

    def has_same_columns(self, layouts: Sequence[Layout]) -> bool:
        """Tell whether a row with this label has the same columns in every edition: no headers are needed then."""
        others = (
            layout
            for layout in layouts
            if layout.table.id == self.layout.table.id and layout.column_labels != self.layout.column_labels
        )
        return not any(
            set(labels) & set(self._labels) for layout in others for labels in (*layout.row_labels, *layout.row_aliases)
        )

    def has_headers_among(self, texts: Sequence[str]) -> bool:
        """Tell whether the headers of all its columns are among some texts."""
        given = [parse_label(text, self.layout.reading) for text in texts]
        return all(
            any(one.compare_to(label) >= MIN_WHOLE for one in given for label in labels)
            for labels in self.layout.column_labels
        )


class FormRows(Struct, frozen=True, eq=False, dict=True):
    """The rows of one table of a form, in the order of the form: the place of a row is its index."""

    form: Form
    table: Table
    rows: tuple[FormRow, ...]

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of the row of each figure, by address."""
        return {slot.address: place for place, row in enumerate(self.rows) for slot in row.slots}

    @cached_property
    def checks_by_address(self) -> dict[str, list[Check]]:
        """The identities of the form that a figure is in, by its address."""
        found: dict[str, list[Check]] = {}
        for check in self.form.checks:
            if check.relation.sign == "=" and not check.uses_previous:
                for address in dict.fromkeys(address for part in check.parts for address in part.addresses):
                    found.setdefault(address, []).append(check)
        return found

    def list_addresses(self, place: int) -> tuple[str, ...]:
        """List the addresses of the figures of the row in a place."""
        return tuple(slot.address for slot in self.rows[place].slots)


def list_form_rows(layouts: Sequence[Layout], table: str, edition: str) -> FormRows | None:
    """List the rows of a table in an edition; None where the edition has no such table."""
    own = [layout for layout in layouts if layout.table.id == table and layout.form.edition == edition]
    own = [layout for layout in own if bool(layout.rows) == bool(layout.block.rows)]  # none that is transposed
    if not own:
        return None
    order = {slot.address: number for number, slot in enumerate(own[0].table.slots)}
    rows = [FormRow(layout, index) for layout in own for index in range(len(layout.slots))]
    return FormRows(own[0].form, own[0].table, tuple(sorted(rows, key=lambda row: order[row.slots[0].address])))
