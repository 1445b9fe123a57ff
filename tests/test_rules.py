"""Rules: rules that crash, selected rules, levels, and accepted findings."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from cases import outputs

from nianbao.checks import check, kind_rules, rules
from nianbao.model.period import Period
from nianbao.render import typst
from nianbao.workspace.store import Store
from nianbao.workspace.theme import COVERED_CHARACTERS


def test_the_level_of_a_rule_is_one_that_the_forms_use(root):
    levels_by_rule: dict[str, set[str]] = {}
    kind = Store(root).kind
    for form in kind.forms():
        for relation in (relation for own in form.relations.values() for relation in own):
            levels_by_rule.setdefault(relation.rule, set()).add(relation.level)
    assert len(levels_by_rule) > 8
    for name, levels in levels_by_rule.items():
        assert kind_rules.load_rule(kind, name).level in levels, name


@pytest.mark.parametrize(
    ("rule", "editions"),
    [
        ("public-fewer-than-new", ("2019",)),  # of a relation of one form
        ("yuan-for-wan", ("2021",)),
        ("fee-unspoken", ("2021",)),  # of the text rules of one form
        ("wrong-total", ()),  # of every form
        ("late", ()),  # of none
    ],
)
def test_the_editions_of_a_rule_are_those_of_the_forms_that_name_it(root, rule, editions):
    assert rules.list_editions(rule, Store(root).kind.forms()) == editions


def test_a_rule_whose_texts_could_not_be_filled_is_skipped_and_its_acceptance_is_not_idle(office):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8")
    accepted = '[[accept]]\nrule = "said-twice"\nat = "prose.other"\nvalue = "无"\nbecause = "原文如此"\n'
    data.write_text(f"{text}\n{accepted}", encoding="utf-8")
    assert "idle-acceptance" in {finding.rule for finding in check.check_report(Store(office), Period(2020)).findings}
    nameless = re.sub(r"(?m)^name +=.*\n", "", text)
    data.write_text(f"{nameless}\n{accepted}", encoding="utf-8")
    found = {finding.rule for finding in check.check_report(Store(office), Period(2020)).findings}
    assert "missing-fact" in found
    assert "idle-acceptance" not in found


RULE = '''"""收到的申请多得少见。

这是测试用的规则。

不对:

    [requests]
    received = { person = 9 }

对:

    [requests]
    received = { person = 1 }
