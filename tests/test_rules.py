"""The rules: the examples of each page run, a rule that crashes is said, findings are chosen and accepted."""

import datetime as dt
import re
import textwrap
from collections.abc import Iterator

import pytest
import toml_rs
import tomli_w
from cases import outputs

from nianbao.checks import batch, check, rules
from nianbao.checks.context import CheckContext
from nianbao.checks.policy import Policy
from nianbao.compose import document
from nianbao.model.facts import Facts, parse
from nianbao.model.report import fill_form
from nianbao.render import markup, typst
from nianbao.workspace.store import Store
from nianbao.workspace.theme import COVERED_CHARACTERS

TODAY = dt.date(2026, 1, 5)
# A report that is right in every edition, which an example changes table by table.
RIGHT = """
[agency]
name = "某市档案局"
[proactive]
[requests]
[review_litigation]
[facts]
problems = ["公开的内容不够及时，部分栏目更新较慢"]
improvements = ["按月检查栏目，及时更新内容"]
"""
ELSEWHERE = {"not-text", "too-large"}  # found by the store, tested there


def parts(example, year):
    """Part an example at its lines `# data/YEAR.toml` into the texts of the years."""
    pieces = re.split(r"^# data/(\d{4})\.toml\n", example, flags=re.MULTILINE)
    texts = dict(zip(map(int, pieces[1::2]), pieces[2::2], strict=True))
    return texts or {year: pieces[0]}


def written(text, year):
    """Put an example into a report that is otherwise right; a text that is no TOML stays as it is."""
    try:
        given = toml_rs.loads(text)
    except toml_rs.TOMLDecodeError:
        return text
    whole = {"year": year} | toml_rs.loads(RIGHT) | given
    for left_out in re.findall(r"# 没有 \[(\w+)\]", text):
        whole.pop(left_out)
    return tomli_w.dumps(whole)


def offices(example):
    """Part an example of several offices at its lines `# data/….toml` into the texts of the files."""
    pieces = re.split(r"^# (data/\S+\.toml)\n", example, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def checked(files, folder):
    """Write the files of several offices, and check the last one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(text, int(path.stem)) if path.stem.isdecimal() else text, encoding="utf-8")
    done = check.check_report(Store(folder, office=path.parent.name), int(path.stem), today=TODAY)
    assert not done.crashes
    return done.findings


def together(files, folder):
    """Write the files of several offices, and check them together; what is found in the last one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(text, int(path.stem)), encoding="utf-8")
    store = Store(folder)
    asked = [(store.of_office((folder / name).parent.name), int((folder / name).stem)) for name in files]
    found = {one.office: one for one in batch.check_all(store, asked, Policy())}
    assert not any(one.crashes for one in found.values())
    return found[path.parent.name].findings


def judged(rule, example, root, folder):
    if "# data/offices.toml" in example:
        return checked(offices(example), folder)
    if re.match(r"# data/[^/\n]+/", example):
        return together(offices(example), folder)
    store = Store(root)
    texts = parts(example, 2023 if rules.list_editions(rule, store.forms()) == ("2021",) else 2020)
    before = None
    for year in sorted(texts):
        facts = parse(written(texts[year], year), f"data/{year}.toml")
        if not isinstance(facts, Facts):
            return [facts]
        form = store.form(facts, year)
        report = fill_form(form, facts, before)
        last, before = before, report
    whole = "name" in report.facts.tree["agency"]
    case = CheckContext(
        report,
        TODAY,
        rules=rules.list_names(),
        author=document.compose_author(report) if whole else "",
        texts=document.compose(report, store.template).plain if whole else {},
        undrawable=lambda signs: typst.find_undrawable(signs, store.look()),
        before=document.compose(last, store.template).plain if last else {},
        left_out=markup.find_dropped_markup(report, document.compose(report, store.template).bodies) if whole else (),
    )
    found, crashes = rules.judge(case)
    assert not crashes
    return check.apply_policy(found, Policy(), report)[0]


def examples(rule):
    found = rules.load_rule(rule).page
    bad = re.search(r"\n不对:\n\n(.*?)\n\n对:\n", found, re.DOTALL)[1]
    good = re.search(r"\n对:\n\n(.*)", found, re.DOTALL)[1]
    return textwrap.dedent(bad) + "\n", textwrap.dedent(good) + "\n"


@pytest.mark.parametrize("rule", [rule for rule in rules.list_names() if rule not in ELSEWHERE])
def test_the_bad_example_is_found_by_its_rule_and_by_no_other_error(rule, root, tmp_path):
    found = judged(rule, examples(rule)[0], root, tmp_path)
    assert rule in {finding.rule for finding in found}
    assert {finding.rule for finding in found if finding.level == "error"} <= {rule}


@pytest.mark.parametrize("rule", [rule for rule in rules.list_names() if rule not in ELSEWHERE])
def test_the_good_example_is_clean(rule, root, tmp_path):
    found = judged(rule, examples(rule)[1], root, tmp_path)
    assert rule not in {finding.rule for finding in found}
    assert not [finding for finding in found if finding.level == "error"]


def test_the_level_of_a_page_is_one_that_the_forms_give(root):
    stated: dict[str, set[str]] = {}
    for form in Store(root).forms():
        for relation in (relation for own in form.relations.values() for relation in own):
            stated.setdefault(relation.rule, set()).add(relation.level)
    assert len(stated) > 8
    for name, levels in stated.items():
        assert rules.load_rule(name).level in levels, name


