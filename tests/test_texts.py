"""The rules about texts: they compare texts of a report with its form, its tables and last year's texts."""

import datetime as dt
import re
import shutil

import pytest
from cases import KIND

from nianbao.checks import check, kind_rules, rules
from nianbao.checks.context import CheckContext
from nianbao.compose import document
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.loading.form_loader import load_form
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

TODAY = dt.date(2026, 1, 5)
TEXTS = {
    "aspect-missing",
    "copied-prose",
    "copied-tables",
    "empty-section",
    "fee-unspoken",
    "jump",
    "placeholder-left",
    "problems-without-remedies",
    "prompt-left",
    "said-twice",
    "text-differs",
    "title-differs",
    "typed-by-hand",
    "wrong-year",
}

AGENCY = """
[agency]
name = "某市某局"
"""
PROBLEMS = """
problems     = ["部分栏目更新较慢"]
improvements = ["按月检查栏目"]
"""
OF_2020 = f"""
year = 2020
{AGENCY}
[proactive]
normative   = {{ made = 12, disclosed = 12, public = 80 }}
licences    = {{ items = 30, decisions = 410 }}

[requests]
received.person   = 31
received.business = 4
carried_in.person = 2
outcome.granted   = {{ person = 20, business = 3 }}
outcome.partial   = {{ person = 2 }}
outcome.refused.internal = {{ person = 1 }}
outcome.unavailable.not_held = {{ person = 6 }}
outcome.declined.repeated    = {{ business = 1 }}
carried_forward   = {{ person = 4 }}

[review_litigation]
review            = {{ upheld = 2, pending = 1 }}
litigation.direct = {{ upheld = 1 }}

[facts]
portal_items = 320
{PROBLEMS}
"""
OF_2021 = f"""
year = 2021
{AGENCY}
[proactive]
normative   = {{ made = 10, repealed = 3, in_force = 87 }}
licences    = {{ decisions = 395 }}
fees        = {{ amount = 12.5 }}

[requests]
received.person   = 28
received.business = 6
carried_in.person = 4
outcome.granted   = {{ person = 22, business = 6 }}
outcome.unavailable.not_held = {{ person = 7 }}
carried_forward   = {{ person = 3 }}

[review_litigation]
review = {{ upheld = 1 }}

[facts]
portal_items   = 355
management     = "修订了本机关的信息发布审核制度。"
followers      = 2300
supervision    = "列入年度考核，没有发生责任追究。"
problems       = ["解读的形式单一"]
improvements   = ["用图解说明新制发的文件"]
processing_fee = 0
"""


def make_report(text, root, previous=None):
    year = int(re.search(r"^year = (\d+)", text, re.MULTILINE)[1])
    store = Store(root)
    facts = parse(text, f"data/{year}.toml")
    return fill_form(store.kind.form(facts, Period(year)), facts, previous)


def find_all(text, root, last_year=None):
    """Judge a report, compared with last year's, by the rules about texts."""
    store = Store(root)
    previous = make_report(last_year, root) if last_year else None
    report = make_report(text, root, previous)
    context = CheckContext(
        report,
        TODAY,
        author=document.compose_author(report),
        texts=document.compose(report, store.kind.template).plain,
        previous_texts=document.compose(previous, store.kind.template).plain if previous else {},
    )
    found, crashes = rules.judge(context)
    assert not crashes
    return [finding for finding in found if finding.rule in TEXTS]


def list_rules(text, root, last_year=None):
    return {(finding.rule, finding.level) for finding in find_all(text, root, last_year)}


def find_of_rule(rule, text, root, last_year=None):
    return [finding for finding in find_all(text, root, last_year) if finding.rule == rule]


def format_prose(**sections):
    return "\n[prose]\n" + "".join(f'{section} = """\n{text}\n"""\n' for section, text in sections.items())


def add_prose(text, **sections):
    return text + format_prose(**sections)


