"""The facts that every file carries: what was printed comes back from the file, and prints the same again."""

import json
import re
import zipfile

import pikepdf
import pytest
import toml_rs
import tomli_w
from cases import begun
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from nianbao.build import outputs
from nianbao.compose.embedded_facts import format_facts
from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

FORMATS = ["html", "docx", "pdf"]


def facts_in(path):
    """Return the facts that a file carries, read as another program would."""
    if path.suffix == ".pdf":
        with pikepdf.open(path) as pdf:
            return {name: kept.get_file().read_bytes().decode() for name, kept in pdf.attachments.items()}.get(
                "facts.toml"
            )
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as package:
            if "customXml/item1.xml" not in package.namelist():
                return None
            return etree.fromstring(package.read("customXml/item1.xml")).text  # our own file
    blocks = html.fromstring(path.read_bytes()).xpath('//script[@type="application/toml"]')
    return blocks[0].text if blocks else None


@pytest.mark.parametrize(
    "name", ["data/2020.toml", "tests/samples/hongze-2023.toml", "tests/samples/shuyang-2025.toml"]
)
def test_facts_come_back_and_print_the_same_again(root, tmp_path, name):
    year = re.search(r"\d{4}", name)[0]
    office, again = tmp_path / "office", tmp_path / "again"
    outputs.build_report(
        begun(office, year, (root / name).read_text(encoding="utf-8")), Period(int(year)), FORMATS, draft=True
    )
    kept = {suffix: facts_in(office / f"build/{year}.{suffix}").strip() for suffix in FORMATS}
    assert len(set(kept.values())) == 1
    outputs.build_report(begun(again, year, kept["pdf"]), Period(int(year)), FORMATS, draft=True)
    for suffix in FORMATS:
        assert (again / f"build/{year}.{suffix}").read_bytes() == (office / f"build/{year}.{suffix}").read_bytes()


def test_a_switch_leaves_the_facts_out(office, report):
    report("build", "--no-facts", cwd=office)
    for suffix in FORMATS:
        assert not facts_in(office / f"build/2020.{suffix}")


def test_acceptances_stay_in_the_office(office):
    data = office / "data/2020.toml"
    accepted = 'rule = "public-fewer-than-new"\nat = "proactive.normative.public"\nvalue = 20\nbecause = "内部说法"\n'
    data.write_text(f"{data.read_text(encoding='utf-8')}\n[[accept]]\n{accepted}", encoding="utf-8")
    outputs.build_report(Store(office), Period(2020), FORMATS)
    for suffix in FORMATS:
        assert "内部说法" not in facts_in(office / f"build/2020.{suffix}")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60))
def test_any_text_is_carried_whole_and_harmless(root, text):
    source = tomli_w.dumps({"year": 2020, "agency": {"name": "某局"}, "own": {"said": text}})
    store = Store(root)
    facts = parse(source, "data/2020.toml")
    report = fill_form(store.kind.form(facts, Period(2020)), facts, None)
    kept = format_facts(report)
    assert toml_rs.loads(kept)["own"]["said"] == text
    assert "<" not in kept
    assert etree.fromstring(f"<facts>{kept.replace('&', '&amp;')}</facts>").text == kept.replace("\r\n", "\n")


def test_the_web_page_describes_itself_to_search_engines(built):
    (block,) = html.fromstring((built / "2020.html").read_bytes()).xpath('//script[@type="application/ld+json"]')
    said = json.loads(block.text)
    assert said["@type"] == "Report"
    assert said["author"]["name"] == "鞍山市人力资源和社会保障局"
    assert said["datePublished"] == "2021-01-28"
    assert said["temporalCoverage"] == "2020-01-01/2020-12-31"


def test_the_facts_of_the_pdf_are_associated_with_it(built):
    with pikepdf.open(built / "2020.pdf") as pdf:
        (associated,) = pdf.Root.AF
        assert associated.AFRelationship == "/Source"
        assert associated.EF.F.Subtype == "/application/toml"
