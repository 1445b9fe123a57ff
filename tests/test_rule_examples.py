"""Pages of rules: the examples of each are judged, and files with mistakes are refused, each with its place."""

import re
import shutil
from textwrap import dedent

import pytest

from nianbao.checks import kind_rules, rules
from nianbao.checks.kind_rules import examples
from nianbao.model.finding import UserError
from nianbao.model.rule_page import split_page
from nianbao.workspace.store import Store

ELSEWHERE = {"not-text", "too-large", "unread-file"}  # found by the store, or of files that it leaves out; tested there
OF_PLATFORM = {"blank-cell", "code-alias", "dates-out-of-order", "fact-not-carried", "list-size", "not-applicable"}
OF_PLATFORM |= {"repeated-value", "wrong-text"}
GENERAL = [rule for rule in rules.list_names() if rule not in ELSEWHERE | OF_PLATFORM]


def read_examples(page):
    wrong, right = (dedent(part) for part in split_page(page) if part.startswith(" "))
    return wrong + "\n", right + "\n"


@pytest.mark.parametrize("rule", sorted(OF_PLATFORM))
def test_the_examples_of_rules_about_open_rows_and_dates_are_wrong_and_right(rule, root):
    """They are of the kind in tests/kinds/platform, since no shipped kind has all that they judge."""
    kind = Store(root / "tests/kinds/platform").kind
    found = [examples.judge_example(kind, "2024", one) for one in read_examples(rules.load_rule(rule).page)]
    assert list(examples.find_example_faults(rule, "2024", *found)) == []


@pytest.mark.parametrize("rule", GENERAL)
def test_the_examples_of_a_general_rule_are_wrong_and_right(rule, root):
    kind = Store(root).kind
    edition = (rules.list_editions(rule, kind.forms()) or ("2019",))[0]
    found = [examples.judge_example(kind, edition, one) for one in read_examples(rules.load_rule(rule).page)]
    assert list(examples.find_example_faults(rule, edition, *found)) == []


def test_the_examples_of_the_rules_of_each_kind_are_wrong_and_right(root):
    store = Store(root)
    judged = 0
    for kind in map(store.find_kind, store.list_kinds()):
        for rule in kind.rules:
            assert list(examples.find_rule_faults(kind, rule)) == [], (kind.id, rule)
            judged += bool(kind.rules[rule].examples)
    assert judged >= 12


def test_no_general_page_names_a_law():
    pages = [rules.load_rule(rule).page for rule in rules.list_names()]
    assert len(pages) > 30
    assert not [page for page in pages if re.search("条例|国办|〔20|依据：(?!XML)", page)]


@pytest.fixture
def kind(root, tmp_path):
    """Return a function that makes a folder whose kind has a rule file, or several, and returns the kind."""
    shutil.copytree(root / "templates/kinds", tmp_path / "templates/kinds")
    (tmp_path / "data").mkdir()

    def make(**files):
        for name, text in files.items():
            path = tmp_path / f"templates/kinds/cn-disclosure/rules/{name.replace('_', '-').replace('--', '.')}.md"
            path.write_text(text, encoding="utf-8")
            path.with_suffix(".en.md").unlink(missing_ok=True)
        return Store(tmp_path).kind

    return make


PAGE = """+++
level = "note"
+++

收费太多。

说明。

不对:

    [proactive]
    fees = { amount = 119253.55 }

对:

    [proactive]
    fees = { amount = 11.9254 }
"""


def test_a_rule_file_has_the_level_and_the_page_of_its_relations(kind):
    made = kind(yuan_for_wan=PAGE)
    rule = kind_rules.load_rule(made, "yuan-for-wan")
    assert (rule.level, rule.summary) == ("note", "收费太多。")
    (finding,) = [
        one for one in examples.judge_example(made, "2021", read_examples(PAGE)[0]) if one.rule == "yuan-for-wan"
    ]
    assert (finding.level, finding.has_page) == ("note", True)


def test_a_wrong_example_that_is_right_and_a_right_one_that_is_wrong_are_told(kind):
    wrong, right = read_examples(PAGE)
    told = list(
        examples.find_rule_faults(
            kind(yuan_for_wan=PAGE.replace("119253.55", "1").replace("11.9254", "119253.55")), "yuan-for-wan"
        )
    )
    assert wrong != right
    assert len(told) == 2
    broken = PAGE.replace("amount = 11.9254", 'amount = "x"')
    (told,) = examples.find_rule_faults(kind(yuan_for_wan=broken), "yuan-for-wan")
    place, fault = told
    assert "wrong-type" in fault.message
    assert (fault.example, fault.address, place.line, place.column) == (1, "proactive.fees.amount", 17, 23)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("收费太多。\n", 1, "第一行应是 +++"),
        ('+++\nlevel = "note"\n', 1, "头没有收尾"),
        (PAGE.replace("level", "levle"), 2, "level"),
        (PAGE.replace('"note"', '"loud"'), 2, "loud"),
        (PAGE.replace('"note"', '"note'), 2, ""),
        (PAGE.replace('level = "note"', 'level = "note"\nwords = 1'), 3, "words"),
        (PAGE.split("\n对:", maxsplit=1)[0], 12, "1 段"),
        (PAGE.split("\n不对:", maxsplit=1)[0], 7, "0 段"),
        ("+++\n+++\n", 3, "一句话"),
        (PAGE.replace('"note"', '"note"\neditions = ["2022"]'), 1, "2022"),
        (PAGE.replace('"note"', '"note"\neditions = ["2019"]'), 1, "2021"),
    ],
    ids=[
        "no head",
        "open head",
        "key",
        "level",
        "toml",
        "unknown key",
        "one example",
        "no example",
        "no page",
        "edition",
        "other edition",
    ],
)
def test_a_rule_file_with_a_mistake_is_refused_at_its_place(kind, text, where, said):
    with pytest.raises(UserError, match=rf"rules/yuan-for-wan\.md:{where}:\d+: .*{re.escape(said)}"):
        kind_rules.load_rule(kind(yuan_for_wan=text), "yuan-for-wan")


