"""Where pages of the PDF end, in reports whose sections grow by a line at a time: measured by what is drawn."""

import itertools
import re
import unicodedata
from datetime import date

import pytest
from cases import own_faces
from drawn_pages import read_pages

from nianbao.build import outputs
from nianbao.compose import document
from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.render.renderer import Renderer
from nianbao.workspace.store import Store

MM = 72 / 25.4
HEAD, FOOT = 37 * MM, (297 - 35) * MM  # of the text, from the top of the paper
PITCH = 28.95
NAME = "鞍山市人力资源和社会保障局"
CASES = [  # the section that grows, and how many lines it has
    *[("overview", lines) for lines in (3, 8, 9, 20, 31)],  # tables two and three go on, or begin, on the next page
    *[("problems", lines) for lines in (18, 19, 24)],  # the signature fits, does not, and goes with a full page's rest
    *[("other", lines) for lines in (14, 15, 16, 17)],
]
MANY = [(section, lines) for section in ("overview", "problems", "other") for lines in range(1, 41)]


@pytest.fixture(scope="module")
def draw(root):
    """Set a report whose section has some lines; return its pages."""
    store = Store(root)
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    order = outputs.make_render_settings(store, ["pdf"])

    def draw(section, lines):
        text = ("测" * 28 * lines)[: 28 * lines - 5] + "。"
        report = fill_form(
            store.kind.form_in_force(Period(2020)), parse(f'{facts}[prose]\n{section} = "{text}"\n', "data.toml")
        )
        page = document.make_page(document.compose(report, store.kind.template))
        (printed,) = renderer.render(page, order, date(2021, 1, 20)).files
        return [measure(part) for part in read_pages(printed.content)]

    with own_faces(), Renderer() as renderer:
        yield draw


def measure(page):
    """Return the lines of a page's body text, those of all its text, and how much of it is empty at its end."""
    chars = [char for char in page.characters if char.top < FOOT]
    low = max([*(char.bottom for char in chars), *page.bottoms])
    lines = {}
    for char in sorted(chars, key=lambda char: (char.top, char.x0)):
        middle = (char.top + char.bottom) / 2
        place = next((place for place in lines if abs(place - middle) < PITCH / 4), middle)
        lines.setdefault(place, []).append(char)
    body = [line for line in lines.values() if line[0].size > 12]
    return (
        [line_text(line) for line in body],
        [line_text(line) for line in lines.values()],
        (FOOT - low) / (FOOT - HEAD),
    )


def line_text(line):
    text = "".join(char.text for char in sorted(line, key=lambda char: char.x0))
    return unicodedata.normalize("NFKC", text)  # a browser may write 人 as the radical that looks like it


def check(pages, most=0.25):
    for body, lines, empty in pages[:-1]:
        assert empty <= most, lines[-1]
        assert not (re.match("[一二三四五六]、", body[-1]) and body[-1] == lines[-1]), "a heading is left behind"
    for (_body, lines, _empty), (_more, after, _rest) in itertools.pairwise(pages):
        if "申请人情况" in after[0]:  # the table went on: under its heads, and not after them alone
            assert not re.search("商业|企业|总计$", lines[-1])
    body = pages[-1][0]
    assert body[-2] == NAME
    assert len(body) >= 4, "the signature is alone"


@pytest.mark.parametrize(("section", "lines"), CASES)
def test_pages_end_where_they_should(draw, section, lines):
    check(draw(section, lines))


@pytest.mark.slow
@pytest.mark.parametrize(("section", "lines"), MANY)
def test_pages_end_where_they_should_however_long_a_section_is(draw, section, lines):
    check(draw(section, lines))


def test_a_full_page_has_as_many_lines_as_the_norm_says(draw):
    pages = draw("problems", 100)
    full = [body for body, lines, _empty in pages if lines == body and len(body) > 20]
    assert [len(body) for body in full[1:-1]] == [22] * len(full[1:-1])
    assert len(full) > 3
