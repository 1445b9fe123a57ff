"""`report site`: pages whose links lead somewhere, data that is described, and nothing written without need."""

import csv
import errno
import hashlib
import json
import os
import re
import shutil
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree as ET

import duckdb
import pytest
from lxml import html
from offices import data
from web_pages import find_axe_faults, find_html_faults, needs_checker

from nianbao.export.pipeline import read_all
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.site import dataset
from nianbao.workspace.files import write_by
from nianbao.workspace.store import Store

NAMES = {
    "province": "某省",
    "city-a": "甲市人民政府",
    "city-b": '“乙”市<b>&"人民政府',
    "bureau": "甲市财政局",
    "late": "甲市迟报局",
}
PARENTS = {"city-a": "province", "city-b": "province", "bureau": "city-a", "late": "city-a"}


@pytest.fixture
def folder(tmp_path):
    """Five offices on three levels: one has errors, and one no report."""
    entries = [
        f"[{office}]\nname = '{name}'\nkind = '{'省' if office == 'province' else '其他'}'\n"
        + (f"parent = '{PARENTS[office]}'\n" if office in PARENTS else "")
        for office, name in NAMES.items()
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/offices.toml").write_text("\n".join(entries), encoding="utf-8")
    for number, office in enumerate(("city-a", "city-b", "bureau"), 1):
        text = data(number).replace(f'"第{number}市第{number}局"', f"'{NAMES[office]}'")
        (tmp_path / f"data/{office}").mkdir()
        (tmp_path / f"data/{office}/2024.toml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def site(folder, report):
    done = make(report, folder)
    assert done.returncode == 1  # two are missing
    return folder / "site"


def make(report, folder, *words):
    return report("site", "2024", "--all", "--to", "markdown", "--ignore", "rollup-differs", *words, cwd=folder)


def names(site):
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


def stamps(site):
    return {name: (site / name).stat().st_mtime_ns for name in names(site)}


def pages(site):
    return {name: html.fromstring((site / name).read_bytes()) for name in sorted(names(site)) if name.endswith(".html")}


def list_targets(page):
    links = [*page.xpath("//@href"), *page.xpath("//@src"), *page.xpath("//@data-index")]
    return [unquote(urldefrag(link).url) for link in links if not link.startswith("#")]


def test_every_link_leads_to_a_file_of_the_site_and_every_file_is_linked(site):
    linked = set()
    for name, page in pages(site).items():
        for target in list_targets(page):
            found = ((site / name).parent / target).resolve()
            assert found.is_file(), (name, target)
            linked.add(found.relative_to(site.resolve()).as_posix())
    unlinked = names(site) - linked - {"index.html"}
    assert unlinked == set()


def test_no_page_asks_for_anything_elsewhere(site):
    for name in names(site):
        if name.endswith((".html", ".js", ".css")):
            text = (site / name).read_text(encoding="utf-8")
            text = text.replace("https://schema.org", "")
            assert not re.search(r"https?://|//[a-z]|@import|url\(", text), name


def test_pages_are_well_formed_and_names_are_escaped(site):
    for name in pages(site):
        text = (site / name).read_text(encoding="utf-8")
        assert "<b>&" not in text
        closed = re.sub(r"<(meta|link|input)([^>]*)>", r"<\1\2/>", text.removeprefix("<!DOCTYPE html>"))
        closed = re.sub(r"\s(defer|hidden)(?=[\s/>])", r' \1=""', closed)
        page = ET.fromstring(closed)  # noqa: S314  # ours
        ids = [one.get("id") for one in page.iter() if one.get("id")]
        assert len(ids) == len(set(ids)), name
        labels = [one.get("aria-labelledby") for one in page.iter() if one.get("aria-labelledby")]
        assert set(labels) <= set(ids)
    assert "“乙”市&lt;b&gt;&amp;&#34;人民政府" in (site / "offices/city-b.html").read_text(encoding="utf-8")
    index = (site / "assets/search-index.js").read_text(encoding="utf-8")
    entries = json.loads(index.removeprefix("window.searchIndex = ").removesuffix(";\n"))
    assert [NAMES["city-b"], "offices/city-b.html"] in [entry[:2] for entry in entries]


def test_the_first_page_counts_reports_by_level_and_kind(site):
    page = pages(site)["index.html"]
    rows = {row.xpath("string(th)"): row.xpath("td/text()") for row in page.xpath("//tbody/tr")}
    assert rows["2024年"] == ["3", "0", "2"]
    assert rows["第 1 级"] == ["0", "0", "1"]
    assert rows["第 2 级"] == ["2", "0", "0"]
    assert rows["第 3 级"] == ["1", "0", "1"]
    assert rows["省"] == ["0", "0", "1"]
    assert rows["某省"] == ["3", "0", "2"]  # with all below it
    assert len(page.xpath("//section[@aria-labelledby='offices']//tbody/tr")) == 1


@pytest.fixture
def large(folder, report):
    """A site of 201 offices at the first level, and of one that has 201 units, most of them without a report."""
    register = folder / "data/offices.toml"
    text = register.read_text(encoding="utf-8")
    text += "".join(f"[top-{number}]\nname = '第{number}厅'\n" for number in range(200))
    text += "".join(f"[unit-{number}]\nname = '第{number}<局>'\nparent = 'bureau'\n" for number in range(201))
    register.write_text(text, encoding="utf-8")
    (folder / "data/unit-100").mkdir()
    (folder / "data/unit-100/2024.toml").write_text(data(100).replace("第100市第100局", "第100<局>"), encoding="utf-8")
    make(report, folder)
    return folder / "site"


def rows(page):
    """Return the rows of the list of offices of a page: names, targets, and counts of states."""
    found = [(row.xpath("string(th)"), row.xpath("string(th/a/@href)"), row) for row in page.xpath("//tr[th/a]")]
    return [(name, target, *map(int, row.xpath("td/text()"))) for name, target, row in found]


def test_a_long_list_of_offices_is_divided_into_pages(large):
    """The first page of 10,000 offices had 1.2 MB."""
    found = pages(large)
    assert rows(found["index.html"]) == [
        ("1–101：某省至第99厅", "index/1.html", 4, 0, 302),
        ("102–201：第100厅至第199厅", "index/2.html", 0, 0, 100),
    ]
    assert rows(found["offices/bureau.html"]) == [
        ("1–101：第0<局>至第100<局>", "../lists/bureau/1.html", 1, 0, 100),
        ("102–201：第101<局>至第200<局>", "../lists/bureau/2.html", 0, 0, 100),
    ]
    linked = [row[1].rpartition("/")[2] for page in found.values() for row in rows(page) if "offices/" in row[1]]
    assert sorted(linked) == sorted(name.rpartition("/")[2] for name in found if name.startswith("offices/"))
    listed = rows(found["lists/bureau/1.html"])
    assert listed[100] == ("第100<局>", "../../offices/unit-100.html", 1, 0, 0)
    nav = [found[f"lists/bureau/{number}.html"].xpath("//nav//a/text()") for number in (1, 2)]
    above = ["某省", "甲市人民政府", "甲市财政局"]
    assert nav == [[*above, "下一页"], [*above, "上一页"]]
    assert found["index/1.html"].xpath("//nav//a/@href") == ["../index/2.html"]
    for name, page in found.items():
        assert [one for one in list_targets(page) if not ((large / name).parent / one).resolve().is_file()] == []


def test_pages_of_a_long_list_are_written_only_if_they_change_and_removed_with_it(large, folder, report):
    before = stamps(large)
    make(report, folder)
    assert stamps(large) == before
    (folder / "data/unit-100/2024.toml").unlink()
    make(report, folder)
    after = stamps(large)
    lists = {name for name in after if name.startswith(("lists", "index")) and after[name] != before[name]}
    assert lists == {"lists/bureau/1.html", "index/1.html", "index.html"}
    register = folder / "data/offices.toml"
    register.write_text(register.read_text("utf-8").partition("[top-0]")[0], encoding="utf-8")
    make(report, folder)
    assert not (large / "lists").exists()
    assert not (large / "index").exists()


@needs_checker
def test_the_pages_of_a_long_list_are_valid_html(large):
    chosen = ["index.html", "index/1.html", "index/2.html", "lists/bureau/2.html", "offices/bureau.html"]
    assert find_html_faults(*(large / name for name in chosen)) == []


@pytest.mark.needs("chromium")
def test_the_pages_of_a_long_list_are_accessible_and_their_search_finds_all(large, browser):
    for name in ("index.html", "lists/bureau/2.html", "offices/bureau.html"):
        page = browser.new_page(viewport={"width": 360, "height": 640})
        page.goto((large / name).as_uri())
        assert find_axe_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("window.searchIndex") is None  # of many reports it is large
        page.locator("#search").fill("第199<局")
        page.locator("#found a").click()
        page.wait_for_url("**/offices/unit-199.html")
        assert page.locator("h1").inner_text() == "第199<局>"
        page.close()


def test_a_report_with_errors_is_withheld(folder, report):
    path = folder / "data/bureau/2024.toml"
    path.write_text(
        re.sub(r"received = \{ person = \d+", "received = { person = 99999", path.read_text("utf-8")), "utf-8"
    )
    assert make(report, folder).returncode == 1
    page = pages(folder / "site")["offices/bureau.html"]
    assert page.xpath("string(//p[contains(@class, 'withheld')])") == "暂未公开"
    assert "99999" not in (folder / "site/offices/bureau.html").read_text(encoding="utf-8")
    assert not (folder / "site/reports/bureau").exists()
    assert "bureau" not in (folder / "site/data/2021/figures.csv").read_text(encoding="utf-8")


def test_the_data_is_that_of_the_files_and_described_column_by_column(site, folder):
    package = json.loads((site / "data/datapackage.json").read_bytes())
    by_format = {one["format"]: one for one in package["resources"]}
    assert by_format.keys() == {"csv", "json", "parquet"}
    for resource in by_format.values():
        content = (site / "data" / resource["path"]).read_bytes()
        assert (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}") == (resource["bytes"], resource["hash"])
    with (site / "data/2021/figures.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    fields = {one["name"]: one for one in by_format["csv"]["schema"]["fields"]}
    assert list(rows[0]) == list(fields)
    assert all(one["title"] for one in fields.values())
    address = "requests.received.person"
    assert fields[address]["unit"] == "件" or fields[address]["title"]
    written = {
        office: int(
            re.search(r"received = \{ person = (\d+)", (folder / f"data/{office}/2024.toml").read_text("utf-8"))[1]
        )
        for office in ("bureau", "city-a", "city-b")
    }
    assert {row["office"]: int(row[address]) for row in rows} == written
    parquet = site / "data/2021/figures.parquet"
    told = duckdb.sql(f"select office, \"{address}\" from '{parquet}'").fetchall()  # ours
    assert (fields[address]["type"], fields["proactive.fees.amount"]["type"]) == ("integer", "number")
    assert dict(told) == written
    assert {
        row["office"]: row[address] for row in json.loads((site / "data/2021/figures.json").read_bytes())
    } == written


@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_the_data_of_a_site_is_that_of_an_export(folder, tmp_path, monkeypatch, size):
    """Reports are put into it in batches, and JSON is not written by DuckDB, which takes 130 MB for it."""
    path = folder / "data/bureau/2024.toml"
    text = re.sub(r"amount = [0-9.]+", "amount = 450.10", path.read_text(encoding="utf-8"))
    path.write_text(text.replace("甲市财政局", '甲市"财政\\\\局'), encoding="utf-8")
    monkeypatch.setattr(dataset, "_BATCH_SIZE", size)
    store = Store(folder)
    refs = [(store.of_office(office), Period(2024)) for office in ("bureau", "city-a", "city-b")]
    found = {row.office: row for row in read_all(refs, 1)}
    databases = dataset.make_databases(store, [found[office] for office in sorted(found)], ["2021"])
    assert dataset.write_tables(databases, tmp_path) == dict.fromkeys(dataset.name_files(["2021"]).values(), True)
    database = databases["2021"]
    for suffix in ("csv", "json", "parquet"):
        statement = f"select * from ({database.make_wide_select()})"
        database.copy(statement, suffix, tmp_path / f"whole.{suffix}")
        parts, whole = (tmp_path / name for name in (f"data/2021/figures.{suffix}", f"whole.{suffix}"))
        assert duckdb.sql(f"from '{parts}'").fetchall() == duckdb.sql(f"from '{whole}'").fetchall()
        assert suffix == "parquet" or parts.read_bytes() == whole.read_bytes()
    leaves = dict(duckdb.sql(f"select office, leaf from '{tmp_path}/data/2021/figures.csv'").fetchall())
    assert leaves == {"bureau": True, "city-a": False, "city-b": True}


def test_a_report_with_prompts_left_is_called_a_draft(folder, report):
    """It was called published and nothing else, as one that its office has finished."""
    path = folder / "data/bureau/2024.toml"
    text = re.sub(r"problems  .*", 'problems = ["（请写明存在的主要问题）"]', path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    for _run in range(2):
        make(report, folder)
        pages = [
            (folder / f"site/offices/{office}.html").read_text(encoding="utf-8") for office in ("bureau", "city-a")
        ]
        assert ["已公开 草稿，还有内容没有填写 <time" in page for page in pages] == [True, False]


def test_the_checksums_are_those_of_all_files(site):
    lines = (site / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    assert listed.keys() == names(site) - {"SHA256SUMS"}
    assert all(hashlib.sha256((site / name).read_bytes()).hexdigest() == digest for name, digest in listed.items())


def test_a_second_run_writes_nothing_and_a_change_only_what_shows_it(site, folder, report):
    before = stamps(site)
    make(report, folder)
    assert stamps(site) == before
    path = folder / "data/bureau/2024.toml"
    path.write_text(re.sub(r"published = \S+", "published = 2025-01-30", path.read_text("utf-8")), "utf-8")
    make(report, folder)
    after = stamps(site)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        "reports/bureau/2024.md",
        "offices/bureau.html",
        "assets/search-index.js",
        "feed.xml",
        "SHA256SUMS",
    }


def test_another_folder_gives_the_same_bytes(site, folder, report, tmp_path):
    make(report, folder, "--out", tmp_path / "other")
    contents = [{name: (top / name).read_bytes() for name in names(top)} for top in (site, tmp_path / "other")]
    assert contents[0] == contents[1]


def test_a_folder_with_other_files_is_left_alone(folder, report):
    (folder / "site").mkdir()
    (folder / "site/index.html").write_text("我的网站", encoding="utf-8")
    done = make(report, folder)
    assert done.returncode == 2
    assert "index.html" in done.stderr
    assert "--out" in done.stderr
    assert names(folder / "site") == {"index.html"}


@pytest.mark.parametrize("name", ["offices/late.html", "assets/style.css", "assets"])
def test_no_page_of_somebody_else_is_replaced(folder, report, name):
    path = folder / "site" / name
    path.parent.mkdir(parents=True)
    path.write_text("我的", encoding="utf-8")
    done = make(report, folder)
    assert done.returncode == 2
    assert path.read_text(encoding="utf-8") == "我的"
    assert names(folder / "site") == {name}


@pytest.mark.parametrize("out", [".", "data", "data/site"])
def test_a_site_is_not_put_among_the_data_files(folder, report, out):
    """Its figures were put into a folder below `data/`, as if they were of an office."""
    before = names(folder)
    done = make(report, folder, "--out", out)
    assert done.returncode == 2
    assert "数据文件在那里" in done.stderr
    assert names(folder) == before


def test_what_belongs_to_somebody_else_stays_and_what_is_gone_is_removed(site, folder, report):
    (site / "CNAME").write_text("example.org", encoding="utf-8")
    assert (site / "offices/bureau.html").exists()
    (folder / "data/bureau/2024.toml").unlink()
    register = folder / "data/offices.toml"
    register.write_text(register.read_text("utf-8").replace("[bureau]", "[office]"), "utf-8")
    make(report, folder)
    assert not (site / "offices/bureau.html").exists()
    assert not (site / "reports/bureau").exists()
    assert (site / "offices/office.html").exists()
    assert (site / "CNAME").read_text(encoding="utf-8") == "example.org"


def test_a_register_with_errors_leaves_the_site_as_it_is(site, folder, report):
    before = {name: (site / name).read_bytes() for name in names(site)}
    register = folder / "data/offices.toml"
    register.write_text(register.read_text("utf-8").replace("[province]", "[province]\nparent = 'city-a'"), "utf-8")
    done = make(report, folder)
    assert done.returncode == 2
    assert "offices.toml" in done.stderr
    assert {name: (site / name).read_bytes() for name in names(site)} == before


def test_files_that_are_made_at_once_are_put_in_place_all_or_none(tmp_path):
    def fail(_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    makers = {tmp_path / name: partial(Path.write_text, data=name) for name in "ab"}
    with pytest.raises(UserError, match="full"):
        write_by(makers | {tmp_path / "full": fail}, tmp_path, threads=3)
    assert list(tmp_path.iterdir()) == []
    write_by(makers, tmp_path, threads=3)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "a", "b": "b"}


@pytest.mark.parametrize("name", ["../outside.txt", "link/outside.txt"])
def test_a_list_of_files_removes_nothing_outside_of_the_site(site, folder, report, name):
    outside = folder / "outside.txt"
    outside.write_bytes(b"")
    (site / "link").symlink_to(folder)
    with (site / "SHA256SUMS").open("a", encoding="utf-8") as file:
        file.write(f"{hashlib.sha256(b'').hexdigest()}  {name}\n")
    make(report, folder)
    assert outside.exists()


def test_a_page_that_is_a_link_is_replaced_and_its_target_stays(site, folder, report):
    outside = folder / "outside.txt"
    outside.write_text("x", encoding="utf-8")
    (site / "index.html").unlink()
    (site / "index.html").symlink_to(outside)
    make(report, folder)
    assert outside.read_text(encoding="utf-8") == "x"
    assert not (site / "index.html").is_symlink()


def test_with_an_address_there_are_a_site_map_and_whole_links(folder, report):
    make(report, folder, "--address", "https://example.org/r")
    site = folder / "site"
    spaces = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "a": "http://www.w3.org/2005/Atom"}
    found = [one.text for one in ET.parse(site / "sitemap.xml").iterfind(".//s:loc", spaces)]  # noqa: S314  # ours
    assert found[0] == "https://example.org/r/"
    assert all((site / unquote(one.removeprefix("https://example.org/r/"))).exists() for one in found)
    assert len(found) == len(pages(site))
    feed = ET.parse(site / "feed.xml")  # noqa: S314  # ours
    days = [one.text for one in feed.iterfind("a:entry/a:updated", spaces)]
    assert days == sorted(days, reverse=True)
    assert len(days) == 3
    assert make(report, folder, "--address", "ftp://example.org").returncode == 2


@pytest.mark.needs("chromium")
def test_the_search_finds_parts_of_names_and_figures_in_a_page_opened_as_a_file(site, browser):
    page = browser.new_page()
    page.goto((site / "offices/city-a.html").as_uri())
    page.locator("#search").fill("财政")
    links = page.locator("#found a")
    links.first.wait_for()  # for the index
    assert links.all_inner_texts() == ["甲市财政局"]
    links.first.click()
    page.locator("h1", has_text=re.compile("^甲市财政局$")).wait_for()
    page.wait_for_load_state()  # with the script that hears what is filled in
    page.locator("#search").fill("没有这样的名称")
    page.locator("#found", has_text=re.compile("^没有找到$")).wait_for()
    page.close()


@pytest.mark.needs("chromium")
def test_the_search_says_how_many_more_it_has_found(site, browser, tmp_path):
    """It listed the first 50 as if these were all."""
    shutil.copytree(site, tmp_path / "copy")
    entries = [[f"第{number}局", "offices/city-a.html", f"第{number}局"] for number in range(60)]
    index = tmp_path / "copy/assets/search-index.js"
    index.write_text(f"window.searchIndex = {json.dumps(entries)};", encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "copy/index.html").as_uri())
    for words, count, more in (("局", 50, "另有 10 个没有列出；再多写几个字"), ("第59", 1, "")):
        page.locator("#search").fill(words)
        page.locator("#found a").first.wait_for()  # for the index
        assert page.locator("#found a").count() == count
        assert page.locator("#found p").all_inner_texts() == ([more] if more else [])
    page.close()


@needs_checker
def test_the_pages_are_valid_html(site, tmp_path):
    assert find_html_faults(site) == []
    page = (site / "index.html").read_text(encoding="utf-8")
    (tmp_path / "index.html").write_text(page.replace("</main>", "</main><p id=search>"), encoding="utf-8")
    assert find_html_faults(tmp_path)


@pytest.mark.needs("chromium")
def test_the_pages_are_accessible(site, browser):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # only with a browser

    for name in ("index.html", "offices/city-a.html", "offices/bureau.html"):
        page = browser.new_page()
        page.goto((Path(site) / name).as_uri())
        assert Axe().run(page).response["violations"] == [], name
        page.close()