"""

LEVEL = "warning"
SCOPE = "texts"


def judge(context):
    at = "requests.received.total"
    if context.report.figures[at] > 0:
        yield context.make_finding(at, f"收到 {context.report.figures[at]} 件")
'''


def test_a_rule_is_added_by_one_file(copied, office):
    assert "没有规则" in copied.report("explain", "many-requests", cwd=office).stderr
    (copied.package / "checks/rules/many_requests.py").write_text(RULE, encoding="utf-8")
    assert (
        "many-requests (warning)\n\n收到的申请多得少见。"
        in copied.report("explain", "many-requests", cwd=office).stdout
    )
    assert re.search(r"(?m)^many-requests +warning +收到的申请多得少见。$", copied.report("explain", cwd=office).stdout)
    assert "warning[many-requests] 收到 1 件" in copied.report("validate", cwd=office).stdout
    assert "many-requests" not in copied.report("validate", "--ignore", "many-requests", cwd=office).stdout
    (office / "report.toml").write_text('[levels]\nmany-requests = "error"\n')
    done = copied.report("validate", cwd=office)
    assert "error[many-requests]" in done.stdout
    assert done.returncode == 1
    (office / "report.toml").unlink()
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8")
    accepted = '[[accept]]\nrule = "many-requests"\nat = "requests.received.total"\nvalue = 1\nbecause = "就是这么多"\n'
    data.write_text(f"{text}\n{accepted}", encoding="utf-8")
    assert "many-requests：就是这么多" in copied.report("validate", cwd=office).stdout
    data.write_text(re.sub(r"(?m)^name +=.*\n", "", text), encoding="utf-8")  # its texts cannot be filled
    assert "many-requests" not in copied.report("validate", cwd=office).stdout


def test_a_crash_of_a_rule_is_reported_and_the_others_still_run(office, monkeypatch):
    from nianbao.checks.rules import late  # noqa: PLC0415  # the rule that crashes

    def raise_error(_context) -> Iterator[None]:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(late, "judge", raise_error)
    rules.load_rule.cache_clear()
    rules.list_functions.cache_clear()
    result = check.check_report(Store(office), Period(2020))
    rules.load_rule.cache_clear()
    rules.list_functions.cache_clear()
    assert [crash.rule for crash in result.crashes] == ["late"]
    assert "public-fewer-than-new" in {finding.rule for finding in result.findings}


ACCEPT = """
[[accept]]
rule    = "public-fewer-than-new"
at      = "proactive.normative.public"
value   = {value}
because = "年内废止七件"
"""


def write_acceptance(office, value):
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8") + ACCEPT.format(value=value), encoding="utf-8")


def test_an_accepted_finding_is_listed_with_its_reason_and_no_longer_counts(office, report):
    write_acceptance(office, 20)
    done = report("validate", "--strict", cwd=office)
    assert done.returncode == 0
    assert "warning[" not in done.stdout
    assert "public-fewer-than-new：年内废止七件" in done.stdout


def test_an_acceptance_is_void_when_the_value_changes(office, report):
    write_acceptance(office, 21)
    done = report("validate", cwd=office)
    assert "warning[public-fewer-than-new]" in done.stdout
    assert "warning[void-acceptance]" in done.stdout
    assert report("validate", "--strict", cwd=office).returncode == 1


def test_last_year_is_the_year_before_the_files_name(office, report):
    (office / "data/2020.toml").rename(office / "data/2031.toml")
    assert "没有可读的 data/2030.toml" in report("validate", "2031", "--select", "no-last-year", cwd=office).stdout


def test_rules_are_selected_by_name(office, report):
    assert "public-fewer-than-new" not in report("validate", "--ignore", "public-fewer-than-new", cwd=office).stdout
    assert "没有发现问题" in report("validate", "--select", "wrong-total,late", cwd=office).stdout
    unknown = report("validate", "--select", "nothing", cwd=office)
    assert unknown.returncode == 2
    assert "report explain" in unknown.stderr


def test_warnings_block_with_strict(office, report):
    assert report("build", "--strict", cwd=office).returncode == 1
    assert not outputs(office / "build")


@pytest.mark.parametrize(
    ("level", "code", "said"),
    [("error", 1, "error[public-fewer-than-new]"), ("note", 0, "note[public-fewer-than-new]"), ("off", 0, "")],
)
def test_an_office_sets_levels_of_its_own(office, report, level, code, said):
    (office / "report.toml").write_text(f'[levels]\npublic-fewer-than-new = "{level}"\n')
    done = report("validate", cwd=office)
    assert done.returncode == code
    assert said in done.stdout
    if level == "off":
        assert "public-fewer-than-new" not in done.stdout


@pytest.mark.parametrize("text", ['[levels]\nnothing = "off"\n', '[levels]\nlate = "loud"\n', "x = 1\n", "[levels\n"])
def test_invalid_settings_are_reported(office, report, text):
    (office / "report.toml").write_text(text)
    done = report("validate", cwd=office)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "today", "expected"),
    [
        ("某局", dt.date(2021, 1, 10), []),
        ("某局", dt.date(2021, 1, 20), ["warning"]),
        ("某局", dt.date(2021, 2, 10), ["warning"]),
        ("某局", dt.date(2023, 1, 1), []),
        ("某市人民政府", dt.date(2021, 2, 10), []),
        ("某市人民政府", dt.date(2021, 3, 20), ["warning"]),
    ],
)
def test_a_report_without_a_day_of_issue_gives_a_finding_around_its_due_date(office, name, today, expected):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8").replace("published = 2021-01-28\n", "")
    data.write_text(text.replace('name  = "鞍山市人力资源和社会保障局"', f'name  = "{name}"'), encoding="utf-8")
    found = check.check_report(Store(office), Period(2020), today=today).findings
    assert [finding.level for finding in found if finding.rule == "late"] == expected


def test_every_character_that_is_not_looked_up_has_a_glyph(root):
    known = [chr(code) for code in range(0x20, 0x10000) if COVERED_CHARACTERS.fullmatch(chr(code)) and code != 0x3000]
    spaces = {character for character in known if character.isspace()}
    assert len(known) > 20_000
    assert not typst.find_undrawable(frozenset(known) - spaces, Store(root).look())


@pytest.mark.parametrize(("sign", "drawn"), [("䶮", True), ("é", True), ("\U000f0000", False), ("\uf0b7", False)])
def test_a_rare_character_is_reported_unless_a_font_has_it(office, sign, drawn):
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("市人社局", f"市{sign}局"), encoding="utf-8")
    found = [
        finding
        for finding in check.check_report(Store(office), Period(2020)).findings
        if finding.rule == "glyph-missing"
    ]
    assert bool(found) is not drawn
    assert drawn or found[0].address == "agency.short"