def test_a_rule_of_no_edition_is_refused_with_the_nearest_that_has_no_page(kind):
    made = kind(yuan_for_wann=PAGE)
    with pytest.raises(UserError, match=r"yuan-for-wann\.md:1:1: 没有一版用到规则 yuan-for-wann"):
        kind_rules.load_rule(made, "yuan-for-wann")


def test_a_file_with_the_name_of_a_general_rule_is_a_page_and_no_rule(kind):
    added = kind_rules.load_rule(kind(jump="+++\n+++\n\n依据：某文件。\n"), "jump")
    assert added.level == "note"
    assert "上期多到五倍" in added.page
    assert added.page.index("依据：某文件。") < added.page.index("不对:")
    replaced = kind_rules.load_rule(kind(jump=PAGE.replace('level = "note"\n', "")), "jump")
    assert replaced.summary == "收费太多。"
    with pytest.raises(UserError, match=r"jump\.md:1:1: jump 是各种文书通用的规则"):
        kind_rules.load_rule(kind(jump=PAGE), "jump")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Bad_Name.md", PAGE, r"Bad_Name\.md:1:1: 规则的名称 Bad_Name 不行"),
        ("new-rule.en.md", "One sentence.", r"new-rule\.en\.md:1:1: 这是译文，旁边没有 new-rule\.md"),
        ("yuan-for-wan.en.md", "One sentence.", r"yuan-for-wan\.en\.md:1:1: 译文有 1 段，原文除例子外有 4 段"),
    ],
    ids=["name", "no page", "paragraphs"],
)
def test_names_and_translations_of_rules_are_checked(kind, tmp_path, name, text, said):
    (tmp_path / "templates/kinds/cn-disclosure/rules" / name).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        kind_rules.list_names(kind())


def test_expected_words_with_a_rule_of_their_own_are_judged(kind, tmp_path):
    form = tmp_path / "templates/kinds/cn-disclosure/editions/2021.toml"
    text = form.read_text(encoding="utf-8")
    form.write_text(
        text.replace('rule    = "fee-unspoken"', 'rule    = "fees-told"\nlevel   = "error"'), encoding="utf-8"
    )
    found = examples.judge_example(kind(), "2021", '[prose]\nother = "没有其他需要报告的事项。"\n')
    assert [(one.level, one.address) for one in found if one.rule == "fees-told"] == [("error", "prose.other")]


def test_a_kind_sets_levels_and_an_office_others(office, root, report):
    shutil.copytree(root / "templates/kinds", office / "templates/kinds", dirs_exist_ok=True)
    settings = office / "templates/kinds/cn-disclosure/kind.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'{text}\n[rules]\npublic-fewer-than-new = "off"\n', encoding="utf-8")
    assert "public-fewer-than-new" not in report("validate", cwd=office).stdout
    (office / "report.toml").write_text('[levels]\npublic-fewer-than-new = "error"\n')
    assert "error[public-fewer-than-new]" in report("validate", cwd=office).stdout
    settings.write_text(f'{text}\n[rules]\npublic-fewer-than-nw = "off"\n', encoding="utf-8")
    told = report("validate", cwd=office)
    assert told.returncode == 2
    assert re.search(r"kind\.toml:\d+:1: .*public-fewer-than-nw.*public-fewer-than-new", told.stderr)


@pytest.mark.parametrize("standing", [False, True])
def test_facts_that_are_the_same_in_each_period_are_no_copied_prose(kind, tmp_path, standing):
    form = tmp_path / "templates/kinds/cn-disclosure/editions/2021.toml"
    fact = 'id    = "facts.problems"\n'
    text = form.read_text(encoding="utf-8")
    assert fact in text
    form.write_text(text.replace(fact, f"{fact}standing = true\n" if standing else fact), encoding="utf-8")
    words = "依照《中华人民共和国政府信息公开条例》第十五条不予公开的商业秘密和个人隐私，涉及第三方合法权益的信息"
    example = "".join(f'# data/{year}.toml\n[facts]\nproblems = ["{words}{words}"]\n' for year in (2019, 2020))
    found = {one.rule for one in examples.judge_example(kind(), "2019", example)}
    assert ("copied-prose" in found) is not standing


def test_the_page_of_a_rule_of_any_kind_is_explained_where_it_is_named(root, office, report):
    page = report("explain", "pending-does-not-balance", cwd=office)
    assert page.stdout.startswith("pending-does-not-balance (error)\n\nWhat was pending at the start")
    assert "pending-does-not-balance" in report("explain", "--kind", "us-foia", cwd=office).stdout
    listed = report("explain", cwd=office).stdout
    assert "yuan-for-wan" in listed
    assert "pending-does-not-balance" not in listed
    assert report("explain", "yuan-for-wan", "--kind", "us-foia", cwd=office).returncode == 2
    found = report("validate", "--format", "sarif", cwd=office).stdout
    assert "规范性文件: 对外公开总数量" in found
    assert kind_rules.load_rule(Store(root).kind, "public-fewer-than-new").summary in found
