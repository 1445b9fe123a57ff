"""The notes on figures that were read from a scan, and that no sum of the form confirms."""

from collections.abc import Iterator

from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.proof import find_unproven
from nianbao.model.i18n import _, join_words


def describe_unproven(recognized: RecognizedReport) -> Iterator[str]:
    """Name, table by table, the rows with figures that a person has to compare with the scan."""
    slots = recognized.form.slots
    rows: dict[str, list[str]] = {}
    for address in find_unproven(recognized):
        rows.setdefault(address.partition(".")[0], []).append(slots[address].row_label)
    labels = {table.id: table.label for table in recognized.form.tables}
    for table, of_table in rows.items():
        named = join_words(dict.fromkeys(of_table))
        yield _("figures-of-scan-unproven", table=labels[table], count=len(of_table), rows=named)
