"""Reports whose rows stand apart from their labels, as converters and copies leave them; figures that add up."""

from msgspec.structs import replace
from reports import as_published, said

from nianbao.importer import readers
from nianbao.importer.recognition import Paragraph, PublishedCell, PublishedDocument, PublishedTable

SHARE_OF_ZEROS = 0.5


def draw_figures(form, rng, zeros=SHARE_OF_ZEROS, row_of_zeros=""):
    """Return a figure for every address, so that all identities of the form hold; what has no number is 0."""
    found = {
        address: rng.randint(1, 300)
        if slot.value_type.is_number and slot.row_label != row_of_zeros and rng.random() >= zeros
        else 0
        for address, slot in form.slots.items()
    }
    totals = [check for check in form.checks if check.relation.total]
    made = {check.left[0].slots[0].address for check in totals}
    for _ in range(3):  # totals of totals, and balances of totals
        for check in form.checks:
            if check.relation.sign != "=" or check.uses_previous or check.relation.total:
                continue
            sides = [[slot.address for part in side for slot in part.slots] for side in (check.left, check.right)]
            more = sum(found[address] for address in sides[0]) - sum(found[address] for address in sides[1])
            free = [address for address in sides[more > 0] if address not in made]
            if free and more:
                found[free[-1]] += abs(more)
        for _again in range(2):
            for check in totals:
                found[check.left[0].slots[0].address] = sum(
                    found[slot.address] for part in check.right for slot in part.slots
                )
    return found


def list_lines(table, found):
    """Return the lines of a table: pairs of the texts in it that are no figures, and its figures with addresses."""
    lines = {}
    for cell in table.make_grid().cells:
        texts, figures = lines.setdefault(cell.row, ([], []))
        if cell.slot:
            figures.append((cell.slot.address, said(found[cell.slot.address])))
        elif cell.text:
            texts.append(cell.text)
    return [lines[row] for row in sorted(lines)]


def compose_text(form, found, write_table):
    """Return a report as text; `write_table` gives the lines of a table."""
    lines = [f"某市某局{form.first_year}年{form.name}"]
    for section in form.sections:
        if section.heading:
            lines.append(section.heading)
            tables = [table for table in form.tables if table.id == section.table]
            lines += [line for table in tables for line in write_table(list_lines(table, found))]
            lines += [] if tables else ["全年的工作按照要求完成。"]
    return readers.read("\n".join(lines).encode(), "txt")


def write_labels_first(lines):
    """Give all labels, then the figures of each row on a line."""
    yield from (text for texts, _ in lines for text in texts)
    yield from (" ".join(figure for _, figure in figures) for _, figures in lines if figures)


def write_labels_first_by_cell(lines):
    """Give all labels, then all figures, each on a line."""
    yield from (text for texts, _ in lines for text in texts)
    yield from (figure for _, figures in lines for _, figure in figures)


def write_without_labels(lines):
    """Give only the figures, those of each row on a line."""
    yield from (" ".join(figure for _, figure in figures) for _, figures in lines if figures)


def write_plainly(lines):
    """Give labels and figures of each row on a line."""
    for texts, figures in lines:
        yield " ".join([*texts, *(figure for _, figure in figures)])


def make_grid(table, found):
    cells = []
    for cell in table.make_grid().cells:
        text = said(found[cell.slot.address]) if cell.slot else cell.text
        cells.append(
            (PublishedCell(text, cell.row, cell.row + cell.rowspan, cell.column, cell.column + cell.colspan), cell.role)
        )
    return cells


def compose_tables(form, found, change, *, heads=True):
    """Return a report as tables; `change` gives the cells that are left of a list of cells with their roles."""
    grids = [(table.id, PublishedTable(tuple(change(make_grid(table, found))))) for table in form.tables]
    document = as_published(form, [grid for grid in grids if grid[1].cells])
    blocks = (
        document.blocks if heads else tuple(block for block in document.blocks if isinstance(block, PublishedTable))
    )
    title = f"某市某局{form.first_year}年{form.name}"
    return PublishedDocument((Paragraph(title, title, 1), *blocks))


