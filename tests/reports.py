"""Random reports for Hypothesis: the figures of a form, right or wrong, and their grids as a reader gives them."""

from decimal import Decimal

from hypothesis import strategies as st

from nianbao.published import Box, Grid, Published, Text

COUNTS = st.one_of(st.just(0), st.integers(0, 9), st.integers(10, 99_999))
CHANGES = st.one_of(st.just(0), st.integers(-99, 99))
MONEY = st.one_of(st.just(0), st.integers(1, 99_999), st.decimals(0, 99_999, places=4).map(Decimal.normalize).map(plain := lambda d: Decimal(format(d, "f"))))


@st.composite
def figures(draw, form, right=None):
    """Every figure of a form by address; its totals are right unless `right` is false."""
    found = {
        address: draw({"change": CHANGES, "money": MONEY}.get(slot.kind, COUNTS)) for address, slot in form.slots.items()
    }
    if draw(st.booleans()) if right is None else right:
        totals = [check for check in form.checks if check.relation.total]
        for _ in range(2):  # a total of totals needs the totals first
            for check in totals:
                total = check.left[0].slots[0].address
                found[total] = sum(found[slot.address] for part in check.right for slot in part.slots)
    return found


def said(value):
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def grid(table, found):
    """Lay a table out as a reader gives it."""
    return Grid(
        tuple(
            Box(said(found[cell.slot.address]) if cell.slot else cell.text, cell.row, cell.row + cell.rowspan, cell.column, cell.column + cell.colspan)
            for cell in table.lay_out().cells
        )
    )


def published(form, found):
    """Put a form with its figures into the shape of a published report."""
    blocks = []
    for section in form.sections:
        if section.heading:
            blocks.append(Text(section.heading, section.heading, 1))
        blocks += [grid(table, found) for table in form.tables if table.id == section.table]
    return Published(tuple(blocks), f"某局2023年{form.name}")
