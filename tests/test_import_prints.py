"""Figures as people and programs print them: notes, words struck out or hidden, pictures, texts in another order."""

import re
from random import Random

import pytest
from variants import (
    compose,
    draw_figures,
    format_rows,
    judge,
    make_grids,
    make_page,
    number_rows,
    pad_lines,
    print_cells,
    print_table,
    print_tabs,
)

from nianbao.importer.readers import read
from nianbao.importer.readers.html import strip_markup
from nianbao.importer.readers.style_sheets import apply_sheets
from nianbao.importer.recognition import recognize
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.store import Store


@pytest.fixture(scope="module")
def forms(root):
    store = Store(root)
    return [store.kind.edition(one) for one in sorted(store.kind.editions())]


@pytest.fixture(scope="module")
def form(forms):
    return next(form for form in forms if form.edition == "2021")


def print_page(form, found, change):
    """Return a web page in which `change` has written every figure."""
    tables = make_grids(form, found)
    for grid in tables.values():
        for item in (item for line in grid.lines for item in line if item[1]):
            item[0] = change(item[0])
    return make_page(form, tables)


# ── cells of web pages ───────────────────────────────────────────────────────────────

READ = {
    "raised": "{}<sup>1</sup>",
    "raised link": '{}<sup><a href="#n">2</a></sup>',
    "raised in brackets": "{}<sup>[1]</sup>",
    "raised digit": "{}²",
    "lowered": "{}<sub>1</sub>",
    "raised by a style": '{}<span style="vertical-align: super">1</span>',
    "raised by Word": '<b>{}</b><span style="position:relative;top:-3.0pt">1</span>',
    "raised by a style sheet": "<style>.note {{ vertical-align: super }}</style>{}<b class=note>1</b>",
    "all raised": '<span style="position:relative;top:-1.5pt">{}</span>',
    "circled digit": "{}①",
    "not displayed": '<span style="display: none">7</span>{}',
    "invisible": '{}<span style="visibility:hidden">7</span>',
    "of no size": '<span style="font-size:0pt">7</span>{}',
    "hidden by Word": '<span style="mso-hide:all">7</span>{}',
    "hidden": "<b hidden>7</b>{}",
    "hidden paragraph": '<p style="DISPLAY:none">7</p><p>{}</p>',
    "a field": '<input type="text" value="{}">',
    "a field with other attributes": '<input data-value="99" value="{}" default-value="7">',
    "a field of lines": "<textarea rows=1> {} </textarea>",
    "the choice of a list": "<select><option>0<option selected>{}<option>7</select>",
    "the first choice of a list": "<select><option>{}</option><option>7</option></select>",
    "transparent": '<span style="opacity: 0">7</span>{}',
    "beside the page": '<span style="position:absolute; left:-9999px">7</span>{}',
    "indented out of the page": '<p style="text-indent:-999em">7</p><p>{}</p>',
    "cut off": '<span style="position: absolute; clip: rect(0 0 0 0)">7</span>{}',
    "of no width": '<span style="overflow:hidden;width:0;display:inline-block">7</span>{}',
    "how it is read": "<ruby>{}<rt>7</rt></ruby>",
    "in a cell behind a hidden one": '{}</td><td style="display:none">7',
    "narrow, but there": '<span style="overflow:hidden;width:0.5em;left:-9px">{}</span>',
    "beside a picture": '{}<img src="mark.png">',
    "small, but there": '<span style="font-size:0.9em">{}</span>',
    "behind a tab": '<div style="display:none"><p>{}</p></div>',
}
UNDECIDED = {
    "struck out": "<s>7</s>{}",
    "deleted": "{}<del>7</del>",
    "struck out by a style": '<span style="text-decoration:line-through">7</span>{}',
    "a negative figure struck out": "<s>-7</s>{}",
    "nothing but a picture": '<img src="figure.png" alt="{}">',
    "a circled digit before": "①{}",
    "with a number of a list": "<ol><li>{}</li></ol>",
    "twice": "<p>{0}</p><p>{0}</p>",
}


