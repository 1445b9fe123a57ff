"""`report accept`: the entry that it writes, the findings that are meant, and what an acceptance holds for."""

import json

import pytest
import toml_rs
from cases import begun

from nianbao.checks.answers import accepting

BASE = """# 表头的注释
year    = 2020
edition = "2019"
[agency]
name = "某市某局"   # 全称
[proactive]
normative = {made=27,   disclosed = 27, public = 20}   # 没有对齐

[requests]
received        = { person = 26 }
outcome.granted = { person = 26 }

[facts]
problems     = ["公开的内容不够及时，部分栏目更新较慢"]
improvements = ["按月检查栏目，及时更新内容"]

[prose]
overview = '''
{{ standard }}

全年新收政府信息公开申请27件，全部答复。另有咨询31件，均已办结。
'''
# 末尾的注释"""
PUBLIC = "2020:7:50"
DIFFERS = "2020:21:3"


@pytest.fixture
def data(tmp_path):
    begun(tmp_path, 2020, BASE)
    return tmp_path / "data/2020.toml"


def list_found(report, data):
    """Return the rules of the open findings with their addresses, and those of the accepted ones."""
    (result,) = json.loads(report("validate", "2020", "--json", cwd=data.parents[1]).stdout)["reports"]
    return (
        {(one["rule"], one["address"]) for one in result["findings"]},
        {(one["finding"]["rule"], one["finding"]["address"]) for one in result["accepted"]},
    )


def read(data):
    return data.read_bytes().decode("utf-8")


def test_an_entry_is_written_at_the_end_and_all_else_stays(data, report):
    done = report("accept", PUBLIC, "--because", "年内  废止七件", cwd=data.parents[1])
    assert (done.returncode, done.stderr) == (0, "")
    assert "接受了 public-fewer-than-new：年内 废止七件" in done.stdout
    assert read(data) == BASE + (
        '\n\n[[accept]]\nrule    = "public-fewer-than-new"\nat      = "proactive.normative.public"\n'
        'value   = 20\nbecause = "年内 废止七件"\n'
    )
    found, accepted = list_found(report, data)
    rule = ("public-fewer-than-new", "proactive.normative.public")
    assert rule in accepted
    assert rule not in found


@pytest.mark.parametrize(
    "words",
    [
        (DIFFERS,),
        ("2020:21",),
        ("2020:21:14:",),
        ("2020：21：3",),
        ("data/2020.toml:21:3",),
        ("2020", "--rule", "text-differs"),
        ("2020", "--address", "prose.overview"),
        ("2020", "--rule", "text-differs", "--address", "prose.overview"),
    ],
)
def test_a_finding_is_named_by_place_or_by_rule_and_address(words, data, report):
    assert report("accept", *words, "--because", "口径不同", cwd=data.parents[1]).returncode == 0
    assert toml_rs.loads(read(data))["accept"] == [
        {
            "rule": "text-differs",
            "at": "prose.overview",
            "value": "新收政府信息公开申请27件",
            "because": "口径不同",
        }
    ]


def test_the_words_that_a_finding_quotes_are_accepted_and_not_the_section(data, report):
    report("accept", DIFFERS, "--because", "口径不同", cwd=data.parents[1])
    data.write_text(read(data).replace("全部答复。", "已全部答复，"), encoding="utf-8")
    found, accepted = list_found(report, data)
    assert accepted == {("text-differs", "prose.overview")}
    assert not {rule for rule, _at in found} & {"text-differs", "void-acceptance", "idle-acceptance"}
    data.write_text(read(data).replace("申请27件，", "申请28件，"), encoding="utf-8")
    found, accepted = list_found(report, data)
    assert accepted == set()
    assert {("text-differs", "prose.overview"), ("void-acceptance", "accept.0.value")} <= found


def test_a_void_acceptance_is_renewed_where_it_stands(data, report):
    report("accept", DIFFERS, "--because", "口径不同", cwd=data.parents[1])
    data.write_text(read(data).replace("申请27件，", "申请28件，") + "# 又一行\n", encoding="utf-8")
    done = report("accept", DIFFERS, "--because", "多了一件", cwd=data.parents[1])
    assert "重新接受了 text-differs：多了一件" in done.stdout
    (entry,) = toml_rs.loads(read(data))["accept"]
    assert (entry["value"], entry["because"]) == ("新收政府信息公开申请28件", "多了一件")
    assert read(data).endswith('because = "多了一件"\n# 又一行\n')


def test_an_entry_with_the_whole_section_still_holds(data, report):
    prose = toml_rs.loads(BASE)["prose"]["overview"]
    entry = f"rule = 'text-differs'\nat = 'prose.overview'\nvalue = {json.dumps(prose)}\nbecause = '口径不同'\n"
    data.write_text(f"{BASE}\n[[accept]]\n{entry}", encoding="utf-8")
    found, accepted = list_found(report, data)
    assert accepted == {("text-differs", "prose.overview")}
    assert "void-acceptance" not in {rule for rule, _at in found}