def test_a_right_pair_of_years_gives_no_finding(root):
    assert find_all(OF_2020, root) == []
    assert find_all(OF_2021, root, OF_2020) == []


def test_the_report_of_2020_gives_no_finding(root):
    assert [
        finding for finding in check.check_report(Store(root), Period(2020)).findings if finding.rule in TEXTS
    ] == []


def test_every_rule_about_texts_has_its_page(root):
    assert set(kind_rules.list_names(Store(root).kind)) >= TEXTS


# ── sections ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("year", [OF_2020, OF_2021])
def test_an_empty_section_is_an_error_and_a_short_one_a_warning(year, root):
    empty = re.sub(r"^(problems|improvements) .*$", "", year, flags=re.MULTILINE)
    (finding,) = find_all(empty, root)
    assert (finding.rule, finding.level, finding.address) == ("empty-section", "error", "prose.problems")
    assert list_rules(add_prose(year, problems="无。"), root) == {("empty-section", "warning")}
    assert list_rules(add_prose(year, other="无。"), root) <= {("fee-unspoken", "warning")}


def test_only_the_later_edition_requires_aspects_and_fees(root):
    (finding,) = find_all(add_prose(OF_2021, overview="{{ year }}年，主动公开信息，办理依申请公开。"), root)
    assert finding.rule == "aspect-missing"
    assert finding.message.endswith("没有写到政府信息管理、政府信息公开平台建设、监督保障")
    assert list_rules(add_prose(OF_2021, other="没有要报告的。"), root) == {("fee-unspoken", "warning")}
    assert (
        list_rules(add_prose(OF_2020, overview="{{ year }}年，主动公开信息。", other="没有要报告的。"), root) == set()
    )


def test_problems_without_remedies_give_a_finding(root):
    expected = {("problems-without-remedies", "warning")}
    assert list_rules(add_prose(OF_2020, problems="工作的主要问题是栏目有待进一步完善。"), root) == expected
    assert list_rules(add_prose(OF_2020, problems="明年将按月检查栏目，增加图解。"), root) == expected
    assert list_rules(add_prose(OF_2020, problems="主要问题是栏目更新慢。明年将按月检查。"), root) == set()


@pytest.mark.parametrize(
    "left",
    ["XX次", "××局", "×××", "X月X日", "TODO", "（待填）", "请填写）", "（请补充数字）", "共____件", "○○街道", "???"],
)
def test_a_mark_for_something_to_be_filled_in_is_an_error(left, root):
    (finding,) = find_all(add_prose(OF_2020, other=f"全年举办活动。\n\n地点：{left}。"), root)
    assert (finding.rule, finding.level) == ("placeholder-left", "error")
    assert finding.place.source == f"地点：{left}。"
    assert finding.place.source[finding.place.column - 1 :].startswith(finding.place.source[finding.place.column - 1])


def test_a_long_mark_for_something_to_be_filled_in_is_quoted_in_part(root):
    (finding,) = find_all(add_prose(OF_2020, other=f"地点：{'x' * 8000}。"), root)
    assert len(finding.message) < 100


@pytest.mark.parametrize(
    "right",
    [
        "见 https://www.example.cn/xxgk/xx.html",
        "长3×5米",
        "__加粗__的字",
        "二○○八年以来",
        "用 XXL 号",
        "（请见附件）",
        "（待办结）",
        "有待完善",
        "XML",
    ],
)
def test_similar_texts_are_no_marks_to_be_filled_in(right, root):
    assert list_rules(add_prose(OF_2020, other=f"全年举办活动。\n\n{right}。"), root) == set()


