"""`report import --show` in a real browser: a place leads to the source and to its line, and goes with a save."""

from itertools import product

import pytest
import shown_sources
from previews import run_preview
from shown_sources import GRANTED, HOSTILE, OTHER, RECEIVED
from web_pages import find_axe_faults

from nianbao.importer.undecided_places import ShownFile
from nianbao.workspace.store import Store

YEAR = 2021
PAGES = 200
LATE_MS = 1500  # within which the first state is there
LAZY = 30  # pages that a browser may ask for before anyone scrolls

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def form(root):
    return Store(root).kind.edition("2021")


@pytest.fixture
def show(browser, tmp_path):
    """Import a file, and open its preview: the page, the site, and what the page asked for."""
    opened = []

    def run(name, content, change=lambda shown: shown, prepare=lambda _page: None):
        (tmp_path / name).write_bytes(content)
        imported = shown_sources.import_shown(tmp_path, tmp_path / name)
        running = run_preview(tmp_path, YEAR, change(imported.shown))
        site = running.__enter__()
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        asked, complaints = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        opened.append((page, site, running, asked, complaints))
        prepare(page)
        page.goto(site.url)
        page.locator("#undecided-list > li").first.wait_for()
        return page, site, asked

    yield run
    for page, site, running, asked, complaints in opened:
        page.close()
        running.__exit__(None, None, None)
        assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
        assert [text for text in complaints if "409" not in text] == []


def wait_until_drawn(page, number):
    page.wait_for_function(
        "(n) => document.querySelector('#source').contentDocument?.querySelector(`#page-${n} img`)?.naturalWidth > 0",
        arg=number,
    )


def shown_line(page):
    return page.locator("#line-list [data-chosen]").inner_text()


def test_a_place_leads_to_its_row_and_its_line_and_goes_with_a_save(show, form):
    page, site, _asked = show(f"{HOSTILE}.html", shown_sources.make_html(form).encode())
    source = page.frame_locator("#source")
    assert page.locator("#show-source").get_attribute("aria-pressed") == "true"
    received, granted = page.locator("#undecided-list > li").all()
    assert page.locator("#undecided-title").inner_text().endswith("(2)")
    granted.locator("button.go").click()
    row = source.locator("tr[data-chosen]")
    assert shown_sources.UNREADABLE in row.inner_text()
    assert "（一）予以公开" in row.inner_text()
    assert row.evaluate("row => row.getBoundingClientRect().top") > 0
    assert "（自然人、其他）印作" in shown_line(page)  # the comment, right above the line that takes the figures
    received.locator(".figures button").click()
    source.locator("tr[data-chosen]", has_text="一、本年新收").wait_for()
    assert "一、本年新收" in shown_line(page)
    site.save("received                      = {", "received                      = { person = 3,")
    page.locator("#undecided-title", has_text="(1)").wait_for()
    page.locator("#line-list mark", has_text="3").wait_for()
    granted_line = "outcome.granted               = {"
    site.save(granted_line, f"{granted_line} person = 4,")
    page.locator(f"#undecided-list [data-decided] code:text-is('{GRANTED}')").wait_for(state="hidden")
    assert page.locator(f"#undecided-list code:text-is('{OTHER}')").is_visible()
    site.save("person = 4,", "person = 4, other = 5,")
    page.locator("#undecided-state", has_text="都定了").wait_for()
    assert page.locator("#undecided-list > li").count() == 0
    page.locator("#show-web").click()
    page.frame_locator("#web").locator(f'[id="{RECEIVED}"]', has_text="3").wait_for()
    site.save("person = 4, other = 5,", "")
    page.locator("#undecided-title", has_text="(1)").wait_for()


def test_a_script_that_comes_late_lists_the_places(show, form):
    """The server may answer with the first state before the browser has the second script of the page."""

    def delay(page):
        page.route("**/source.js", lambda route: (page.wait_for_timeout(LATE_MS), route.continue_()))

    page, _site, _asked = show(f"{HOSTILE}.html", shown_sources.make_html(form).encode(), prepare=delay)
    assert page.locator("#undecided-title").inner_text().endswith("(2)")


def test_markup_of_a_stranger_stays_text(show, form):
    page, _site, _asked = show(f"{HOSTILE}.html", shown_sources.make_html(form).encode())
    source = page.frame_locator("#source")
    source.locator("h1").wait_for()
    assert HOSTILE in source.locator("body").inner_text()
    assert page.locator("img, #source img").count() == source.locator("img, script").count() == 0
    assert source.locator("h1").inner_text() == f"{HOSTILE}.html"


def test_a_place_on_a_page_is_marked_and_pages_are_drawn_when_they_come_into_view(show, form):
    page, _site, asked = show("report.pdf", shown_sources.make_pdf(form, pages_before=PAGES - 1))
    source = page.frame_locator("#source")
    wait_until_drawn(page, 1)
    page.wait_for_timeout(1500)  # in which it would ask for more
    assert 0 < len([url for url in asked if "/source/" in url]) < LAZY
    page.locator("#undecided-list button.go").first.click()
    source.locator("#mark").wait_for()
    wait_until_drawn(page, PAGES)
    mark, sheet = source.locator("body").evaluate(
        "(body) => ['#mark', '#page-200 img'].map((one) => body.querySelector(one).getBoundingClientRect().toJSON())"
    )
    assert sheet["y"] < mark["y"] < mark["y"] + mark["height"] < sheet["y"] + sheet["height"]
    assert mark["height"] < sheet["height"] / 20
    assert len([url for url in asked if "/source/" in url]) < 2 * LAZY


def test_a_page_that_cannot_be_drawn_is_said(show, form):
    spoil = lambda shown: ShownFile(  # noqa: E731
        shown.name, shown.blocks, shown.places, shown.content.replace(b"/Contents", b"/Nothing"), shown.drawable
    )
    page, site, _asked = show("report.pdf", shown_sources.make_pdf(form), spoil)
    page.frame_locator("#source").locator("#page-1").wait_for()
    page.route(f"{site.url}source/*", lambda route: route.fulfill(status=409, body="{}"))
    page.reload()
    page.frame_locator("#source").locator("#page-1 p", has_text="画不出来").wait_for()


@pytest.mark.parametrize("name", ["report.html", "b.pdf"])
def test_axe_finds_nothing(show, form, name):
    content = shown_sources.make_pdf(form) if name == "b.pdf" else shown_sources.make_html(form).encode()
    page, _site, _asked = show(name, content)
    page.locator("#undecided-list button.go").first.click()
    page.frame_locator("#source").locator("[data-chosen]").wait_for()
    for width, scheme in product([360, 1400], ["light", "dark"]):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert find_axe_faults(page) == [], (width, scheme)