def test_two_findings_in_one_section_are_accepted_one_by_one(data, report):
    data.write_text(BASE.replace("另有咨询31件，均已办结", "上年结转政府信息公开申请5件"), encoding="utf-8")
    both = report("accept", "2020", "--rule", "text-differs", "--because", "口径不同", cwd=data.parents[1])
    assert both.returncode == 2
    assert "那里有几条发现" in both.stderr
    assert both.stderr.count("--rule text-differs --address prose.overview") == 2
    assert read(data).count("[[accept]]") == 0
    report("accept", DIFFERS, "--because", "口径不同", cwd=data.parents[1])
    assert ("text-differs", "prose.overview") in list_found(report, data)[0]
    report("accept", "2020", "--rule", "text-differs", "--because", "口径也不同", cwd=data.parents[1])
    found, accepted = list_found(report, data)
    assert ("text-differs", "prose.overview") in accepted
    assert ("text-differs", "prose.overview") not in found
    assert [entry["value"] for entry in toml_rs.loads(read(data))["accept"]] == [
        "新收政府信息公开申请27件",
        "上年结转政府信息公开申请5件",
    ]


def test_equal_findings_in_one_section_are_accepted_together(data, report):
    twice = "全年新收政府信息公开申请27件。\n\n其中，新收政府信息公开申请27件。"
    data.write_text(BASE.replace("全年新收政府信息公开申请27件，全部答复。", f"{twice}\n\n"), encoding="utf-8")
    report("accept", DIFFERS, "--because", "口径不同", cwd=data.parents[1])
    found, _accepted = list_found(report, data)
    assert "text-differs" not in {rule for rule, _at in found}


@pytest.mark.parametrize(
    ("newline", "mark"), [("\n", ""), ("\r\n", ""), ("\n", "\ufeff"), ("\r\n", "\ufeff")], ids=repr
)
def test_line_ends_and_a_byte_order_mark_are_kept_and_a_second_run_changes_nothing(newline, mark, data, report):
    before = (mark + BASE.replace("\n", newline)).encode()
    data.write_bytes(before)
    assert report("accept", PUBLIC, "--because", "废止", cwd=data.parents[1]).returncode == 0
    after = data.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(newline.encode())
    again = report("accept", PUBLIC, "--because", "又一个理由", cwd=data.parents[1])
    assert again.returncode == 0
    assert "已经接受过，文件未动：废止" in again.stdout
    assert data.read_bytes() == after


@pytest.mark.parametrize("last", ["\n", "\r\n"], ids=repr)
def test_mixed_line_ends_are_kept(last, data, report):
    first = "\r\n" if last == "\n" else "\n"
    before = (BASE.rstrip("\n").replace("\n", first) + last).encode()
    data.write_bytes(before)
    assert report("accept", PUBLIC, "--because", "废止", cwd=data.parents[1]).returncode == 0
    assert data.read_bytes().startswith(before)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2020:3:1", "--because", "x"), "data/2020.toml:7:50 --rule public-fewer-than-new"),
        ((PUBLIC, "--because", " \t"), "要写明接受的理由"),
        (("2020", "--because", "x"), "没有写明接受哪一条发现"),
        ((PUBLIC, "--rule", "nothing", "--because", "x"), "没有规则 nothing"),
        (("2031:1:1", "--because", "x"), "2031"),
        (("2020:5:8", "--because", "x"), "prompt-left 不能接受"),
        ((PUBLIC,), "--because"),
    ],
)
def test_what_cannot_be_accepted_is_said_and_nothing_is_written(words, told, data, report):
    before = BASE.replace("某市某局", "（请填写机关全称）") if "2020:5:8" in words else BASE
    data.write_text(before, encoding="utf-8", newline="")
    done = report("accept", *words, cwd=data.parents[1])
    assert done.returncode == 2
    assert told in done.stderr
    assert read(data) == before


def test_findings_near_the_place_are_listed_first(data, report):
    done = report("accept", "2020:20:1", "--because", "x", cwd=data.parents[1])
    first = done.stderr.splitlines()[1]
    assert "data/2020.toml:21:3 --rule text-differs" in first


def test_an_unreadable_file_cannot_be_accepted(data, report):
    data.write_text(f"{BASE}\n= 3\n", encoding="utf-8")
    done = report("accept", "2020:24", "--because", "x", cwd=data.parents[1])
    assert done.returncode == 2
    assert "broken-toml 不能接受" in done.stderr


def test_entries_that_are_no_tables_are_not_added_to(data, report):
    entry = "{ rule = 'jump', at = 'x', value = 1, because = 'y' }"
    data.write_text(f"accept = [{entry}]\n{BASE}", encoding="utf-8")
    done = report("accept", "2020:8", "--because", "x", cwd=data.parents[1])
    assert done.returncode == 2
    assert "[[accept]]" in done.stderr
    assert read(data).count("rule") == 1