def test_the_prompts_of_a_new_file_warn_and_do_not_block(tmp_path, report):
    assert report("init", "office", cwd=tmp_path).returncode == 0
    office = next((tmp_path / "office").rglob("data")).parent
    assert report("new", "2020", cwd=office).returncode == 0
    checked = check.check_report(Store(office), Period(2020))
    found = {(finding.rule, finding.level) for finding in checked.findings}
    assert ("prompt-left", "warning") in found
    assert "placeholder-left" not in {rule for rule, _ in found}
    assert not checked.blocked
    assert "prompt-left" not in {rule for rule, _ in list_rules(OF_2020, office)}


@pytest.mark.parametrize(
    "prompt", ["请填写机关全称", "（填写机关全称）", "(请填写机关全称)", "【请填写机关全称】", "请填写机关全称："]
)
def test_a_prompt_with_other_brackets_is_one(prompt, office):
    path = office / "data/2020.toml"
    path.write_text(re.sub(r"(?m)^name .*$", f'name = "{prompt}"', path.read_text("utf-8"), count=1), encoding="utf-8")
    checked = check.check_report(Store(office), Period(2020))
    assert checked.prompts == 1
    assert [one.level for one in checked.findings if one.address == "agency.name" and one.rule == "prompt-left"]
    assert "placeholder-left" not in {finding.rule for finding in checked.findings}


@pytest.mark.parametrize("prompt", ["请填写全称", "（填写本局名称）", "[请写明机关名称]"])
def test_a_text_that_only_asks_to_fill_it_in_is_a_mark(prompt, root):
    assert ("placeholder-left", "error") in list_rules(OF_2020.replace("某市某局", prompt), root)


def test_a_repeated_paragraph_gives_one_finding(root):
    twice = "每季度检查一次网站栏目，及时改正差错，没有责任追究。"
    (finding,) = find_all(
        add_prose(OF_2020, overview=f"{{{{ standard }}}}\n\n{twice}", other=f"{twice}\n\n{twice}"), root
    )
    assert finding.rule == "said-twice"
    assert finding.address == "prose.other"
    assert list_rules(add_prose(OF_2020, other="无。\n\n无。"), root) == set()


# ── years and titles ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sections",
    [
        {"preamble": "本报告统计期限为2019年1月1日至2020年12月31日。"},
        {"preamble": "数据自2020年1月1日至2021年12月31日止。"},
        {"preamble": "现编制2019年度政府信息公开工作年度报告。"},
        {"overview": "2019年，本机关推进公开。"},
        {"overview": "{{ standard }}\n\n2021年，本机关推进公开。"},
    ],
)
def test_a_year_close_to_the_report_year_is_found(sections, root):
    assert list_rules(add_prose(OF_2020, **sections), root) == {("wrong-year", "warning")}


@pytest.mark.parametrize(
    "sections",
    [
        {"preamble": "根据某办〔2021〕1号，编制２０２０年度报告，统计期限为 2020 年1月1日至12月31日。"},
        {"problems": "2020年，栏目更新有不足。2021年，将按月检查。"},
        {"overview": "{{ standard }}\n\n按时发布了2019年度政府信息公开工作年度报告；截至2021年12月31日不计。"},
        {"overview": "2020年，本机关推进公开。\n\n2008年，建成网站。"},
    ],
)
def test_other_years_give_no_finding(sections, root):
    assert list_rules(add_prose(OF_2020, **sections), root) == set()


@pytest.mark.parametrize(
    ("title", "words", "level"),
    [
        ("某市某局政府信息公开工作年度报告", "“2020”", "note"),
        ("2020年政府信息公开工作年度报告", "“某市某局”", "note"),
        ("某市某局2020年工作总结", "“政府信息公开”", "note"),
        ("某市某局2019年政府信息公开工作年度报告", "2019 年，报告年度是 2020", "warning"),
    ],
)
def test_a_title_without_author_year_or_name_is_told(title, words, level, root):
    (finding,) = find_all(f'title = "{title}"\n' + OF_2020, root)
    assert (finding.rule, finding.level) == ("title-differs", level)
    assert words in finding.message


