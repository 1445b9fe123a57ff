"""The page of the preview in a real browser: figures that change, findings on their cells, lines of the file."""

import psutil
import pytest
from cases import until
from previews import run_preview
from web_pages import find_axe_faults, note_changes, wait_for_changes

ADDRESS = "proactive.normative.public"
CELL = f'[id="{ADDRESS}"]'
BOX = f'g[data-address="{ADDRESS}"]'

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def site(office):
    with run_preview(office) as running:
        yield running


@pytest.fixture
def page(browser, site):
    """The page of a preview, which asks nobody else and complains of nothing."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.url)
    page.frame_locator("#web").locator(f"{CELL}[data-level]").wait_for()  # by which it is painted, and hears clicks
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
    assert [text for text in complaints if "409" not in text] == []


def shown_line(page):
    return page.locator("#line-list [data-chosen]").inner_text()


def test_a_figure_is_changed_broken_found_and_mended(page, site):
    web = page.frame_locator("#web")
    cell = web.locator(CELL)
    cell.scroll_into_view_if_needed()
    cell.evaluate("cell => { cell.kept = true; cell.ownerDocument.querySelector('h1').kept = true; }")
    scrolled = "document.querySelector('#web').contentWindow.scrollY"
    before = page.evaluate(scrolled)
    note_changes(page, "web")
    site.save("public = 20", "public = 28")
    assert wait_for_changes(page) == [ADDRESS]
    assert cell.evaluate("cell => cell.kept && cell.ownerDocument.querySelector('h1').kept")  # changed in place
    assert page.evaluate(scrolled) == before > 0
    site.save("public = 28", "public = 2o")
    web.locator("html[data-stale]").wait_for()
    assert page.locator("#headline").inner_text() == "还差 1 处"
    assert cell.get_attribute("data-level") == "error"
    assert "2o" in page.locator("#notice").inner_text()
    assert cell.inner_text() == "28"  # the last page that could be made
    page.locator("#finding-list button.go").first.click()
    assert "public = 2o" in shown_line(page)
    assert page.locator("#open-editor").get_attribute("href") == f"vscode://file{site.file}:18:53"
    site.save("public = 2o", "public = 20")
    web.locator("html:not([data-stale])").wait_for()
    web.locator(CELL, has_text="20").wait_for()
    assert page.locator("#headline").inner_text() == "可以发布"
    assert page.locator("#notice").is_hidden()


def test_figures_and_placeholders_lead_to_their_lines(page):
    web = page.frame_locator("#web")
    web.locator(CELL).click()
    assert shown_line(page).startswith("18")
    assert page.locator("#line-list mark").inner_text() == "20"
    web.locator('[data-address="facts.portal_items"]').click()
    page.locator("#line-list mark", has_text="794").wait_for()


def test_official_pages_follow_too(page, site):
    page.locator("#show-official").click()
    official = page.frame_locator("#official")
    official.locator(f'{BOX}[data-level="warning"]').wait_for()
    official.locator(f"{BOX} rect").click()
    assert shown_line(page).startswith("18")
    note_changes(page, "official")
    site.save("public = 20", "public = 23")
    assert wait_for_changes(page) == [ADDRESS]


def test_an_acceptance_is_written_by_its_button(page, site):
    page.locator("#finding-list details").first.click()
    page.locator('#finding-list input[name="because"]').first.fill("清理后已不再公开")
    page.locator("#finding-list form button").first.click()
    page.locator("#answer", has_text="2020.toml").wait_for()
    assert "清理后已不再公开" in site.file.read_text(encoding="utf-8")


def test_words_of_the_file_are_no_markup(page, site):
    site.save("辽政办明电〔2021〕1号", "<img src=x onerror=alert(1)>")
    page.frame_locator("#web").locator("body", has_text="<img src=x").wait_for()
    page.frame_locator("#web").locator('[data-address="facts.notices"]').click()
    page.locator("#line-list mark", has_text="<img").wait_for()
    assert page.locator("img").count() == page.frame_locator("#web").locator("img").count() == 0


def test_a_page_of_another_origin_gets_nothing(browser, site):
    page = browser.new_page()
    page.route("http://example.com/**", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    page.goto("http://example.com/")
    seen = page.evaluate(
        """async (url) => {
            const asked = await fetch(url + "state", { mode: "no-cors" }).then((one) => one.text(), () => "");
            const frame = document.createElement("iframe");
            frame.src = url + "page";
            document.body.append(frame);
            await new Promise((resolve) => { frame.onload = resolve; setTimeout(resolve, 2000); });
            let inner = "";
            try { inner = frame.contentDocument.body.textContent; } catch { /* as it should be */ }
            return asked + inner;
        }""",
        site.url,
    )
    page.close()
    assert seen == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing(page, site, width, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.frame_locator("#web").locator(CELL).click()
    for view in ("official", "web"):
        page.locator(f"#show-{view}").click()
        page.frame_locator(f"#{view}").locator("[data-level]").first.wait_for(state="attached")
        assert find_axe_faults(page) == []
    site.save("public = 20", "public = 2o")
    page.frame_locator("#web").locator("html[data-stale]").wait_for()
    assert find_axe_faults(page) == []


@pytest.mark.slow
def test_many_saves_leave_nothing(page, site, seeds):
    """Neither files nor threads, nodes of the page nor memory grow with the number of saves."""
    session, process = page.context.new_cdp_session(page), psutil.Process()
    cell = page.frame_locator("#web").locator(CELL)

    def measure():
        session.send("HeapProfiler.collectGarbage")
        counts = session.send("Memory.getDOMCounters")
        memory = sum(
            child.memory_info().rss for child in process.children(recursive=True) if "chrom" not in child.name()
        )
        return counts["nodes"], counts["jsEventListeners"], process.num_fds(), process.num_threads(), memory / 2**20

    figure, count = 20, seeds("saves")
    for done in range(count):
        site.save(f"public = {figure}", f"public = {21 + done}")
        figure = 21 + done
        page.frame_locator("#web").locator(CELL, has_text=str(figure)).wait_for()
        if done == count // 4:
            before = measure()
    assert cell.inner_text() == str(figure)
    most = (1.5 * count, 5, 2, 2, 40)

    def is_as_before():  # once the browser and the server have closed what they need no more
        return all(b - a <= more for a, b, more in zip(before, measure(), most, strict=True))

    until(is_as_before)