def test_a_read_only_file_stays(data, report):
    data.chmod(0o444)
    done = report("accept", PUBLIC, "--because", "x", cwd=data.parents[1])
    assert done.returncode == 2
    assert "只读" in done.stderr
    assert read(data) == BASE
    assert data.stat().st_mode & 0o777 == 0o444


def test_a_file_that_changes_meanwhile_is_not_overwritten(data, report, monkeypatch):
    check_report = accepting.check.check_report

    def save_meanwhile(*words, **more):
        result = check_report(*words, **more)
        data.write_text(f"{BASE}\n# 编辑器里存的\n", encoding="utf-8")
        return result

    monkeypatch.setattr(accepting.check, "check_report", save_meanwhile)
    done = report("accept", PUBLIC, "--because", "x", cwd=data.parents[1])
    assert done.returncode == 2
    assert "读过以后文件又变了" in done.stderr
    assert read(data) == f"{BASE}\n# 编辑器里存的\n"


def test_the_command_of_every_finding_accepts_that_finding(data, report):
    text = BASE.replace("另有咨询31件，均已办结", "予以公开25件，收到申请26件")
    data.write_text(text, encoding="utf-8")
    (result,) = json.loads(report("validate", "2020", "--json", cwd=data.parents[1]).stdout)["reports"]
    commands = [one["accept"] for one in result["findings"] if one["accept"]]
    assert len(commands) >= 4
    for answer in commands:
        *words, reason = answer["command"].split(" ")[1:]
        assert reason == '"理由"'
        assert report(*words, "理由", cwd=data.parents[1]).returncode == 0, answer
    entries = toml_rs.loads(read(data))["accept"]
    assert [entry["at"] for entry in entries] == [answer["at"] for answer in commands]
    assert [json.dumps(entry["value"], ensure_ascii=False) for entry in entries] == [one["value"] for one in commands]
    assert report("validate", "2020", "--strict", cwd=data.parents[1]).returncode == 0
    assert list_found(report, data)[0] == set()


def test_a_finding_of_one_office_among_others_is_accepted(tmp_path, report):
    for office in ("jiang bei", "nan-an"):
        (tmp_path / "data" / office).mkdir(parents=True)
        text = BASE.replace("均已办结。", f"均已办结。{'全局各科室每季度检查一次网站栏目并通报结果，' * 4}不留死角。")
        (tmp_path / "data" / office / "2020.toml").write_text(text, encoding="utf-8")
    (result, _other) = json.loads(report("validate", "2020", "--all", "--json", cwd=tmp_path).stdout)["reports"]
    (command,) = [one["accept"]["command"] for one in result["findings"] if one["rule"] == "public-fewer-than-new"]
    assert command == f'report accept "jiang bei" {PUBLIC} --because "理由"'
    assert report("accept", "jiang bei", PUBLIC, "--because", "废止", cwd=tmp_path).returncode == 0
    both = report("accept", "jiang bei", "nan-an", PUBLIC, "--because", "废止", cwd=tmp_path)
    assert "这里是 2 份" in both.stderr
    assert "accept" in (tmp_path / "data/jiang bei/2020.toml").read_text(encoding="utf-8")
    assert "accept" not in (tmp_path / "data/nan-an/2020.toml").read_text(encoding="utf-8")
    copied = ("--rule", "copied-from-neighbour", "--address", "prose.overview")
    assert report("accept", "nan-an", "2020", *copied, "--because", "联合办公", cwd=tmp_path).returncode == 0
    (entry,) = toml_rs.loads((tmp_path / "data/nan-an/2020.toml").read_text(encoding="utf-8"))["accept"]
    assert (entry["rule"], entry["value"]) == ("copied-from-neighbour", "")
    found = json.loads(report("validate", "2020", "--all", "--json", cwd=tmp_path).stdout)["reports"][1]
    assert "copied-from-neighbour" in {one["finding"]["rule"] for one in found["accepted"]}
    assert "copied-from-neighbour" not in {one["rule"] for one in found["findings"]}


def test_a_cause_that_is_accepted_is_accepted_with_the_sums_that_it_breaks_but_not_with_prose(data, report):
    data.write_text(BASE.replace("person = 26 }\noutcome", "person = 62 }\noutcome"), encoding="utf-8")
    done = json.loads(report("validate", "2020", "--json", cwd=data.parents[1]).stdout)
    (cause,) = (one for one in done["reports"][0]["findings"] if one["rule"] == "broken-balance")
    assert {one["rule"] for one in cause["effects"]} == {"broken-balance"}
    assert "requests.received.person" in cause["candidates"]
    command = ("accept", "2020", "--rule", cause["rule"], "--address", cause["address"], "--because", "原件如此")
    assert report(*command, cwd=data.parents[1]).returncode == 0
    found, accepted = list_found(report, data)
    assert not [rule for rule, _address in found if rule == "broken-balance"]
    assert ("text-differs", "prose.overview") in found
    assert accepted == {(cause["rule"], cause["address"])}