@pytest.mark.parametrize("title", ["某市某局2020年度政府信息公开工作报告", "某市某局二○二○年政府信息公开年度报告"])
def test_a_title_in_other_words_is_right(title, root):
    assert list_rules(f'title = "{title}"\n' + OF_2020, root) == set()


# ── texts against tables ─────────────────────────────────────────────────────────────

DIFFERS = [
    (OF_2020, "全年新收政府信息公开申请36件。", "35"),
    (OF_2020, "全年共受理政府信息公开申请 38 件。", "35或37"),
    (OF_2020, "全年未收到政府信息公开申请。", "35"),
    (OF_2020, "收到申请35件，含上年度结转3件。", "2"),
    (OF_2020, "受理申请35件，答复34件，顺延4件。", "33"),
    (OF_2020, "受理申请35件，答复33件，5件结转至下年度办理。", "4"),
    (OF_2020, "答复申请中予以公开及部分公开26件、不予公开1件。", "25"),
    (OF_2020, "答复申请中予以公开25件。", "23"),
    (OF_2020, "答复申请中无法提供7件。", "6"),
    (OF_2020, "答复申请中不予处理2件。", "1"),
    (OF_2020, "因信息公开引起行政复议4件。", "3或2"),
    (OF_2020, "因信息公开引起行政诉讼2件。", "1"),
    (OF_2020, "没有因政府信息公开引起的行政复议。", "3或2"),
    (OF_2020, "因信息公开引起行政复议、行政诉讼5件。", "4"),
    (OF_2020, "行政复议3件均获维持。", "2"),
    (OF_2020, "制发规范性文件11件。", "12"),
    (OF_2020, "办理行政许可400件。", "410"),
    (OF_2021, "制发行政规范性文件11件。", "10"),
    (OF_2021, "废止规范性文件2件。", "3"),
]


@pytest.mark.parametrize(("year", "text", "right"), DIFFERS)
def test_a_figure_that_differs_from_the_table_is_found(year, text, right, root):
    (finding,) = find_of_rule("text-differs", add_prose(year, overview=f"{{{{ standard }}}}\n\n{text}"), root)
    assert (finding.level, finding.address) == ("warning", "prose.overview")
    assert finding.label == f"应为 {right}"
    assert finding.place.source == text


AGREES = [
    (OF_2020, "全年新收政府信息公开申请{{ requests.received.total }}件。"),
    (
        OF_2020,
        "全年共受理申请{{ requests.received.total + requests.carried_in.total }}件，未收到信息公开申请引起的投诉。",
    ),
    (OF_2020, "收到网上申请9件，其中自然人申请8件。"),
    (OF_2020, "2019年收到申请50件，较上年受理申请多5件。"),
    (OF_2020, "答复人大建议7件、网民留言9件。"),
    (OF_2020, "报送备案规范性文件5件，规章、规范性文件等9件。"),
    (OF_2020, "区本级收到申请3件；收到行政复议申请9件；受理投诉举报8件。"),
    (OF_2020, "办理行政复议案件300件，应诉行政诉讼案件20件。"),
    (OF_2020, "公开行政许可事项9项。"),
    (OF_2021, "行政事业性收费1件，共12万元。"),
    (OF_2021, "没有因政府信息公开申请被投诉。"),
]


@pytest.mark.parametrize(("year", "text"), AGREES)
def test_figures_about_something_else_or_a_part_give_no_finding(year, text, root):
    assert list_rules(add_prose(year, overview=f"{{{{ standard }}}}\n\n{text}"), root) == set()


def test_a_text_may_state_that_nothing_was_received_if_so(root):
    none = OF_2020[: OF_2020.index("[requests]")] + "[requests]\n" + OF_2020[OF_2020.index("[review_lit") :]
    assert list_rules(add_prose(none, overview="全年未收到政府信息公开申请。"), root) == set()
    assert list_rules(add_prose(none, overview="全年主动公开信息，未收到依申请公开信息。"), root) == set()
    assert list_rules(add_prose(OF_2020, overview="全年未收到依申请公开信息。"), root) == {("text-differs", "warning")}
    assert list_rules(add_prose(none, overview="全年收到政府信息公开申请3件。"), root) == {("text-differs", "warning")}


