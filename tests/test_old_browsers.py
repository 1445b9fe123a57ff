"""Web pages in browsers of old machines: one that knows no modern function of CSS, and the oldest engine of Debian."""

import os
import re
import subprocess

import pytest
from PIL import Image

# Functions that Chrome 109, the last for Windows 7, or browsers that offices still use, lack; a declaration in which
# one stands is invalid there as a whole.
MODERN = re.compile(r"[\w-]+ *: *[^;{}]*\b(?:light-dark|clamp|min|max|var|color-mix)\([^;{}]*(?:;|(?=\}))")
LOOK = """() => {
  const style = (query) => getComputedStyle(document.querySelector(query))
  const cells = [...document.querySelectorAll("th, td")].map((cell) => getComputedStyle(cell).borderTopWidth)
  return {
    lines: cells.filter((width) => width === "1px").length / cells.length,
    ink: style("body").color, paper: style("main").backgroundColor, head: style("th[scope^=col]").backgroundColor,
    inset: parseFloat(style("main").paddingLeft) > 0, title: parseFloat(style("h1").fontSize) > 20,
  }
}"""
WANTED = {
    "lines": 1,
    "ink": "rgb(0, 0, 0)",
    "paper": "rgb(255, 255, 255)",
    "head": "rgb(244, 244, 242)",
    "inset": True,
    "title": True,
}


def make_old(page):
    """Take out what an old browser drops."""
    return MODERN.sub("", page)


def look_at(browser, path, page):
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1000, "height": 800})
    try:
        tab.goto(path.as_uri())
        return tab.evaluate(LOOK)
    finally:
        tab.close()


@pytest.fixture
def page(built):
    return (built / "2020.html").read_text(encoding="utf-8")


@pytest.mark.needs("chromium")
def test_a_page_without_modern_functions_looks_the_same(browser, page, tmp_path):
    assert len(MODERN.findall(page)) > 2
    assert look_at(browser, tmp_path / "old.html", make_old(page)) == WANTED
    assert look_at(browser, tmp_path / "new.html", page) == WANTED


@pytest.mark.needs("chromium")
def test_lines_with_a_modern_colour_are_seen_to_be_lost(browser, page, tmp_path):
    modern = page.replace("border: 1px solid #000", "border: 1px solid light-dark(#000, #fff)")
    assert look_at(browser, tmp_path / "old.html", make_old(modern))["lines"] < 1


def draw(page, folder):
    """Draw a page by QtWebKit, 900 px wide, as shades of grey."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    command = ["wkhtmltoimage", "--quiet", "--width", "900", "page.html", "page.png"]
    subprocess.run(command, cwd=folder, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, check=True, timeout=600)
    with Image.open(folder / "page.png") as picture:
        return picture.convert("L")


def count_lines(picture):
    """Count the rows of pixels that are dark over most of the width: horizontal lines of tables."""
    width, height = picture.size
    pixels = picture.load()
    return sum(sum(pixels[x, y] < 128 for x in range(0, width, 4)) > width / 4 * 0.7 for y in range(height))


@pytest.mark.needs("wkhtmltoimage", package="wkhtmltopdf")
def test_the_oldest_engine_of_debian_draws_the_lines_of_tables(page, tmp_path):
    assert count_lines(draw(page, tmp_path)) > 20
    lost = page.replace("border: 1px solid #000", "border: 1px solid light-dark(#000, #fff)")
    assert count_lines(draw(lost, tmp_path)) == 0


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(("width", "is_said"), [(360, True), (1200, False)])
def test_a_phone_is_told_that_a_table_scrolls(browser, built, width, is_said):
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.goto((built / "2020.html").as_uri())
    said = tab.evaluate("getComputedStyle(document.querySelectorAll('.scroll')[1], '::before').content")
    goes_on = tab.evaluate(
        "(() => { const e = document.querySelectorAll('.scroll')[1]; return e.scrollWidth > e.clientWidth })()"
    )
    tab.close()
    assert ("左右滑动" in said) is is_said
    assert goes_on is is_said
