"""The rows of a whole report resolved at once by the identities of their form: what they say, where they belong."""

from collections.abc import Sequence

from nianbao.importer.recognition.printed_values import Number  # noqa: TC001
from nianbao.importer.recognition.tables.ambiguous_rows import AmbiguousRow, find_candidates
from nianbao.importer.recognition.tables.cells import RecognizedRow, read_in_place, resolve_ambiguous_row
from nianbao.importer.recognition.tables.places.blank_ends import find_rows_in_place
from nianbao.importer.recognition.tables.places.open_rows import OpenRow
from nianbao.importer.recognition.tables.places.placing import place_rows


def resolve_rows(
    read: Sequence[tuple[RecognizedRow, AmbiguousRow | None]], open_rows: Sequence[OpenRow]
) -> list[RecognizedRow]:
    """Read the rows whose figures ran together, and place those that are open, as far as the identities decide.

    Takes all rows of a report as `read_row` returns them, since the figures of the others count as well; returns all.
    Where a table has open rows, a row of it that was not printed has no figures but 0.
    """
    resolved = [row for row, _ in read]
    ambiguous = {index: row for index, (_, row) in enumerate(read) if row}
    placed: list[RecognizedRow] = []
    forms = {row.layout.form.edition: row.layout.form for row in (resolved[index] for index in ambiguous)}
    forms |= {row.form_rows.form.edition: row.form_rows.form for row in open_rows}
    for edition, form in forms.items():
        of_this = {index: row for index, row in ambiguous.items() if resolved[index].layout.form is form}
        others = [row for row, is_open in read if not is_open and row.layout.form is form]
        for index in list(find_rows_in_place(of_this, others, form.checks)):
            resolved[index] = read_in_place(resolved[index], of_this.pop(index))
        indexes = list(of_this)
        of_form = [row for row in open_rows if row.form_rows.form is form]
        known: dict[str, Number | None] = {address: 0 for row in of_form for address in row.form_rows.places}
        cells = [cell for row in resolved if row.layout.form.edition == edition for cell in row.cells]
        known |= {cell.slot.address: 0 if cell.state == "blank" else cell.value for cell in cells}
        labelled = {cell.slot.address for cell in cells if cell.state != "undecided"}
        printed = [row.to_printed() for row in of_form]
        found, solved = find_candidates([ambiguous[index] for index in indexes], known, form.checks, printed)
        for index, candidates in zip(indexes, found, strict=True):
            resolved[index] = resolve_ambiguous_row(resolved[index], ambiguous[index], candidates)
        placed += place_rows(of_form, solved, known, labelled)
    return [*resolved, *placed]