def test_the_fee_of_the_text_is_that_of_the_facts_and_never_the_charges_of_the_table(root):
    assert list_rules(add_prose(OF_2021, other="收取信息处理费200元。"), root) == {("text-differs", "warning")}
    assert list_rules(add_prose(OF_2021, other="没有收取信息处理费。"), root) == set()
    unknown = OF_2021.replace("processing_fee = 0", "")
    assert list_rules(add_prose(unknown, other="收取信息处理费200元。"), root) == set()
    assert list_rules(add_prose(unknown, other="收取信息处理费200元。没有收取信息处理费。"), root) == {
        ("text-differs", "warning")
    }


def test_the_figures_of_one_sentence_balance(root):
    text = "受理申请40件，答复33件，含上年结转2件，顺延4件。"
    (found,) = find_of_rule("text-differs", add_prose(OF_2020, overview=text), root)  # which makes the balance wrong
    assert "按数据应为 35或37" in found.message
    unread = OF_2020.replace("person = 20, business = 3", 'person = "20", business = 3')
    found = find_of_rule("text-differs", add_prose(unread, overview=text.replace("33", "32")), root)
    assert any("40 + 2 = 42，32 + 4 = 36" in finding.message for finding in found)
    right = "受理申请37件，答复33件，含上年结转2件，顺延4件。"
    assert find_of_rule("text-differs", add_prose(OF_2020, overview=right), root) == []


@pytest.mark.parametrize(
    ("rate", "right"),
    [("89.2%", True), ("89.19%", True), ("89.18%", True), ("89.17%", False), ("90%", False), ("100%", False)],
)
def test_a_percentage_must_agree_with_the_counts_in_its_sentence(rate, right, root):
    text = f"受理申请37件，答复33件，答复率{rate}。"
    assert (find_of_rule("text-differs", add_prose(OF_2020, overview=text), root) == []) is right
    assert find_of_rule("text-differs", add_prose(OF_2020, overview=f"受理申请37件。答复率{rate}。"), root) == []


# Texts of published reports about figures of their tables, and whether they agree.
PUBLISHED = [
    ("hongze-2023", "全区受理政府信息公开申请 21 件", True),
    ("shuyang-2025", "全县全年共受理政府信息公开申请 749 件，共办理 718 件，结转下一年 31 件", True),
    ("shuyang-drc-2023", "2023年度共收到依申请信息公开 26 件", True),
    ("shanghai-office-2019", "主动公开规章 13 件，行政规范性文件 60 件", True),
    ("shanghai-office-2019", "共受理政府信息公开申请 859 件，答复 805 件，含上年度结转 18 件，72 件顺延", True),
    ("shanghai-office-2019", "答复申请中予以公开及部分公开 258 件", False),
    ("shanghai-office-2019", "答复申请中不予公开 35 件", True),
    ("shanghai-office-2019", "答复申请中无法提供 265 件", False),
    ("shanghai-office-2019", "答复申请中不予处理 158 件", True),
    ("shanghai-office-2019", "答复申请 805 件，不予公开 35 件，占 4.35%", True),
    ("shanghai-office-2019", "答复申请 805 件，不予公开 35 件，占 4.3%；无法提供，占 32.9%", True),
    ("shanghai-office-2019", "答复申请 805 件，不予公开 35 件，占 5.3%", False),
    ("shanghai-office-2019", "行政复议 7 件，诉讼 9 件，均获维持", False),
    ("shanghai-office-2019", "行政复议 7 件均获维持", False),
    ("shanghai-office-2019", "诉讼 9 件均获维持", False),
]