def clear_labels(rng, share):
    def change(cells):
        cleared = {cell.top for cell, role in cells if role == "figure" and rng.random() < share}
        for cell, role in cells:
            yield replace(cell, text="") if role == "label" and cell.top in cleared else cell

    return change


def drop_headers(cells):
    top = min(cell.top for cell, role in cells if role == "figure")
    yield from (cell for cell, _ in cells if cell.top >= top)


def drop_headers_and_labels(cells):
    yield from (cell for cell, role in cells if role == "figure")


def drop_headers_of_unlabelled(cells):
    if any(role == "label" and cell.text for cell, role in cells):
        yield from (cell for cell, _ in cells)
    else:
        yield from drop_headers(cells)


def drop_rows(rng, number, *, with_labels):
    """Remove rows of figures that are 0, and the labels of the others if asked."""

    def change(cells):
        rows = sorted({cell.top for cell, role in cells if role == "figure"})
        zeros = [
            row for row in rows if all(cell.text == "0" for cell, role in cells if role == "figure" and cell.top == row)
        ]
        gone = set(rng.sample(zeros, min(number, len(zeros))))
        for cell, role in cells:
            if cell.top not in gone or cell.bottom > cell.top + 1:
                yield cell if with_labels or role != "label" else replace(cell, text="")

    return change


def exchange_rows(labels):
    """Exchange the figures of two rows, and remove their labels."""

    def change(cells):
        tops = [next((cell.top for cell, _ in cells if cell.text == label), None) for label in labels]
        if None in tops:
            return [cell for cell, _ in cells]
        other = dict(zip(tops, reversed(tops), strict=True))
        texts = {(cell.top, cell.left): cell.text for cell, role in cells if role == "figure"}
        return [
            replace(cell, text=texts[other[cell.top], cell.left])
            if role == "figure" and cell.top in other
            else replace(cell, text="")
            if cell.text in labels
            else cell
            for cell, role in cells
        ]

    return change


def keep_one_row(rng):
    def change(cells):
        rows = sorted({cell.top for cell, role in cells if role == "figure"})
        kept = rng.choice(rows)
        yield from (cell for cell, role in cells if cell.top == kept or (cell.top < kept < cell.bottom))

    return change


VARIANTS = {
    "as they are": lambda form, found, _rng: compose_tables(form, found, lambda cells: [cell for cell, _ in cells]),
    "text as it is": lambda form, found, _rng: compose_text(form, found, write_plainly),
    "text, labels first": lambda form, found, _rng: compose_text(form, found, write_labels_first),
    "text, labels first, a figure a line": lambda form, found, _rng: compose_text(
        form, found, write_labels_first_by_cell
    ),
    "text without labels": lambda form, found, _rng: compose_text(form, found, write_without_labels),
    "no labels": lambda form, found, rng: compose_tables(form, found, clear_labels(rng, 1.1)),
    "a third of the labels gone": lambda form, found, rng: compose_tables(form, found, clear_labels(rng, 0.33)),
    "no headers": lambda form, found, _rng: compose_tables(form, found, drop_headers),
    "no headers, no labels": lambda form, found, _rng: compose_tables(form, found, drop_headers_and_labels),
    "no headers where no row has a label": lambda form, found, _rng: compose_tables(
        form, found, drop_headers_of_unlabelled
    ),
    "the same without headings": lambda form, found, _rng: compose_tables(
        form, found, drop_headers_of_unlabelled, heads=False
    ),
    "three rows of zeros gone": lambda form, found, rng: compose_tables(
        form, found, drop_rows(rng, 3, with_labels=True)
    ),
    "a row of zeros and all labels gone": lambda form, found, rng: compose_tables(
        form, found, drop_rows(rng, 1, with_labels=False)
    ),
    "one row of each table": lambda form, found, rng: compose_tables(form, found, keep_one_row(rng)),
}