@pytest.mark.parametrize(
    ("rule", "editions"),
    [
        ("public-fewer-than-new", ("2019",)),  # of a relation of one form
        ("yuan-for-wan", ("2021",)),
        ("fee-unspoken", ("2021",)),  # of the vocabulary of one form
        ("wrong-total", ()),  # of every form
        ("late", ()),  # of none
    ],
)
def test_the_editions_of_a_rule_are_those_of_the_forms_that_name_it(root, rule, editions):
    assert rules.list_editions(rule, Store(root).forms()) == editions


def test_a_rule_whose_texts_could_not_be_filled_is_skipped_and_its_acceptance_is_not_idle(office):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8")
    accepted = '[[accept]]\nrule = "said-twice"\nat = "prose.other"\nvalue = "无"\nbecause = "原文如此"\n'
    data.write_text(f"{text}\n{accepted}", encoding="utf-8")
    assert "idle-acceptance" in {finding.rule for finding in check.check_report(Store(office), 2020).findings}
    nameless = re.sub(r"(?m)^name +=.*\n", "", text)
    data.write_text(f"{nameless}\n{accepted}", encoding="utf-8")
    found = {finding.rule for finding in check.check_report(Store(office), 2020).findings}
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


def judge(case):
    at = "requests.received.total"
    if case.report.figures[at] > 0:
        yield case.find(at, f"收到 {case.report.figures[at]} 件")
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
    whole = data.read_text(encoding="utf-8")
    accepted = '[[accept]]\nrule = "many-requests"\nat = "requests.received.total"\nvalue = 1\nbecause = "就是这么多"\n'
    data.write_text(f"{whole}\n{accepted}", encoding="utf-8")
    assert "many-requests：就是这么多" in copied.report("validate", cwd=office).stdout
    data.write_text(re.sub(r"(?m)^name +=.*\n", "", whole), encoding="utf-8")  # its texts cannot be filled
    assert "many-requests" not in copied.report("validate", cwd=office).stdout


def test_a_rule_that_crashes_is_said_and_the_others_still_run(office, monkeypatch):
    from nianbao.checks.rules import late  # noqa: PLC0415  # the one to break

    def broken(_case) -> Iterator[None]:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(late, "judge", broken)
    rules.load_rule.cache_clear()
    checked = check.check_report(Store(office), 2020)
    rules.load_rule.cache_clear()
    assert [crash.rule for crash in checked.crashes] == ["late"]
    assert "public-fewer-than-new" in {finding.rule for finding in checked.findings}


ACCEPT = """
[[accept]]
rule    = "public-fewer-than-new"
at      = "proactive.normative.public"
value   = {value}
because = "年内废止七件"
"""


def accepting(office, value):
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8") + ACCEPT.format(value=value), encoding="utf-8")


def test_an_accepted_finding_is_listed_with_its_reason_and_no_longer_counts(office, report):
    accepting(office, 20)
    done = report("validate", "--strict", cwd=office)
    assert done.returncode == 0
    assert "warning[" not in done.stdout
    assert "public-fewer-than-new：年内废止七件" in done.stdout


def test_an_acceptance_is_void_when_the_value_changes(office, report):
    accepting(office, 21)
    done = report("validate", cwd=office)
    assert "warning[public-fewer-than-new]" in done.stdout
    assert "warning[void-acceptance]" in done.stdout
    assert report("validate", "--strict", cwd=office).returncode == 1


def test_last_year_is_the_year_before_the_files_name(office, report):
    (office / "data/2020.toml").rename(office / "data/2031.toml")
    assert "没有可读的 data/2030.toml" in report("validate", "2031", "--select", "no-last-year", cwd=office).stdout


def test_rules_are_chosen_by_name(office, report):
    assert "public-fewer-than-new" not in report("validate", "--ignore", "public-fewer-than-new", cwd=office).stdout
    assert "没有发现问题" in report("validate", "--select", "wrong-total,late", cwd=office).stdout
    unknown = report("validate", "--select", "nothing", cwd=office)
    assert unknown.returncode == 2
    assert "report explain" in unknown.stderr


def test_warnings_block_where_the_office_is_strict(office, report):
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
def test_settings_that_mean_nothing_are_said(office, report, text):
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
def test_a_report_without_a_day_of_issue_is_reminded_around_its_day(office, name, today, expected):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8").replace("published = 2021-01-28\n", "")
    data.write_text(text.replace('name  = "鞍山市人力资源和社会保障局"', f'name  = "{name}"'), encoding="utf-8")
    found = check.check_report(Store(office), 2020, today=today).findings
    assert [finding.level for finding in found if finding.rule == "late"] == expected


def test_every_sign_taken_for_granted_can_be_drawn(root):
    known = [chr(code) for code in range(0x20, 0x10000) if COVERED_CHARACTERS.fullmatch(chr(code)) and code != 0x3000]
    spaces = {sign for sign in known if sign.isspace()}
    assert len(known) > 20_000
    assert not typst.find_undrawable(frozenset(known) - spaces, Store(root).look())


@pytest.mark.parametrize(("sign", "drawn"), [("䶮", True), ("é", True), ("\U000f0000", False)])
def test_a_rare_sign_is_told_unless_a_face_draws_it(office, sign, drawn):
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("市人社局", f"市{sign}局"), encoding="utf-8")
    found = [finding for finding in check.check_report(Store(office), 2020).findings if finding.rule == "glyph-missing"]
    assert bool(found) is not drawn
    assert drawn or found[0].address == "agency.short"