@pytest.mark.parametrize("name", READ)
def test_what_is_no_part_of_a_figure_is_left_out(name, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # draws figures, not secrets
    right, wrong = judge(print_page(form, found, READ[name].format), "html", found, forms)
    assert not wrong
    assert right == len(found)


SHEETS = {  # of a page: what it says of `.x`, whether digits in it are read, struck out, or no part of a figure
    ".x { display: none }": "hidden",
    "span.x,b.x{visibility:hidden}": "hidden",
    "/* a{} */ #y{} .x{font-size:0 !important}": "hidden",
    "@charset 'utf-8'; .x { opacity: 0.0; color: #333 }": "hidden",
    "@media print { p { color: red } .x { display: none } }": "shown",
    ".x { display: none } .x { display: inline }": "shown",
    ".x:hover, .x::after { display: none }": "shown",
    "td { background: #036 } .x { color: #fff }": "shown",
    ".x { color: #fff }": "struck",
    ".x { color: rgb(254, 255, 255) }": "struck",
    ".x { color: transparent }": "struck",
    "td { background-color: #036 } .x { color: #003366 }": "struck",
    ".list .x { display: none }": "struck",
    ".x { text-decoration: line-through }": "struck",
    ".x { color: whitesmoke }": "struck",
    ".x { color: hsl(0, 0%, 100%) }": "struck",
    ".x { color: hsl(0deg 0% 0% / 2%) }": "struck",
    ".x { color: rgb(255 255 255 / 100%) }": "struck",
    ".x { color: white ! important; color: black }": "struck",
    ".x { color: currentColor; background: currentColor }": "shown",
    "a[title='},'], .x { color: White }": "struck",
    "a:not([href]) > b, /* , */ .x { color: ghostwhite }": "struck",
    ".x[lang] { display: none }": "struck",
    r".\78  { c\6f lor: whi\74 e }": "struck",
    r".x { d\69splay: none }": "hidden",
    ".x { display:/* */none }": "hidden",
    "<!-- .x { display: none } -->": "hidden",
    ".y::after { content: '}'; color: red } .x { display: none }": "hidden",
    f".x {{ color: #fff; background: #036 url(data:{'a' * 300}) }}": "shown",
    ".x { color: #fff; background: linear-gradient(#036, #047) }": "shown",
    "td { background: #036 } .x { color: #036; background: transparent }": "struck",
    "td { background: #036 } .x { color: #fff; background: rgba(255, 255, 255, 0.1) }": "shown",
}
COLORS = {
    '<span style="color:#FFF">7</span>{}': "struck",
    '<span style="color: White">7</span>{}': "struck",
    '<font color="#ffffff">7</font>{}': "struck",
    "<font color=white><b>7</b></font>{}": "struck",
    '<span style="color:rgba(0,0,0,0)">7</span>{}': "struck",
    '<span style="background:#fff url(x.png)"><span style="color:#fefefe">7</span></span>{}': "struck",
    '<span style="background:navy"><span style="color:#fff">{}</span></span>': "shown",
    '<span style="color:#fff"><span style="color:#000">{}</span></span>': "shown",
    '<span style="color:red">{}</span>': "shown",
    r'<span style="c\6f lor:white">7</span>{}': "struck",
    '<span style="display:/**/none">7</span>{}': "hidden",
    "<font color=ffffff>7</font>{}": "struck",
    "<font color=snow>7</font>{}": "struck",
    '<font color="navy">{}</font>': "shown",
}


@pytest.mark.parametrize(("sheet", "effect"), SHEETS.items())
def test_style_sheets_hide_digits_and_strike_them_out(sheet, effect, form, forms):
    figure = '<span class="a x">7</span>{}' if effect != "shown" else '<span class="x">{}</span>'
    check_effect(f"<html><head><style>{sheet}</style></head>", figure, effect, form, forms)


@pytest.mark.parametrize(
    "rest",
    [
        "a",
        "@",
        "/*",
        "{",
        ".a,",
        "@{",
        "a{color:rgb(1.1.1,..,2)}",
        "1",
        "#",
        "(",
        "a{color:(",
        "a{b:c;",
        "'",
        "\\",
        "a{}",
    ],
)
def test_a_long_or_broken_style_sheet_is_read_at_once(rest):
    """Each took minutes, where every character began a search of its own to the end, or was refused as too deep."""
    page = strip_markup(f'<style>.x{{display:none}}{rest * 60_000}</style><p>1<b class="x">7</b></p>')
    assert re.sub("<[^>]*>", "", page) == "1"


def test_a_long_value_is_not_put_into_every_element():
    sheet = f"{','.join(['.x', *(f'.x{one}' for one in range(9_999))])}{{display:none;color:{'a ' * 20_000}}}"
    page = f"<style>{sheet}</style>{'<b class=x>7</b>' * 10_000}"
    assert len(apply_sheets(page)) < 5 * len(page)
    assert "7" not in strip_markup(page)


@pytest.mark.parametrize("rest", ["a(", "1", "color:rgb(1", "color:color();", "b:c;", "\\", "color:rgb(1e999,0,0);"])
def test_a_long_or_broken_style_is_read_at_once(rest):
    page = strip_markup(f'<p>1<b style="display:none;{rest * 20_000}">7</b></p>')
    assert re.sub("<[^>]*>", "", page) == "1"


@pytest.mark.parametrize(("figure", "effect"), COLORS.items())
def test_digits_in_the_colour_behind_them_are_no_certain_figures(figure, effect, form, forms):
    check_effect("<html>", figure, effect, form, forms)


def check_effect(head, figure, effect, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    page = f"{head}<body>{print_page(form, found, figure.format)}</body></html>"
    right, wrong = judge(page, "html", found, forms)
    assert (right, wrong) == (0 if effect == "struck" else len(found), [])


@pytest.mark.parametrize("name", UNDECIDED)
def test_a_cell_that_may_say_something_else_is_undecided(name, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    page = print_page(form, found, UNDECIDED[name].format)
    cells = recognize(read(page.encode(), "html"), forms).cells_by_address
    assert {cell.state for cell in cells.values()} == {"undecided"}


def test_a_figure_in_several_raised_parts_has_all_of_them(form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above

    def raise_digits(figure):
        return "".join(f'<span style="position:relative;top:-1.5pt"><b>{digit}</b></span>' for digit in figure)

    assert judge(print_page(form, found, raise_digits), "html", found, forms) == (len(found), [])


def test_a_note_in_markdown_is_no_digit_of_a_figure(form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above

    def write(grid):
        places = {grid.spans[id(item)][:2]: item for line in grid.lines for item in line}
        for row in range(len(grid.lines)):
            cells = [places.get((row, column), ["", ""]) for column in range(grid.columns)]
            yield "| " + " | ".join(text + ("<sup>1</sup>" if address else "") for text, address, *_ in cells) + " |"
            if not row:
                yield "|---" * grid.columns + "|"

    text = compose(form, make_grids(form, found), write)
    right, wrong = judge(text, "md", found, forms)
    assert not wrong
    assert right > len(found) / 2


# ── rows of a text whose figures stand before their labels ───────────────────────────


def list_requests(form, found):
    """Return the label and the figures of each row of the table of requests."""
    rows = {}
    for cell in next(table for table in form.tables if table.id == "requests").make_grid().cells:
        labels, figures = rows.setdefault(cell.row, ([], []))
        if cell.slot:
            figures.append(str(found[cell.slot.address]))
        elif cell.text:
            labels.append(cell.text)
    return [(" ".join(labels), " ".join(figures)) for _, (labels, figures) in sorted(rows.items())]


def print_text(form, lines):
    section = next(section for section in form.sections if section.table == "requests")
    return "\n".join([f"某市某局{form.first_year}年{form.name}", section.heading, *lines])


def put_figures_first(rows):
    return [line for labels, figures in rows for line in (figures, labels) if line]


def shift_some(rows):
    """Put the figures before the labels in some rows in the middle, as where labels wrap over lines."""
    heads = [labels for labels, figures in rows if not figures]
    rows = [row for row in rows if row[1]]
    return [*heads, *flatten(rows[:6]), *put_figures_first(rows[6:12]), *flatten(rows[12:])]


def flatten(rows):
    return [line for row in rows for line in row]


@pytest.mark.parametrize("arrange", [put_figures_first, shift_some])
def test_figures_before_their_labels_are_not_those_of_the_labels_before(arrange, form, forms):
    for seed in range(5):
        found = draw_figures(form, Random(seed))  # noqa: S311  # see above
        text = print_text(form, arrange(list_requests(form, found)))
        _right, wrong = judge(text, "txt", found, forms)
        assert not wrong, seed


def test_rows_before_the_first_shifted_one_are_read(form, forms):
    found = draw_figures(form, Random(1))  # noqa: S311  # see above
    right, _wrong = judge(print_text(form, shift_some(list_requests(form, found))), "txt", found, forms)
    assert right >= 7 * 5


def shift_at_both_ends(rows):
    """Put the figures before the labels in some rows near the top, and in some near the end."""
    heads = [labels for labels, figures in rows if not figures]
    rows = [row for row in rows if row[1]]
    middle = [*put_figures_first(rows[2:4]), *flatten(rows[4:-4]), *put_figures_first(rows[-4:-2])]
    return [*heads, *flatten(rows[:2]), *middle, *flatten(rows[-2:])]


def test_rows_between_two_shifted_parts_are_read(form, forms):
    for seed in range(3):
        found = draw_figures(form, Random(seed))  # noqa: S311  # see above
        rows = list_requests(form, found)
        right, wrong = judge(print_text(form, shift_at_both_ends(rows)), "txt", found, forms)
        assert not wrong, seed
        assert right >= 7 * (sum(bool(figures) for _, figures in rows) - 8), seed


def test_a_row_behind_a_figure_without_a_label_is_not_placed_by_their_number(form, forms):
    """The figures of some labels stand before them: behind the first, there are as many as rows."""
    found = draw_figures(form, Random(6))  # noqa: S311  # see above
    rows = list_requests(form, found)
    heads = [labels for labels, figures in rows if not figures]
    rows = [row for row in rows if row[1]][1:]  # the first one of the form is not there
    _right, wrong = judge(print_text(form, [*heads, *put_figures_first(rows)]), "txt", found, forms)
    assert not wrong


def print_plain(form, found, change):
    """Print a report as text, a line for each row; `change` gives what stands for the line of each row."""
    grids = make_grids(form, found)
    return compose(form, grids, lambda grid: (one for line in grid.lines for one in change(line)))


def test_digits_are_not_split_where_cells_are_lost_too(form, forms):
    """`0 0 0 527` may be 5, 2 and their sum 7 behind zeros, or a figure before a total that was lost."""
    found = draw_figures(form, Random(0))  # noqa: S311  # see above
    row = next(slot.row for slot in form.slots.values() if slot.address.startswith("requests.outcome.declined."))
    own = [slot.address for slot in form.slots.values() if slot.row == row and slot.address.startswith("requests.")]

    def change(line):
        if any(address == own[0] for _, address, _ in line):
            yield " ".join([*(text for text, address, _ in line if not address), "0 0 0 527"])
        else:
            yield " ".join(text for text, *_ in line)

    cells = recognize(read(print_plain(form, found, change).encode(), "txt"), forms).cells_by_address
    assert {cells[address].state for address in own} <= {"undecided", "blank"}
    assert cells[own[-1]].state == "undecided"


@pytest.mark.parametrize("at", [4, 7, 8])
def test_a_row_that_a_line_of_the_page_interrupts_is_read_as_one(at, form, forms):
    for seed in range(3):
        found = draw_figures(form, Random(seed))  # noqa: S311  # see above

        def change(line, at=at):
            figures = [text for text, address, _ in line if address.startswith("review_litigation.")]
            yield from (
                (" ".join(figures[:at]), "file:///reports/2020.html", " ".join(figures[at:]))
                if figures
                else (" ".join(text for text, *_ in line),)
            )

        right, wrong = judge(print_plain(form, found, change), "txt", found, forms)
        assert (right, wrong) == (len(found), []), seed


def test_a_part_of_the_only_row_of_a_table_is_not_read_where_the_parts_are_not_all_of_it(form, forms):
    for seed in range(5):
        found = draw_figures(form, Random(seed))  # noqa: S311  # see above

        def change(line):
            figures = [text for text, address, _ in line if address.startswith("review_litigation.")]
            shown = " ".join(figures[:7]), "file:///reports/2020.html", " ".join(figures[8:])
            yield from shown if figures else (" ".join(text for text, *_ in line),)

        _right, wrong = judge(print_plain(form, found, change), "txt", found, forms)
        assert not wrong, seed


def test_a_figure_that_no_sum_contains_is_not_placed_by_sums_of_zeros(root):
    """Of five figures in nine columns, the one that is not 0 may be an amount, or a count that lost its total."""
    store = Store(root).of_kind("cn-enforcement")
    forms = [store.kind.edition(one) for one in sorted(store.kind.editions())]
    form = next(form for form in forms if form.edition == "2018")
    found = dict.fromkeys(form.slots, 0)
    tables = make_grids(form, found)
    lines = compose(
        form, tables, lambda grid: (" ".join(text for text, *_ in line) for line in grid.lines)
    ).splitlines()
    row = next(number for number, line in enumerate(lines) if line.split().count("0") >= 9)
    lines[row] = "0 0 0 0 642"
    cells = recognize(read("\n".join(lines).encode(), "txt"), forms).cells_by_address
    assert 642 not in {cell.value for cell in cells.values()}


# ── rows of a table that were split ──────────────────────────────────────────────────


def print_split(form, found, split):
    """Return a web page in which `split` has made two rows of each that no cell joins with another."""
    tables = make_grids(form, found)

    def write_rows(grid):
        for line in grid.lines:
            spans = [grid.spans[id(item)] for item in line]
            whole = [(text, role == "figure") for text, _, role in line]
            is_alone = any(figure for _, figure in whole) and all(span[2] == 1 for span in spans)
            for cells in split(whole) if is_alone else [[text for text, _ in whole]]:
                pairs = zip(cells, spans, strict=True)
                yield "".join(f'<td rowspan="{span[2]}" colspan="{span[3]}">{text}</td>' for text, span in pairs)

    rows = compose(form, tables, lambda grid: ["<table>", *(f"<tr>{row}</tr>" for row in write_rows(grid)), "</table>"])
    return "".join(line if line.startswith("<") else f"<p>{line}</p>" for line in rows.splitlines())


def split_figures_off(cells):
    return [["" if figure else text for text, figure in cells], [text if figure else "" for text, figure in cells]]


def split_in_half(cells):
    half = len(cells) // 2
    whole = [text for text, _ in cells]
    return [[*whole[:half], *[""] * (len(cells) - half)], [*[""] * half, *whole[half:]]]


def split_labels(cells):
    first = [text[: len(text) // 2] if not figure else "" for text, figure in cells]
    return [first, [text[len(text) // 2 :] if not figure else text for text, figure in cells]]


def split_digits(cells):
    return [
        [text[:1] if figure else text for text, figure in cells],
        [text[1:] if figure else "" for text, figure in cells],
    ]


@pytest.mark.parametrize("split", [split_figures_off, split_in_half, split_labels, split_digits])
def test_a_row_split_over_two_has_no_wrong_figure_and_no_false_blank(split, form, forms):
    found = draw_figures(form, Random(4))  # noqa: S311  # see above
    page = print_split(form, found, split)
    recognized = recognize(read(page.encode(), "html"), forms)
    for row in recognized.tables.rows:
        for cell in row.cells:
            assert cell.state == "undecided" or (cell.value or 0) == found[cell.slot.address], cell
    if split is split_figures_off:
        assert {row.evidence for row in recognized.tables.rows if row.layout.rows} == {"label", "order"}


# ── columns that number rows ─────────────────────────────────────────────────────────


def print_numbered(form, found, header, write, **place):
    grids = {table: number_rows(grid, header, **place) for table, grid in make_grids(form, found).items()}
    return (make_page(form, grids), "html") if write is print_table else (compose(form, grids, write), "txt")


@pytest.mark.parametrize("write", [print_table, pad_lines, print_cells])
@pytest.mark.parametrize(("kind", "edition"), [("cn-disclosure", "2021"), ("cn-enforcement", "2018")])
def test_a_column_whose_header_says_that_it_numbers_rows_is_left_out(kind, edition, write, root):
    store = Store(root).of_kind(kind)
    forms = [store.kind.edition(one) for one in sorted(store.kind.editions())]
    form = next(form for form in forms if form.edition == edition)
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    right, wrong = judge(*print_numbered(form, found, "序 号" if write is print_table else "序号", write), found, forms)
    assert (right, wrong) == (len(found), [])


def test_a_column_that_numbers_rows_may_stand_before_the_figures(form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    right, wrong = judge(*print_numbered(form, found, "行次", print_table, behind_label=True), found, forms)
    assert (right, wrong) == (len(found), [])


@pytest.mark.parametrize("write", [print_table, pad_lines, print_cells])
def test_a_column_without_a_header_that_counts_beside_labels_is_left_out(write, form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    right, wrong = judge(*print_numbered(form, found, "", write), found, forms)
    assert (right, wrong) == (len(found), [])


@pytest.mark.parametrize("write", [pad_lines, print_cells])
def test_the_number_of_the_next_row_is_no_figure_of_one_that_lost_a_cell(write, form, forms):
    for seed in range(3):
        found = draw_figures(form, Random(seed))  # noqa: S311  # see above
        grids = make_grids(form, found)
        for grid in grids.values():
            number_rows(grid, "序号")
            for line in grid.lines[::2]:
                if figures := [item for item in line if item[1]]:
                    found[figures[0][1]] = None
                    line.remove(figures[0])
        _right, wrong = judge(compose(form, grids, write), "txt", found, forms)
        assert not wrong, seed


def test_figures_that_count_are_no_numbers_of_rows(form, forms):
    """Each figure is the number of its row, and stands on its own line before the label of the next row."""
    tables = make_grids(form, dict.fromkeys(form.slots, 0))
    found = {}
    for grid in tables.values():
        rows = [[item for item in line if item[1]] for line in grid.lines]
        for number, row in enumerate(filter(None, rows), 1):
            for item in row:
                item[0], found[item[1]] = str(number), number
    _right, wrong = judge(compose(form, tables, print_cells), "txt", found, forms)
    assert not wrong


# ── rows that number the columns ────────────────────────────────────────────────────


def number_columns(grid, sign, words):
    """Put a row behind the headers that numbers the columns of figures; `words` stand over the labels."""
    first = next(number for number, line in enumerate(grid.lines) if any(address for _, address, _ in line))
    line = grid.lines[first]
    figures = [item for item in line if item[1]]
    labels = [item for item in line if not item[1]]
    texts = [*words[: len(labels)], *[""] * (len(labels) - len(words))]
    added = [[text, "", "header"] for text in [*texts, *(sign(number) for number in range(1, len(figures) + 1))]]
    for item, model in zip(added, [*labels, *figures], strict=True):
        _row, column, _rowspan, colspan = grid.spans[id(model)]
        grid.spans[id(item)] = (first, column, 1, colspan)
    grid.lines.insert(first, added)
    return grid


NUMERALS = ["", *"一二三四五六七八九十", *(f"十{ones}" for ones in "一二三四五")]


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ((), str),
        (("甲", "乙"), "（{}）".format),
        (("行次",), NUMERALS.__getitem__),
        ((), lambda one: chr(0x245F + one)),
    ],
)
@pytest.mark.parametrize("write", [print_table, pad_lines])
def test_a_row_that_numbers_the_columns_is_left_out(words, sign, write, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    grids = {name: number_columns(grid, sign, words) for name, grid in make_grids(form, found).items()}
    small = {slot.address for table in form.tables if len(table.slots) <= 10 for slot in table.slots}
    lines = compose(form, grids, write).splitlines()
    page = "\n".join(line if write is not print_table or line.startswith("<") else f"<p>{line}</p>" for line in lines)
    right, wrong = judge(page, "html" if write is print_table else "txt", found, forms)
    assert not wrong
    assert right >= len(found) - len(small)


# ── tables of another year ───────────────────────────────────────────────────────────


def print_two_years(form, found, *, captions, without="", write=print_table):
    """Return a page or text with each table below that of the year before; of one table only that is left."""
    tables = make_grids(form, found)
    old = make_grids(form, dict.fromkeys(found, 7777))

    def write_both(grid):
        table = next(name for name, one in tables.items() if one is grid)
        for year, one in ((form.first_year - 1, old[table]), (form.first_year, grid)):
            yield captions.format(year=year)
            if (table, year) != (without, form.first_year):
                yield from write(one)

    return make_page(form, tables, write_both) if write is print_table else compose(form, tables, write_both)


@pytest.mark.parametrize("without", ["", "requests"])
def test_tables_of_the_year_before_are_left_out_with_a_note(without, form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    page = print_two_years(form, found, captions="{year}年情况", without=without)
    recognized = recognize(read(page.encode(), "html"), forms)
    cells = recognized.cells_by_address
    expected = {address for address in found if not without or not address.startswith(f"{without}.")}
    assert {address: cell.value for address, cell in cells.items()} == {address: found[address] for address in expected}
    assert len(recognized.document.notes) == len(form.tables)


@pytest.mark.parametrize("write", [print_table, pad_lines, print_cells, print_tabs])
@pytest.mark.parametrize("without", ["", "requests"])
def test_a_caption_counts_for_all_blocks_of_a_table_and_over_a_line_with_the_unit(without, write, form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    page = print_two_years(form, found, captions="{year}年情况\n单位：件", without=without, write=write)
    recognized = recognize(read(page.encode(), "html" if write is print_table else "txt"), forms)
    expected = {address for address in found if not without or not address.startswith(f"{without}.")}
    cells = recognized.cells_by_address
    assert {address: cell.value for address, cell in cells.items()} == {address: found[address] for address in expected}
    assert len(recognized.document.notes) == len(form.tables)


def test_a_text_with_tables_of_the_year_before_only_says_so(form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    page = print_text(form, ["2015年情况", *pad_lines(make_grids(form, found)["requests"])])
    with pytest.raises(UserError, match="2015年情况"):
        recognize(read(page.encode(), "txt"), forms, Period(form.first_year))


def test_two_tables_without_captions_are_those_of_two_reports(form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    with pytest.raises(UserError):
        recognize(read(print_two_years(form, found, captions="").encode(), "html"), forms)


@pytest.mark.parametrize("lead", ["与{}年相比，数量有所增加。", "政府信息公开情况（含{}年以前）"])
def test_a_text_that_says_more_of_another_year_is_no_caption_of_it(lead, form, forms):
    found = draw_figures(form, Random(2))  # noqa: S311  # see above
    lead = lead.format(form.first_year - 1)
    tables = make_grids(form, found)
    page = compose(form, tables, lambda grid: [f"<p>{lead}</p>", "<table>", *format_rows(grid), "</table>"])
    right, wrong = judge("".join(page.splitlines()), "html", found, forms)
    assert (right, wrong) == (len(found), [])
