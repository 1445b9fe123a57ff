"""Random reports for Hypothesis: the figures of a form, right or wrong, and what becomes of them in print."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from nianbao.build import outputs
from nianbao.compose import document
from nianbao.importer.recognition import Paragraph, PublishedDocument
from nianbao.model.facts import parse
from nianbao.model.report import fill_form
from nianbao.render.renderer import Renderer

COUNTS = st.one_of(st.just(0), st.integers(0, 9), st.integers(10, 9_999_999))
CHANGES = st.one_of(st.just(0), st.integers(-99, 99))
MONEY = st.one_of(
    st.just(0), st.integers(1, 99_999), st.integers(1, 10**9).map(lambda number: Decimal(number).scaleb(-4).normalize())
)
KINDS = {"count": COUNTS, "change": CHANGES, "money": MONEY}


@st.composite
def figures(draw, form):
    """Give every figure of a form by address; its totals are right in half of the reports."""
    found = {address: draw(KINDS[slot.value_type.name]) for address, slot in form.slots.items()}
    if draw(st.booleans()):
        totals = [check for check in form.checks if check.relation.total]
        for _ in range(2):  # a total of totals needs those first
            for check in totals:
                total = check.left[0].slots[0].address
                found[total] = sum(found[slot.address] for part in check.right for slot in part.slots)
    return found


def said(value):
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def filled(form, found, more=""):
    """Make a report of figures, as if a data file held them."""
    lines = [f"{address} = {said(value)}" for address, value in found.items()]
    text = f'year = {form.first_year}\n{more}\n{chr(10).join(lines)}\n[agency]\nname = "某市某局"\n'
    return fill_form(form, parse(text, "data.toml"))


def printed(store, report, formats):
    """Print a report in several formats, without the facts; their bytes by suffix."""
    order = outputs.make_render_settings(store, [name for name in formats if name != "md"])
    with Renderer() as renderer:
        done = renderer.render(
            document.make_page(document.compose(report, store.kind.template)), order, date(2024, 1, 31)
        )
    return {part.suffix: part.content for part in done.files} | {
        "md": document.make_markdown(document.compose(report, store.kind.template)).encode()
    }


def as_published(form, grids):
    """Put grids under the headings of their sections, in the order given."""
    headings = {section.table: section.heading for section in form.sections if section.table}
    blocks = []
    for table, grid in grids:
        blocks += [Paragraph(headings[table], headings[table], 1), grid]
    return PublishedDocument(tuple(blocks), f"某局{form.first_year}年{form.name}")