@pytest.mark.parametrize(("slug", "text", "agrees"), PUBLISHED)
def test_published_reports_agree_with_their_tables_or_not_as_found_by_hand(slug, text, agrees, root):
    data = (root / f"tests/samples/{slug}.toml").read_text(encoding="utf-8")
    found = [finding.rule for finding in find_all(add_prose(data, overview=f"{text}。"), root)]
    assert ("text-differs" in found) is not agrees


def test_a_number_that_a_fact_could_supply_names_its_placeholder(root):
    found = find_all(add_prose(OF_2020, overview="新收申请35件。\n\n主动公开信息320条，培训320人，共320。"), root)
    assert [(finding.rule, finding.level) for finding in found] == [("typed-by-hand", "note")]  # one for a section
    assert found[0].label == "可以写成 {{ requests.received.total }}"
    assert found[0].place.source[found[0].place.column - 1 :].startswith("35件")
    place = found[0].place
    assert found[0].notes == (f"{place.line + 2}:7 的 320 可以写成 {{{{ facts.portal_items }}}}",)
    assert (
        list_rules(
            add_prose(OF_2020, overview="{{ year }}年公开{{ facts.portal_items }}条，见第35条、2020年12月。"), root
        )
        == set()
    )


# ── across years ─────────────────────────────────────────────────────────────────────

LONG = "部分科室对主动公开的范围把握不准，应当公开的信息没有在规定的时间内公开，也没有说明原因"


def test_prose_copied_from_last_year_is_found_with_the_common_text(root):
    first = "本机关全年召开部署会4次，培训业务骨干60人，修订发布审核制度，落实先审后发，按季度通报检查结果，限期改正。"
    other = (
        "今年把政策问答接入热线，坐席按统一口径解答；基层站点增设查阅电脑，老年人由专人陪同办理，满意度调查每月一次。"
    )
    last = add_prose(OF_2020, overview=f"{{{{ standard }}}}\n\n{first}")
    now = add_prose(OF_2021, overview=first.replace("60", "85"))
    (finding,) = find_of_rule("copied-prose", now, root, last)
    assert finding.level == "warning"
    assert "100%" in finding.message
    assert any(note.startswith("与上期相同：本机关全年召开部署会") for note in finding.notes)
    (finding,) = find_of_rule("copied-prose", add_prose(OF_2021, overview=f"{first}{other[:26]}。"), root, last)
    assert finding.level == "note"
    assert find_of_rule("copied-prose", add_prose(OF_2021, overview=other), root, last) == []


def test_one_sentence_of_the_problems_word_for_word_is_enough(root):
    last = OF_2020.replace("部分栏目更新较慢", LONG)
    now = OF_2021.replace("解读的形式单一", LONG).replace(
        "用图解说明新制发的文件",
        "每月由办公室逐个科室核对一次公开目录，漏项当场补齐，年底把核对的结果作为科室考核的依据",
    )
    (finding,) = find_all(now, root, last)
    assert (finding.rule, finding.level, finding.address) == ("copied-prose", "warning", "facts.problems.0")
    assert "一字不差" in finding.message


def test_standard_text_that_is_equal_each_year_is_not_copied(root):
    nothing = "year = 2020\n[agency]\nname = '某市某局'\n[proactive]\n[requests]\n[review_litigation]\n[facts]\n"
    texts = (
        "problems = ['公开不够及时']\nimprovements = ['按月检查']",
        "problems = ['解读不够']\nimprovements = ['用图']",
    )
    now = nothing.replace("2020", "2020") + texts[1]
    last = nothing.replace("2020", "2019") + texts[0]
    assert list_rules(now, root, last) == set()


