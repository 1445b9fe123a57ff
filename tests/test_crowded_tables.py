"""Tables of prose with more figures than a page holds: which are found, and how small the type of the others is."""

import itertools

import pdfplumber
import pytest
from cases import begun, convert_all, own_faces

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.model.period import Period

COLUMNS = {4: 19, 8: 11}  # as many fit, by the digits of their figures


def write_table(columns, digits, figure="{}"):
    figures = [figure.format(str(7 * 10 ** (digits - 1) + at)) for at in range(columns)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (map(str, range(columns)), ["---"] * columns, figures))


@pytest.fixture
def begin_office(root, tmp_path):
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    return lambda table, more="": begun(tmp_path, 2020, f"{facts}{more}[prose]\nother = '''\n{table}\n'''\n")


def find_crowded(store):
    findings = check.check_report(store, Period(2020)).findings
    return [finding for finding in findings if finding.rule == "crowded-table"]


@pytest.mark.parametrize("digits", COLUMNS)
def test_a_table_that_fits_is_printed_in_type_that_can_be_read(begin_office, digits):
    store = begin_office(write_table(COLUMNS[digits], digits))
    assert find_crowded(store) == []
    with own_faces():
        outputs.build_report(store, Period(2020), ["pdf"])
    with pdfplumber.open(store.root / "build/2020.pdf") as pdf:
        page = pdf.pages[-1]
        sizes = [char["size"] for char in page.chars if char["text"] == "7"]
    assert len(sizes) >= COLUMNS[digits]
    assert min(sizes) >= 7.2


@pytest.mark.parametrize("digits", COLUMNS)
def test_a_table_with_a_column_more_is_found(begin_office, digits):
    (finding,) = find_crowded(begin_office(write_table(COLUMNS[digits] + 1, digits)))
    assert finding.address == "prose.other"
    assert finding.place.line > 1


def test_words_of_a_table_are_no_figures(begin_office):
    assert find_crowded(begin_office(write_table(12, 8, "第{}号文件"))) == []


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_figures_that_are_crowded_stay_whole_and_apart_in_every_format(begin_office, own_fonts, browser, tmp_path):
    digits, columns = 6, 20
    store = begin_office(write_table(columns, digits))
    with own_faces():
        outputs.build_report(store, Period(2020), ["html", "docx", "odt", "pdf"], draft=True)
    files = {suffix: tmp_path / f"{suffix}.{suffix}" for suffix in ("html", "docx", "odt", "pdf")}
    for suffix, file in files.items():
        (tmp_path / f"build/2020.{suffix}").rename(file)
    convert_all([files["docx"], files["odt"]], "pdf", tmp_path, env=own_fonts)
    window = browser.new_page()
    window.goto(files["html"].as_uri())
    window.pdf(path=files["html"].with_suffix(".pdf"), prefer_css_page_size=True)
    window.close()
    for suffix, file in files.items():
        with pdfplumber.open(file.with_suffix(".pdf")) as pdf:
            chars = [char for page in pdf.pages for char in page.chars if char["size"] < 7 and char["text"].isdigit()]
        figures = "".join(char["text"] for char in chars)
        assert figures == "".join(str(7 * 10 ** (digits - 1) + at) for at in range(columns)), suffix
        assert len({round(char["bottom"]) for char in chars}) == 1, suffix
        apart = [after["x0"] - char["x1"] for char, after in itertools.pairwise(chars)]
        assert min(apart) > -0.5, (suffix, apart)
