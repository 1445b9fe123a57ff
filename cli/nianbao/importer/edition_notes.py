"""The notes on the editions of a published file: which of its rows were read by which, where they are mixed."""

from collections.abc import Iterator
from itertools import groupby

from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.tables.cells import RecognizedRow
from nianbao.model.i18n import _


def describe_editions(recognized: RecognizedReport) -> Iterator[str]:
    """Say block by block by which edition rows were read, where some have no place in that of the report."""
    form = recognized.form
    rows = recognized.tables.rows
    other = {row.layout.form.edition for row in rows if any(cell.slot.address not in form.slots for cell in row.cells)}
    mixed = {row.layout.table.label for row in rows if row.layout.form.edition in other - {form.edition}}
    for (table, edition), group in groupby(rows, lambda row: (row.layout.table.label, row.layout.form.edition)):
        if table in mixed:
            block = list(group)
            first, last = _name_row(block[0]), _name_row(block[-1])
            yield _("rows-read-by-edition", table=table, first=first, last=last, edition=edition)
    if mixed:
        yield _("choose-edition-of-import", edition=form.edition)
    if count := len(recognized.cells_of_other_editions):
        yield _("figures-of-other-edition", count=count)


def _name_row(row: RecognizedRow) -> str:
    """Return the label of a row, or that of its table where rows have none."""
    layout = row.layout
    return layout.rows[row.index][-1].label if layout.rows else layout.table.label
