"""Selection of the reports a command works on: years, offices, data files and patterns in any combination."""

import re

import pytest

from nianbao.model.finding import UserError
from nianbao.workspace.selection import open_store, select
from nianbao.workspace.store import Store

OFFICES = {"": (2023, 2024), "dist-1": (2024,), "dist-2": (2023, 2024), "城东 街道": (2024,), "notes": ()}


@pytest.fixture
def city(tmp_path):
    for office, years in OFFICES.items():
        folder = tmp_path / "data" / office
        folder.mkdir(parents=True, exist_ok=True)
        for year in years:
            (folder / f"{year}.toml").write_text(f"year = {year}\n", encoding="utf-8")
    return Store(tmp_path)


def select_names(city, *words, all_offices=False):
    selected = select(city, words, all_offices=all_offices)
    parts = (selected.reports, selected.missing)
    return tuple([(store.office, period.year) for store, period in part] for part in parts)


@pytest.mark.parametrize(
    ("words", "reports"),
    [
        ((), [("", 2024)]),
        (("2023",), [("", 2023)]),
        (("2023", "dist-2"), [("dist-2", 2023)]),
        (
            ("dist-2", "2024", "2023", "dist-1"),
            [("dist-2", 2024), ("dist-1", 2024), ("dist-2", 2023), ("dist-1", 2023)],
        ),
        (("dist-1", "dist-1/", "data/dist-1", "2024"), [("dist-1", 2024)]),
        (("城东 街道",), [("城东 街道", 2024)]),
        (("dist-*", "2024"), [("dist-1", 2024), ("dist-2", 2024)]),
        (("data/dist-*/", "2024"), [("dist-1", 2024), ("dist-2", 2024)]),
    ],
)
def test_years_and_offices_are_combined(city, words, reports, monkeypatch):
    monkeypatch.chdir(city.root)
    assert select_names(city, *words) == (reports, [])


def test_offices_without_a_report_of_the_year_are_missing_from_all_offices(city):
    assert select_names(city, "2023", all_offices=True) == (
        [("", 2023), ("dist-2", 2023)],
        [("dist-1", 2023), ("城东 街道", 2023)],
    )
    assert select_names(city, all_offices=True)[0] == [
        ("", 2024),
        ("dist-1", 2024),
        ("dist-2", 2024),
        ("城东 街道", 2024),
    ]


def test_folders_and_data_files_are_selected_by_path(city, monkeypatch):
    monkeypatch.chdir(city.root.parent)
    folder, file = f"{city.root.name}/data/dist-1", f"{city.root.name}/data/dist-2/2023.toml"
    assert select_names(city, folder) == ([("dist-1", 2024)], [])
    assert select_names(city, file) == ([("dist-2", 2023)], [])
    assert open_store([file], None, None, print).root.resolve() == city.root.resolve()


@pytest.mark.parametrize("word", ["dist-9", "../x", "data/../data", "nothing*", "/etc", "."])
def test_an_unknown_word_is_an_error(city, word):
    with pytest.raises(UserError, match="不是年度、机关"):
        select(city, [word])


@pytest.mark.parametrize("word", ["docx", "DOCX"])
def test_a_format_among_the_reports_is_told_how_several_are_written(city, word):
    with pytest.raises(UserError) as caught:
        select(city, ["2024", word])
    assert f"{word} 是输出格式" in caught.value.message
    assert f"--to pdf,{word}" in caught.value.fix


def test_a_folder_without_a_data_file_is_named(city):
    with pytest.raises(UserError, match="notes 的文件夹里没有数据文件"):
        select(city, ["notes"])


def test_the_most_similar_office_is_suggested(city):
    with pytest.raises(UserError) as error:
        select(city, ["dist_2"])
    assert "dist-2" in error.value.fix


def test_an_office_must_be_named_where_the_folder_has_no_report_of_its_own(city):
    for year in OFFICES[""]:
        (city.root / f"data/{year}.toml").unlink()
    with pytest.raises(UserError, match="3 个机关"):
        select(city, ["2024"])


@pytest.mark.parametrize("same_name", ["DIST-1", "ｄｉｓｔ-1"])
def test_offices_whose_names_are_the_same_on_some_disks_are_an_error(city, same_name):
    (city.root / "data" / same_name).mkdir()
    (city.root / "data" / same_name / "2024.toml").write_text("year = 2024\n", encoding="utf-8")
    with pytest.raises(UserError, match="只差大小写"):
        select(city, ["2024"], all_offices=True)
    assert select_names(city, "2024", "dist-1") == ([("dist-1", 2024)], [])


def test_a_data_file_of_another_folder_is_an_error(city, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "data"
    other.mkdir()
    (other / "2024.toml").write_text("year = 2024\n", encoding="utf-8")
    with pytest.raises(UserError, match="不在"):
        select(city, [str(other / "2024.toml")])


def test_a_data_file_outside_of_data_is_told_where_to_go(city, monkeypatch):
    monkeypatch.chdir(city.root)
    (city.root / "inbox").mkdir()
    (city.root / "inbox/2024.toml").write_text("year = 2024\n", encoding="utf-8")
    for choose in (
        lambda: select(city, ["inbox/2024.toml"]),
        lambda: open_store(["inbox/2024.toml"], None, None, print),
    ):
        with pytest.raises(UserError, match=r"inbox/2024\.toml 不在 data/ 里") as error:
            choose()
        assert "移到 data/ 里" in error.value.fix


@pytest.mark.parametrize(("count", "said"), [(2, "（dist-0、dist-1），"), (7, "dist-4 等），")])
def test_offices_to_choose_from_are_all_listed_where_they_are_few(tmp_path, count, said):
    for number in range(count):
        (tmp_path / f"data/dist-{number}").mkdir(parents=True)
        (tmp_path / f"data/dist-{number}/2024.toml").write_text("year = 2024\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        select(Store(tmp_path), ["2024"])
    assert said in error.value.message


def test_data_files_of_another_kind_are_named_where_there_is_none_of_the_default_one(tmp_path, report):
    assert report("new", "2026", "--kind", "eu-dsa", cwd=tmp_path).returncode == 0
    done = report("validate", cwd=tmp_path)
    assert done.returncode == 2
    (words,) = re.findall(r"report (validate \S+)", done.stderr)
    assert "2026" in report(*words.split(), cwd=tmp_path).stdout
