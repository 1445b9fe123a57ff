"""`report list`: every report of a folder with its state, what was built of it, and when it is due."""

import json
import shutil
from datetime import date

import pytest

from nianbao.build import worker
from nianbao.workspace.shipped import TEMPLATES

EXAMPLES = TEMPLATES / "kinds/cn-disclosure/example"
TODAY = date(2025, 3, 1)


class Day(date):
    @classmethod
    def today(cls):
        return TODAY


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two offices on a fixed day: one with two years, one with a broken and a wrong file."""
    shutil.copytree(EXAMPLES, tmp_path / "data", ignore=shutil.ignore_patterns("findings.toml"))
    (tmp_path / "data/b-ju").mkdir()
    text = (tmp_path / "data/2023.toml").read_text(encoding="utf-8")
    wrong = text.replace("person = 9,", "person = 10,").replace("published = 2024-01-22", "published = 2024-02-02")
    (tmp_path / "data/b-ju/2023.toml").write_text(wrong, encoding="utf-8")
    (tmp_path / "data/b-ju/2024.toml").write_text("year = [\n", encoding="utf-8")
    (tmp_path / "data/c-ju").mkdir()
    from nianbao.cli.commands import list as listed  # noqa: PLC0415  # the module, not the function

    monkeypatch.setattr(listed, "date", Day)
    return tmp_path


def states(done):
    assert done.returncode == 0, done.stderr
    return {(one["office"], one["year"]): one for one in json.loads(done.stdout)["reports"]}


def test_every_report_has_its_state(folder, report):
    found = states(report("list", "--json", cwd=folder))
    assert {key: one["state"] for key, one in found.items()} == {
        ("", 2022): "clean",
        ("", 2023): "clean",
        ("", 2024): "missing",
        ("b-ju", 2023): "errors",
        ("b-ju", 2024): "broken",
        ("c-ju", 2024): "missing",
    }
    assert found["b-ju", 2023]["findings"]["error"] == 2  # the broken balance, and the day of issue
    assert found["b-ju", 2023]["days_late"] == 2
    assert found["", 2024] == {
        "office": "",
        "year": 2024,
        "file": "data/2024.toml",
        "state": "missing",
        "findings": {"error": 0, "warning": 0, "note": 0},
        "error": None,
        "files": {},
        "due": "2025-01-31",
        "published": None,
        "days_late": 29,
    }


def test_the_day_due_is_that_of_the_kind_and_the_author(folder, report):
    path = folder / "data/2023.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("示例市统计局", "示例市人民政府"), encoding="utf-8")
    found = states(report("list", "--json", cwd=folder))
    assert found["", 2024]["due"] == "2025-03-31"
    assert found["", 2024]["days_late"] == 0
    assert found["", 2022]["due"] == "2023-01-31"


def test_files_are_current_until_something_they_are_made_from_changes(folder, report):
    report("build", "2022", "--to", "html,markdown", cwd=folder)
    assert states(report("list", "--json", cwd=folder))["", 2022]["files"] == {"html": "current", "markdown": "current"}
    (folder / "build/2022.html").write_text("edited", encoding="utf-8")
    found = states(report("list", "--json", cwd=folder))
    assert found["", 2022]["files"] == {"html": "stale", "markdown": "current"}
    assert found["", 2023]["files"] == {}
    path = folder / "data/2022.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("312", "313"), encoding="utf-8")
    assert set(states(report("list", "--json", cwd=folder))["", 2022]["files"].values()) == {"stale"}
    assert "html、markdown 已过时" in report("list", cwd=folder).stdout
    report("build", "2022", "--to", "html,markdown", cwd=folder)
    assert set(states(report("list", "--json", cwd=folder))["", 2022]["files"].values()) == {"current"}
    (folder / "build/2022.html").unlink()
    assert states(report("list", "--json", cwd=folder))["", 2022]["files"]["html"] == "stale"


def test_a_build_with_another_look_is_not_out_of_date(folder, report):
    report("build", "2022", "--to", "html", "--look", "internal", cwd=folder)
    assert states(report("list", "--json", cwd=folder))["", 2022]["files"] == {"html": "current"}


def test_what_was_found_before_is_not_judged_again(folder, report, monkeypatch):
    first = report("list", "--json", cwd=folder).stdout
    judged = []
    build = worker.BuildWorker.build
    monkeypatch.setattr(worker.BuildWorker, "build", lambda self, job: judged.append(job) or build(self, job))
    assert report("list", "--json", cwd=folder).stdout == first
    assert judged == []
    path = folder / "data/2022.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    report("list", cwd=folder)
    assert {str(job.key) for job in judged} == {"2022", "2023"}  # 2023 is checked against 2022


def test_words_choose_reports(folder, report):
    assert set(states(report("list", "2024", "--json", cwd=folder))) == {("", 2024), ("b-ju", 2024), ("c-ju", 2024)}
    assert set(states(report("list", "b-*", "--json", cwd=folder))) == {("b-ju", 2023), ("b-ju", 2024)}
    assert set(states(report("list", "c-ju", "2024", "--json", cwd=folder))) == {("c-ju", 2024)}
    done = report("list", "nobody", cwd=folder)
    assert done.returncode == 2
    assert "nobody" in done.stderr
    assert "b-ju、c-ju" in done.stderr


def test_other_kinds_are_listed_by_their_own_calendar(folder, report):
    (folder / "data/kpi").mkdir()
    shutil.copy(TEMPLATES / "kinds/kpi/example/2024-Q3.toml", folder / "data/kpi")
    found = json.loads(report("list", "kpi", "--json", cwd=folder).stdout)["reports"]
    assert [(one["kind"], one["period"], one["state"]) for one in found] == [
        ("kpi", "2024-Q3", "clean"),
        ("kpi", "2024-Q4", "missing"),
    ]
    everything = report("list", cwd=folder).stdout
    assert "文种" in everything
    assert "2024-Q4" in everything


def test_missing_years_of_an_office_are_one_line(folder, report):
    (folder / "data/2023.toml").unlink()
    lines = [line.split() for line in report("list", cwd=folder).stdout.splitlines()]
    assert ["2023–2024", "没有数据文件", "2025-01-31", "到期，已过", "29", "天"] in lines


def test_an_empty_folder_is_said(tmp_path, report):
    done = report("list", cwd=tmp_path)
    assert done.returncode == 0
    assert "这里没有报告" in done.stdout


def test_a_crash_of_one_check_does_not_hide_the_others(folder, report, monkeypatch):
    def fail(*_words, **_more):
        raise MemoryError

    monkeypatch.setattr(worker.check, "check_report", fail)
    found = states(report("list", "--json", cwd=folder))
    assert found["", 2022]["state"] == "broken"
    assert found["", 2022]["error"]


def test_what_was_accepted_is_known_the_next_time(folder, report):
    path = folder / "data/2023.toml"
    accept = '[[accept]]\nrule = "{rule}"\nat = "{at}"\nvalue = {value}\nbecause = "查过，无误"\n'
    text = path.read_text(encoding="utf-8").replace("in_force = 6", "in_force = 60")
    path.write_text(text, encoding="utf-8")
    before = states(report("list", "--json", cwd=folder))["", 2023]["findings"]
    (finding,) = [
        one
        for one in json.loads(report("validate", "2023", "--json", cwd=folder).stdout)["reports"][0]["findings"]
        if one["rule"] == "stock-does-not-follow"
    ]
    path.write_text(text + accept.format(rule=finding["rule"], at=finding["address"], value=60), encoding="utf-8")
    for _time in range(2):
        found = states(report("list", "--json", cwd=folder))["", 2023]["findings"]
        assert sum(found.values()) == sum(before.values()) - 1
