"""Digits of a page that are none of the figure they stand at, and several figures in one cell."""

import pytest

from nianbao.importer import readers
from nianbao.importer.readers.page_layout import lay_out_page
from nianbao.importer.readers.page_lines import REPLACEMENT
from nianbao.importer.readers.page_marks import mark_digits
from nianbao.importer.recognition import PublishedCell, PublishedTable, recognize
from nianbao.importer.recognition.tables.page_breaks import join_split_rows
from nianbao.model.period import Period

WHITE, BLACK = (1, 1, 1), (0,)


def draw(text, *, left=10.0, top=10.0, size=10.0, color=BLACK):
    """Return the characters of a text, each half as wide as the type is large."""
    more = {"top": top, "bottom": top + size, "size": size, "non_stroking_color": color, "matrix": (1, 0, 0, 1, 0, 0)}
    return [
        {"text": sign, "x0": left + at * size / 2, "x1": left + (at + 1) * size / 2} | more
        for at, sign in enumerate(text)
    ]


def join(chars):
    return "".join(char["text"] for char in chars)


def make_stroke(left, right, height, *, thick=0.5, color=BLACK):
    edges = {"x0": left, "x1": right, "top": height, "bottom": height + thick}
    return {**edges, "fill": True, "non_stroking_color": color}


FIGURES = {
    "a figure": (draw("275"), "275"),
    "a raised digit": ([*draw("275"), *draw("1", left=25, top=9, size=6)], "275[1]"),
    "two raised digits": ([*draw("275"), *draw("12", left=25, top=9, size=6)], "275[12]"),
    "a raised digit before words": ([*draw("275"), *draw("1", left=25, top=9, size=6), *draw("x", left=28)], "275[1]x"),
    "one in slightly smaller type": ([*draw("275"), *draw("1", left=25, top=9, size=8.3)], "275[1]"),
    "a digit in another font": ([*draw("275"), *draw("1", left=25, top=9, size=9)], "2751"),
    "another figure in small type": ([*draw("275"), *draw("1", left=60, size=6)], "2751"),
    "small words": ([*draw("275"), *draw("x", left=25, size=6)], "275x"),
    "a white digit": ([*draw("9", color=WHITE), *draw("275", left=15)], f"{REPLACEMENT}275"),
    "one white in another way": ([*draw("9", color=(0, 0, 0, 0)), *draw("275", left=15)], f"{REPLACEMENT}275"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_digits_that_are_none_of_a_figure_are_marked(name):
    chars, text = FIGURES[name]
    assert join(mark_digits(chars, [], [])) == text


def test_white_digits_on_another_colour_are_seen():
    area = make_stroke(0, 100, 0, thick=50, color=(0, 0, 0.5))
    assert join(mark_digits(draw("9", color=WHITE), [], [area])) == "9"
    assert join(mark_digits(draw("9", color=WHITE), [], [area | {"non_stroking_color": WHITE}])) == REPLACEMENT


@pytest.mark.parametrize(("height", "text"), [(15, f"{REPLACEMENT}5"), (20.5, "95"), (9, "95")])
def test_a_digit_with_a_line_through_it_is_struck_out(height, text):
    assert join(mark_digits(draw("95"), [make_stroke(9, 14, height)], [])) == text


def read_cells(*texts, width):
    """Lay out a table of two rows with these lines of text in its second column."""
    boxes = [(x, y, x + width, y + 40.0) for y in (0.0, 40.0) for x in (0.0, width)]
    chars = [
        char
        for row, lines in enumerate(texts)
        for at, (line, size) in enumerate(lines)
        for char in draw(line, left=width + 3, top=40.0 * row + 5 + 12 * at, size=size)
    ]
    (table,) = lay_out_page(chars, [boxes], 100.0)
    return [cell.text for cell in table.cells if cell.text]


def test_a_figure_that_wraps_is_one_and_two_below_each_other_are_two():
    assert read_cells([("27", 10), ("5", 10)], [("8", 10)], width=20.0) == ["275", "8"]
    assert read_cells([("27", 10), ("5", 8)], [("8", 10)], width=20.0) == ["27\n5", "8"]
    assert read_cells([("27", 10), ("5", 10)], [("8", 10)], width=60.0) == ["27\n5", "8"]
    # A figure in one cell that has room for more says that others of the table do not wrap.
    assert read_cells([("2754", 10), ("5", 10)], [("8", 10), ("5", 10)], width=25.0) == ["2754\n5", "8\n5"]


def test_the_last_digit_of_a_figure_on_the_next_page_is_no_row(forms):
    def make(*rows):
        return PublishedTable(
            tuple(
                PublishedCell(text, top, top + 1, left, left + 1)
                for top, row in enumerate(rows)
                for left, text in enumerate(row)
            )
        )

    reading = forms[0].kind.signs
    first, second = make(("a", "5", "1872")), make(("", "", "4"), ("b", "1", "2"))
    joined = join_split_rows([first, second], lambda _text: 0.0, reading)
    assert [cell.text for cell in joined[0].cells] == ["a", "5", "1872\n4"]
    assert [cell.text for cell in joined[1].cells] == ["b", "1", "2"]
    whole = make(("", "3", "4"), ("b", "1", "2"))
    assert join_split_rows([first, whole], lambda _text: 0.0, reading) == [first, whole]


def test_cells_beside_one_with_two_figures_are_undecided(forms):
    form = forms[-1]
    table = form.tables[0]
    heads = [cell.text for cell in table.make_grid().cells if not cell.slot][1:5]
    label = next(cell.text for cell in table.make_grid().cells if cell.role == "label")
    rows = (heads, [label, "1 5", "", "7"])
    body = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
    cells = recognize(readers.read(f"<table>{body}</table>".encode(), "html"), forms, Period(2023)).cells_by_address
    assert [cell.state for cell in cells.values()] == ["undecided", "undecided", "read"]