def test_tables_equal_to_last_years_are_found_unless_all_are_zero(root):
    last = OF_2020.replace("year = 2020", "year = 2019").replace("部分栏目更新较慢", "公开不够及时")
    assert list_rules(OF_2020, root, last) == {("copied-tables", "warning")}
    (finding,) = find_of_rule("copied-tables", OF_2020.replace("decisions = 410", "decisions = 411"), root, last)
    assert finding.address == "requests"  # last year's 4 are not carried in
    follows = OF_2020.replace("carried_in.person = 2", "carried_in.person = 4").replace(
        "person   = 31", "person   = 29"
    )
    assert list_rules(follows, root, last) == set()


def test_a_large_change_of_a_key_figure_is_noted(root):
    for figure in (2100, 70):
        (finding,) = find_all(OF_2021.replace("decisions = 395", f"decisions = {figure}"), root, OF_2020)
        assert (finding.rule, finding.level) == ("jump", "note")
        assert finding.address == "proactive.licences.decisions"
    assert list_rules(OF_2021.replace("decisions = 395", "decisions = 2000"), root, OF_2020) == set()
    assert list_rules(OF_2021.replace("review = { upheld = 1 }", "review = { upheld = 9 }"), root, OF_2020) == set()


# ── the text rules of a form ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("there", "wrong", "where"),
    [
        ('"requests.carried_in.total"]', '"requests.carried.total"]', "没有地址 requests.carried.total"),
        ('"facts.followers",', '"facts.follower",', "没有地址 facts.follower"),
        ('["problems"]', '["problem"]', "没有名为 problem 的部分"),
        ('part  = "answered"', 'part  = "answer"', "没有 id 为 answer 的说法"),
        ("other       =", "others =", "不认识的键 vocabulary.pairs[1].others"),
        ('near   = "<about>"', 'near = "(<about>"', "(<about> 不是正则表达式"),
        ('topic  = "cases"', 'topic  = "case"', "没有 id 为 case 的题目"),
        ("<case>", "<cases>", "vocabulary.terms 里没有 cases"),
        ('at_most = "requests.outcome', 'at_most = "request.outcome', "没有地址 request.outcome.total.total"),
    ],
)
def test_a_form_with_a_mistake_in_its_text_rules_is_refused(there, wrong, where, root):
    text = (root / f"templates/{KIND}/editions/2021.toml").read_text(encoding="utf-8")
    assert there in text
    form = Store(root).kind.edition("2021")
    with pytest.raises(UserError, match=re.escape(where)):
        load_form("2021", [parse(text.replace(there, wrong), "2021.toml", float)], form.kind, form.locale)


def test_an_office_may_change_the_words_of_its_form(root, tmp_path):
    shutil.copytree(root / "templates", tmp_path / "templates")
    form = tmp_path / f"templates/{KIND}/editions/2021.toml"
    text = form.read_text(encoding="utf-8").replace("信息(?:公开)?处理费", "工本费")
    form.write_text(text, encoding="utf-8")
    assert list_rules(OF_2021, tmp_path) == {("fee-unspoken", "warning")}


def test_a_mark_to_be_filled_in_from_a_template_is_an_error_too(root, tmp_path):
    shutil.copytree(root / "templates", tmp_path / "templates")
    template = tmp_path / f"templates/{KIND}/texts/other.md.j2"
    template.write_text(template.read_text(encoding="utf-8") + "\n接受检查XX次。\n", encoding="utf-8")
    (finding,) = find_all(OF_2020, tmp_path)
    assert (finding.rule, finding.address) == ("placeholder-left", "prose.other")


def test_a_year_in_two_phrases_is_told_once(office):
    data = office / "data/2020.toml"
    facts = data.read_text(encoding="utf-8").split("[prose]")[0]
    prose = '[prose]\npreamble = "统计期限从2019年1月1日至2019年12月31日止。"\n'
    data.write_text(facts + prose, encoding="utf-8")
    found = [one for one in check.check_report(Store(office), Period(2020)).findings if one.rule == "wrong-year"]
    assert [one.place.text for one in found] == ["统计期限从2019年1月1日", "至2019年12月31日"]
