"""Figures of a scan that no sum confirms: those that stand in no identity of the form that holds."""

from typing import TYPE_CHECKING

from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.model.relations import Check

if TYPE_CHECKING:
    from nianbao.importer.recognition.printed_values import Number


def find_unproven(recognized: RecognizedReport) -> list[str]:
    """Return the addresses of figures that were read from a scan and that no identity confirms."""
    if not recognized.document.scanned:
        return []
    cells = recognized.cells_by_address
    proven: set[str] = set()
    for check in recognized.form.checks:
        addresses = [slot.address for part in check.parts for slot in part.slots]
        if check.relation.sign == "=" and not check.uses_previous and _holds(check, cells):
            proven.update(addresses)
    return [address for address, cell in cells.items() if cell.value is not None and address not in proven]


def _holds(check: Check, cells: dict[str, RecognizedCell]) -> bool:
    """Tell whether an identity holds with every cell of it there and read; a blank one counts as 0."""
    difference: Number = 0
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            if part.constant is not None:
                return False
            for slot in part.slots:
                cell = cells.get(slot.address)
                if cell is None or cell.state == "undecided":
                    return False
                difference += sign * part.term.factor * (cell.value or 0)
    return difference == 0
