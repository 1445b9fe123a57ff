"""`report new`: every row of the form, the facts that stay the same, and the figures that carry over."""

import re
import shutil

import pytest
import toml_rs


def replace(office, old, new):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8")
    assert old in text
    data.write_text(text.replace(old, new), encoding="utf-8")


def load(office, year=2021):
    return toml_rs.loads((office / f"data/{year}.toml").read_text(encoding="utf-8"))


FORWARD = "carried_forward = { total = 0 }"


def test_last_years_open_cases_are_carried_over_column_by_column_across_editions(office, report):
    replace(office, FORWARD, "carried_forward = { person = 3, legal = 12, total = 15 }")
    done = report("new", "2021", "--from", "2020", cwd=office)
    assert done.returncode == 0
    assert "从 data/2020.toml 照抄了年年相同的事实和结转的数" in done.stdout
    assert "data/2020.toml 里还有错误" in done.stdout
    tree = load(office)
    assert tree["edition"] == "2021"
    assert tree["requests"]["carried_in"] == {
        "person": 3, "business": 0, "research": 0, "charity": 0, "legal": 12, "other": 0,
    }  # fmt: skip
    assert set(tree["requests"]["received"].values()) == {0}
    assert set(tree["proactive"]["normative"].values()) == {0}
    text = (office / "data/2021.toml").read_text(encoding="utf-8")
    assert "carried_in                    = { person = 3, business = 0," in text


def test_a_total_that_differs_from_its_parts_is_carried_over_too(office, report):
    replace(office, FORWARD, "carried_forward = { person = 3, total = 5 }")
    report("new", "2021", cwd=office)
    carried = load(office)["requests"]["carried_in"]
    assert (carried["person"], carried["total"]) == (3, 5)


def test_standing_facts_are_taken_over_and_the_years_own_are_not(office, report):
    replace(office, 'short = "市人社局"', 'short = "市人社局"\nsite = "www.example.gov.cn"')
    report("new", "2021", cwd=office)
    tree = load(office)
    assert tree["agency"] == {
        "name": "鞍山市人力资源和社会保障局", "short": "市人社局", "site": "www.example.gov.cn",
    }  # fmt: skip
    assert tree["facts"] == {
        "meetings_name": "局长办公会议",
        "portal_sections": ["公开指南", "公开制度", "法定主动公开内容", "公开年报"],
        "open_day": "5·15政务公开日",
        "problems": ["（请写明存在的主要问题）"],
        "improvements": ["（请写明改进措施）"],
        "processing_fee": 0,
    }
    assert not {"title", "published", "own", "prose", "headings"} & set(tree)
    text = (office / "data/2021.toml").read_text(encoding="utf-8")
    assert "# hotline_cases = 3133  # 2020 年度的，改成今年的" in text
    assert "# 一、总体情况：标准文字之外，今年还要写什么？2020 年度改写过" in text
    assert report("validate", "2021", cwd=office).returncode == 0


def test_from_an_earlier_year_than_the_last_no_figure_is_carried_over(office, report):
    replace(office, FORWARD, "carried_forward = { person = 3 }")
    done = report("new", "2022", "--from", "2020", cwd=office)
    assert "它不是上一年度，没有结转" in done.stdout
    tree = load(office, 2022)
    assert tree["agency"]["short"] == "市人社局"
    assert set(tree["requests"]["carried_in"].values()) == {0}


def test_without_a_report_of_last_year_it_is_made_from_the_form_alone(office, report):
    done = report("new", "2024", cwd=office)
    assert "照抄" not in done.stdout
    assert load(office, 2024)["agency"] == {"name": "（请填写机关全称）"}


def test_from_a_missing_or_unreadable_year_nothing_is_created(office, report):
    missing = report("new", "2022", "--from", "2019", cwd=office)
    assert missing.returncode == 2
    assert "没有 data/2019.toml" in missing.stderr
    (office / "data/2020.toml").write_text("year = ")
    broken = report("new", "2021", cwd=office)
    assert broken.returncode == 2
    assert "report validate data/2020.toml" in broken.stderr
    assert [path.name for path in (office / "data").iterdir()] == ["2020.toml"]


def test_another_document_type_carries_over_what_its_form_defines(root, tmp_path, report):
    shutil.copytree(root / "tests/kinds/library", tmp_path / "library")
    assert report("new", "2025", cwd=tmp_path / "library").returncode == 0
    tree = load(tmp_path / "library", 2025)
    assert tree["library"]["name"] == "城南图书馆"
    assert tree["stock"]["adult"]["opening"] == 41100
    assert tree["stock"]["child"]["opening"] == 20280
    assert tree["stock"]["adult"]["closing"] == 0


@pytest.mark.parametrize(("words", "folder"), [(("new", "2020"), "data"), (("init", ".", "--year", "2020"), ".")])
def test_what_a_killed_run_left_is_removed_where_the_file_is_there_already(office, report, words, folder):
    left = office / folder / ".nianbao-abcdefgh.part"
    left.mkdir()
    assert report(*words, cwd=office).returncode == 2
    assert not left.exists()


def test_the_command_that_checks_the_source_can_be_run_as_it_is_told(tmp_path, report):
    """Also for a kind that is not the default one, whose files a year alone does not name."""
    assert report("new", "2026", "--kind", "eu-dsa", cwd=tmp_path).returncode == 0
    done = report("new", "2027", "--kind", "eu-dsa", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (words,) = re.findall(r"report (validate \S+)", done.stdout)
    checked = report(*words.split(), cwd=tmp_path)
    assert checked.returncode == 1  # it was read, and has errors
    assert "data/eu-dsa/2026.toml" in checked.stdout
