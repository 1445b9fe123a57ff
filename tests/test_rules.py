"""Rules: the examples of each page, rules that crash, selected rules, levels, and accepted findings."""

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
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.render import markup, typst
from nianbao.workspace.store import Store
from nianbao.workspace.theme import COVERED_CHARACTERS

TODAY = dt.date(2026, 1, 5)
# A report without faults in every edition; an example replaces tables of it.
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


def split_by_year(example, year):
    """Split an example at its lines `# data/YEAR.toml` into texts by year."""
    pieces = re.split(r"^# data/(\d{4})\.toml\n", example, flags=re.MULTILINE)
    texts = dict(zip(map(int, pieces[1::2]), pieces[2::2], strict=True))
    return texts or {year: pieces[0]}


def fill_gaps(text, year):
    """Put an example into a report that is otherwise right; a text that is not TOML stays as it is."""
    try:
        example = toml_rs.loads(text)
    except toml_rs.TOMLDecodeError:
        return text
    report = {"year": year} | toml_rs.loads(RIGHT) | example
    for table in re.findall(r"# 没有 \[(\w+)\]", text):
        report.pop(table)
    return tomli_w.dumps(report)


def split_by_file(example):
    """Split an example of several offices at its lines `# data/….toml` into texts by file."""
    pieces = re.split(r"^# (data/\S+\.toml)\n", example, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def check_last(files, folder):
    """Write the files of several offices, check the last one, and return its findings."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fill_gaps(text, int(path.stem)) if path.stem.isdecimal() else text, encoding="utf-8")
    result = check.check_report(Store(folder, office=path.parent.name), Period(int(path.stem)), today=TODAY)
    assert not result.crashes
    return result.findings


def check_together(files, folder):
    """Write the files of several offices, check them together, and return the findings of the last one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fill_gaps(text, int(path.stem)), encoding="utf-8")
    store = Store(folder)
    reports = [(store.of_office((folder / name).parent.name), Period(int((folder / name).stem))) for name in files]
    results = {one.key.office: one for one in batch.check_all(store, reports, Policy())}
    assert not any(one.crashes for one in results.values())
    return results[path.parent.name].findings


def find_in_example(rule, example, root, folder):
    if "# data/offices.toml" in example:
        return check_last(split_by_file(example), folder)
    if re.match(r"# data/[^/\n]+/", example):
        return check_together(split_by_file(example), folder)
    store = Store(root)
    texts = split_by_year(example, 2023 if rules.list_editions(rule, store.kind.forms()) == ("2021",) else 2020)
    previous = None
    for year in sorted(texts):
        facts = parse(fill_gaps(texts[year], year), f"data/{year}.toml")
        if not isinstance(facts, Facts):
            return [facts]
        form = store.kind.form(facts, Period(year))
        report = fill_form(form, facts, previous)
        last_year, previous = previous, report
    has_name = "name" in report.facts.tree["agency"]
    context = CheckContext(
        report,
        TODAY,
        rules=rules.list_names(),
        author=document.compose_author(report) if has_name else "",
        texts=document.compose(report, store.kind.template).plain if has_name else {},
        find_undrawable=lambda signs: typst.find_undrawable(signs, store.look()),
        previous_texts=document.compose(last_year, store.kind.template).plain if last_year else {},
        dropped_markup=markup.find_dropped_markup(report, document.compose(report, store.kind.template).bodies)
        if has_name
        else (),
    )
    found, crashes = rules.judge(context)
    assert not crashes
    return check.apply_policy(found, Policy(), report)[0]


def read_examples(rule):
    page = rules.load_rule(rule).page
    bad = re.search(r"\n不对:\n\n(.*?)\n\n对:\n", page, re.DOTALL)[1]
    good = re.search(r"\n对:\n\n(.*)", page, re.DOTALL)[1]
    return textwrap.dedent(bad) + "\n", textwrap.dedent(good) + "\n"


@pytest.mark.parametrize("rule", [rule for rule in rules.list_names() if rule not in ELSEWHERE])
def test_the_bad_example_is_found_by_its_rule_and_by_no_other_error(rule, root, tmp_path):
    found = find_in_example(rule, read_examples(rule)[0], root, tmp_path)
    assert rule in {finding.rule for finding in found}
    assert {finding.rule for finding in found if finding.level == "error"} <= {rule}


@pytest.mark.parametrize("rule", [rule for rule in rules.list_names() if rule not in ELSEWHERE])
def test_the_good_example_is_clean(rule, root, tmp_path):
    found = find_in_example(rule, read_examples(rule)[1], root, tmp_path)
    assert rule not in {finding.rule for finding in found}
    assert not [finding for finding in found if finding.level == "error"]


def test_the_level_of_a_rule_is_one_that_the_forms_use(root):
    levels_by_rule: dict[str, set[str]] = {}
    for form in Store(root).kind.forms():
        for relation in (relation for own in form.relations.values() for relation in own):
            levels_by_rule.setdefault(relation.rule, set()).add(relation.level)
    assert len(levels_by_rule) > 8
    for name, levels in levels_by_rule.items():
        assert rules.load_rule(name).level in levels, name


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
    result = check.check_report(Store(office), Period(2020))
    rules.load_rule.cache_clear()
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


@pytest.mark.parametrize(("sign", "drawn"), [("䶮", True), ("é", True), ("\U000f0000", False)])
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
