"""Slips of typing in prose: each is told by its rule, and sentences that look like one are left alone."""

import datetime as dt

import pytest

from nianbao.checks.context import CheckContext
from nianbao.checks.rules import (
    doubled_mark,
    doubled_word,
    mistyped_name,
    mistyped_sign,
    no_such_day,
    note_left,
    numbers_out_of_order,
    other_period,
    placeholder_left,
    said_twice,
    share_too_large,
    title_differs,
    unpaired_mark,
    wrong_year,
)
from nianbao.compose.document import compose
from nianbao.model.facts import parse
from nianbao.model.offices import Register, Unit
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

NAME = "临江县人民政府办公室"
OTHERS = Register({"education": Unit("education", "临江县大民政府办公室")})


@pytest.fixture
def find(root):
    """Return a function that judges a text by a rule, and gives the words that are underlined."""
    form = Store(root).find_kind("cn-disclosure").edition("2021")

    def judge(rule, text, *, name=NAME, title="", short=""):
        lines = [f'title = "{title}"'] if title else []
        lines += [
            "year = 2024",
            "[agency]",
            f'name = "{name}"',
            f'short = "{short}"',
            "[prose]",
            f"overview = '''\n{text}\n'''",
        ]
        report = fill_form(form, parse("\n".join(lines), "2024.toml"))
        context = CheckContext(
            report, dt.date(2025, 1, 20), author=name, texts={"overview": text}, level="warning", register=OTHERS
        )
        return [finding.place.text for finding in rule.judge(context)]

    return judge


@pytest.mark.parametrize(
    "words",
    ["（待核）", "（请核实）", "（数据待确认）", "（待核实，李科长）", "（存疑）", "（？）", "（  ）", "【】", "？？"],
)
def test_marks_of_what_is_to_be_checked_are_found_at_their_words(words, find):
    assert find(note_left, f"（一）开展培训2次，\n共{words}人参加。（二）检查。") == [words]


@pytest.mark.parametrize(
    "words",
    ["（此句可删）", "（此处需补充）", "【批注：换一个说法】", "（同上年）", "……"],
)
def test_notes_of_writers_are_found_at_their_words(words, find):
    assert find(note_left, f"（一）开展培训2次，\n共{words}人参加。（二）检查。") == [words]


@pytest.mark.parametrize(
    "text",
    [
        "尚未审结（待审2件）的案件。",
        "核实（含现场核实）的线索3条。",
        "主动公开、依申请公开……等内容。",
        "《办法（征求意见稿）》公开征求意见。",
        "待核实的事项逐一登记。",
        "什么是政府信息？怎样申请？",
        "（下同）",
        "此处公开的信息，可在网站查阅。",
    ],
)
def test_what_is_no_note_is_left_alone(text, find):
    assert find(note_left, text) == []


def test_each_mark_to_be_filled_in_is_told_and_no_note_besides(find):
    text = "培训XX次，检查××次（待补充），再培训XX次。"
    assert find(placeholder_left, text) == ["XX", "××", "（待补充）"]
    assert find(note_left, text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("印发《指南，并公开。", "《指南，并公开。"),
        ("开展（一次培训。\n\n检查（两次）。", "（一次培训。"),
        ("落实“三审三校“要求。", "“三审三校“要求。"),
        ("落实”三审三校”要求。", "”三审三校”要求。"),
        ("培训2次）。", "）。"),
    ],
)
def test_a_mark_without_the_other_is_found(text, words, find):
    assert find(unpaired_mark, text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "1）培训；2）检查。",
        "包括：a）培训；（b）检查。",
        "一）培训\n二）检查",
        "培训（2次)，检查(1次）。",
        "《关于〈办法〉的通知》（“新办法”）。",
        "政务信息“看\n\n得懂、用得上”。",
    ],
)
def test_paired_marks_and_numbers_of_items_are_left_alone(text, find):
    assert find(unpaired_mark, text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("（一）甲。\n\n（一）乙。", "（一）乙。"),
        ("（一）甲。\n\n（三）乙。\n\n（三）丙。", "（三）乙。"),
        ("（一）甲。\n（二）乙。\n（二）丙。", "（二）丙。"),
        ("一、甲\n三、乙", "三、乙"),
        ("一是甲；二是乙；四是丙。", "四是丙。"),
        ("（一）甲。\n（1）乙\n（3）丙\n（二）丁。", "（3）丙"),
        ("（二）甲。\n\n（三）乙。", "（二）甲。"),
        ("（一）甲。\n\n（5）乙。", "（5）乙。"),
    ],
)
def test_a_number_that_does_not_follow_is_found_once_in_a_list(text, words, find):
    assert find(numbers_out_of_order, text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "（一）甲。\n（二）乙。\n（一）另一个列表。\n（二）丙。",
        "（一）甲。一是乙；二是丙。\n（二）丁。一是戊；二是己。",
        "一、甲\n（一）乙\n（二）丙\n二、丁\n（一）戊\n（二）己",
        "一、二季度公开3次。",
        "（三）至（五）从略",
        "第（三）项、第（一）项信息。",
        "（三）项规定的信息。",
        "甲。二是乙；三是丙。",
        "其中之一是公开。统一是要求。",
    ],
)
def test_lists_that_begin_again_are_left_alone(text, find):
    assert find(numbers_out_of_order, text) == []


@pytest.mark.parametrize("text", ["答复率120%", "办结率均达到105.5%", "满意率高达１０１％", "占总数的130%", "占比200%"])
def test_a_share_above_the_whole_is_found(text, find):
    assert find(share_too_large, f"全年{text}。")


@pytest.mark.parametrize("text", ["数量下降120%", "同比减少了150.5%"])
def test_nothing_falls_by_more_than_the_whole(text, find):
    assert len(find(share_too_large, f"全年{text}。")) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("申请中，其中主动公开占60%，依申请占55%。", "其中主动公开占60%，依申请占55%"),
        ("自然人申请占82.6%、法人申请占27.4%。", "自然人申请占82.6%、法人申请占27.4%"),
        ("其中甲占总数的50%，乙占30%和丙占40%。", "其中甲占总数的50%，乙占30%和丙占40%"),
    ],
)
def test_shares_of_one_whole_that_are_more_than_it_are_found(text, words, find):
    assert find(share_too_large, text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "其中自然人占82.6%，法人占17.4%。",
        "甲占33.4%、乙占33.4%、丙占33.4%。",
        "自然人占80%，法人占20%，予以公开占60%，不予公开占40%。",
        "自然人占90%；予以公开占80%。",
        "自然人申请90件，占90%，予以公开80件，占80%。",
        "比重占上年的80%，占目标任务的90%。",
        "公开率90%，满意率95%。",
    ],
)
def test_shares_that_may_be_of_several_wholes_are_left_alone(text, find):
    assert find(share_too_large, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "答复率100%",
        "增长率120%",
        "同比增长200%",
        "完成率150%",
        "占上年的120%",
        "答复率比上年提高120%",
        "按时答复率99.8%",
    ],
)
def test_rates_that_may_be_larger_are_left_alone(text, find):
    assert find(share_too_large, f"全年{text}。") == []


@pytest.mark.parametrize("year", ["23年", "二〇二三年", "二○二三年", "二零二三年", "2023年度", "２０２３年", "25年"])
def test_another_year_is_found_in_every_writing(year, find):
    assert find(wrong_year, f"{year}，公开信息3条。") == [f"{year}，"]
    assert find(wrong_year, f"{year}我县公开信息3条。") == [f"{year}我县"]


@pytest.mark.parametrize("year", ["24年", "二〇二四年", "2024年", "10年", "2023年制定的办法，", "二〇二四"])
def test_the_report_year_and_what_is_no_year_of_a_report_are_left_alone(year, find):
    assert find(wrong_year, f"{year}，公开信息3条。") == []


@pytest.mark.parametrize(
    "name",
    [
        "临江县人民政俯办公室",
        "临江县人民府办公室",
        "临江县县人民政府办公室",
        "临江县人政民府办公室",
        "临红县人民政府办公室",
    ],
)
def test_the_name_of_the_office_with_one_slip_is_found_in_text_and_title(name, find):
    assert (
        find(mistyped_name, f"2024年，{name}认真贯彻条例。", title=f"{name}2024年政府信息公开工作年度报告")
        == [name] * 2
    )
    assert find(title_differs, "无。", title=f"{name}2024年政府信息公开工作年度报告") == []


@pytest.mark.parametrize(
    "text",
    [
        f"2024年，{NAME}认真贯彻条例。",
        "向临海县人民政府办公室移送申请3件。",
        "在临江县人民政府办公大楼设查阅点。",
        "临江县大民政府办公室认真贯彻条例。",
        "临江县人民政府公开信息3条。",
        "2024年，临江县认真贯彻条例。",
    ],
)
def test_other_names_and_right_ones_are_left_alone(text, find):
    assert find(mistyped_name, text) == []


def test_a_name_that_differs_by_a_link_is_no_slip(find):
    assert find(mistyped_name, "2024年，青海水利厅认真贯彻条例。", name="青海省水利厅") == []
    name = "临江市发展和改革委员会"
    assert find(mistyped_name, "临江市发展改革委员会认真贯彻条例。", name=name) == []
    assert find(mistyped_name, "全市，临江市发展和改委员会印发指南。", name=name) == ["临江市发展和改委员会"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("本年度报告由临江县人民政府办公宝编制。", "临江县人民政府办公宝"),
        ("数据由临江县人民政府办公司负责统计，下同。", "临江县人民政府办公司"),
        ("数据由临江县人民政府办公市汇总。", "临江县人民政府办公市"),
    ],
)
def test_a_slip_in_the_name_of_who_makes_the_report_is_found_within_a_sentence(text, words, find):
    assert find(mistyped_name, text) == [words]


def test_a_slip_in_the_short_name_is_found_and_that_of_another_level_is_not(find):
    name = "云岭县农业农村局"
    facts = {"name": name, "short": "县农业农村局"}
    assert find(mistyped_name, "2024年，县农业农忖局认真贯彻条例。", **facts) == ["县农业农忖局"]
    assert find(mistyped_name, "2024年，县农业农村村局组织培训。", **facts) == ["县农业农村村局"]
    assert find(mistyped_name, "2024年，云岭县农业农忖局认真贯彻条例。", **facts) == ["云岭县农业农忖局"]
    assert find(mistyped_name, "2024年，市农业农村局认真贯彻条例，县农业农村局执行。", **facts) == []


@pytest.mark.parametrize(
    ("headings", "told"),
    [
        ('problems = "六、存在的主要问题及改进情况"', ["headings.problems"]),
        ('problems = "存在的主要问题及改进情况"', ["headings.problems"]),
        ('problems = "五、问题和改进"', []),
        ('overview = "总体情况"\nproblems = "四、存在的主要问题"', ["headings.overview", "headings.problems"]),
    ],
)
def test_a_heading_with_another_number_than_its_section_is_found(headings, told, root):
    form = Store(root).find_kind("cn-disclosure").edition("2021")
    facts = parse(f'year = 2024\n[agency]\nname = "{NAME}"\n[headings]\n{headings}\n', "2024.toml")
    context = CheckContext(fill_form(form, facts), dt.date(2025, 1, 20), author=NAME, level="warning")
    assert [finding.address for finding in numbers_out_of_order.judge(context)] == told


@pytest.mark.parametrize("marks", ["，，", "。。", "，。", "；，", "、、", "。，"])
def test_marks_of_which_one_is_too_many_are_found(marks, find):
    assert find(doubled_mark, f"公开信息{marks}检查。") == [f"公开信息{marks}"]


@pytest.mark.parametrize("text", ["等等……。", "公开——检查", "“公开。”，检查", "是否公开？！", "（公开。），"])
def test_marks_that_stand_beside_each_other_are_left_alone(text, find):
    assert find(doubled_mark, text) == []


@pytest.mark.parametrize("day", ["2023年2月29日", "11月31日", "13月1日", "2024年4月0日", "２月３０日"])
def test_a_day_that_is_none_is_found(day, find):
    assert find(no_such_day, f"于{day}公开。") == [day]


@pytest.mark.parametrize("text", ["2024年2月29日", "2月29日", "12月31日", "1月至3月", "2024年1月1日起", "3月号"])
def test_days_of_the_calendar_are_left_alone(text, find):
    assert find(no_such_day, text) == []


def test_a_name_with_a_blank_is_the_same_name(find):
    text = f"{NAME}根据条例，由{NAME}编制。"
    for name in (f"{NAME} ", "临江县 人民政府办公室"):
        assert find(mistyped_name, text, name=name) == [f'"{name}"']  # where it is written, and not in the text


@pytest.mark.parametrize("words", ["开展开展", "按照按照", "政府信息政府信息", "主动公开主动公开"])
def test_a_word_written_twice_is_found(words, find):
    assert find(doubled_word, f"全年，\n我局{words}培训4次。") == [words]


@pytest.mark.parametrize(
    "text",
    [
        "由办公室办公室主任负责。",
        "召开委员会委员会议。",
        "信息公开公开栏、管理管理办法。",
        "一项一项、一步一步落实落细。",
        "研究讨论、讨论研究。",
        "开展，开展。",
        "开展\n开展",
    ],
)
def test_words_that_may_follow_themselves_are_left_alone(text, find):
    assert find(doubled_word, text) == []


@pytest.mark.parametrize(
    "words",
    [
        "统计期限自2024年1月1日起至2024年12月30日",
        "统计期限为2024年1月1日至12月3日",
        "统计时限从2024年1月1日起，到2024年11月31日",
        "统计期限自 2024 年 1 月 1 日起至 2024 年 12 月 21 日",
    ],
)
def test_a_period_that_ends_on_another_day_is_found(words, find):
    assert find(other_period, f"本报告所列数据的{words}止。") == [words]


@pytest.mark.parametrize(
    "text",
    [
        "统计期限自2024年1月1日起至2024年12月31日止",
        "统计期限自2024年3月15日起至12月31日止",
        "统计期限为2024年度。公示自3月1日起至3月10日止",
        "截至12月20日，公开信息3条",
        "征求意见自1月1日起至12月30日止",
    ],
)
def test_a_period_that_ends_with_the_report_and_other_periods_are_left_alone(text, find):
    assert find(other_period, f"{text}。") == []


@pytest.mark.parametrize(
    "words",
    [
        "4O条",
        "1O宗",
        "l31条",
        "2O25年",
        "20255年",
        "205年",
        "17..1",
        "17.1万万",
        "7，1万",
        "98%%",
        "15月",
        "3次2次",
        "5 12条",
        "http：//www.gov.cn",
        "https:/www.gov.cn",
        "www。gov",
        "a＠1",
    ],
)
def test_a_sign_that_does_not_belong_is_found(words, find):
    found = find(mistyped_sign, f"全年，{words}，公开信息。")
    assert len(found) == 1
    assert found[0][:4] in words


@pytest.mark.parametrize(
    "text",
    [
        "近200年来，建校205年后，共10万条，增长12%。",
        "2024年 12条，1 234条，3月、12月公开，24个月。",
        "5G基站10个，A4纸3份，PM2.5下降2%，IPv6覆盖10个街道。",
        "1件2项、3次5人，百分之98，千千万万。",
        "网址https://www.gov.cn/a.b，邮箱a@b.cn，http://x.cn。",
        "第20号、20240115号文，版本1.2.3。",
    ],
)
def test_numbers_and_addresses_as_they_should_be_are_left_alone(text, find):
    assert find(mistyped_sign, text) == []


@pytest.mark.parametrize("text", ["略", "（略）", "同上。", "同前"])
def test_a_word_in_place_of_a_section_is_a_note(text, find):
    assert find(note_left, text) == [text]


def test_a_sentence_and_a_number_written_twice_are_found(find):
    sentence = "修订信息发布审查办法，明确各股室的职责。"
    assert find(doubled_word, f"全年公开。{sentence}{sentence}") == [sentence * 2]
    assert find(doubled_word, f"全年公开。{sentence}公开。{sentence}") == []
    assert find(doubled_word, "一是一是公开。") == ["一是一是"]


@pytest.mark.parametrize(
    ("problem", "rule", "told"),
    [
        ("栏目更新不够及时。", doubled_mark, ["facts.improvements.0"]),
        ("栏目更新不够及时；", doubled_mark, ["facts.improvements.0"]),
        ("栏目更新不够及时", doubled_mark, []),
        ("栏目更新（每月）", doubled_mark, []),
        ("一是按月检查", doubled_word, ["facts.improvements.0"]),
        ("按月检查", doubled_word, []),
    ],
)
def test_marks_and_numbers_that_the_standard_text_has_already_are_found(problem, rule, told, root):
    store = Store(root)
    kind = store.find_kind("cn-disclosure")
    facts = parse(
        f'year = 2024\n[agency]\nname = "{NAME}"\n[facts]\nproblems = ["甲"]\nimprovements = ["{problem}", "多解读"]\n',
        "2024.toml",
    )
    report = fill_form(kind.edition("2021"), facts)
    texts = compose(report, kind.template).plain
    context = CheckContext(report, dt.date(2025, 1, 20), author=NAME, texts=texts, level="warning")
    found = [finding.address for finding in rule.judge(context)]
    assert found == told


def judge_file(root, rule, text):
    """Judge a file without prose by a rule; return the addresses of its findings, each with its level."""
    form = Store(root).find_kind("cn-disclosure").edition("2021")
    context = CheckContext(
        fill_form(form, parse(text, "2024.toml")), dt.date(2025, 1, 20), author=NAME, level=rule.LEVEL
    )
    return [(finding.address, finding.level) for finding in rule.judge(context)]


def test_an_item_of_a_list_that_is_written_twice_is_found(root):
    text = '[facts]\nproblems = ["{0}", "公开栏目更新不够及时", "{1}"]\nimprovements = ["公开栏目更新不够及时"]\n'
    twice = [("facts.problems.2", "warning"), ("facts.improvements.0", "warning")]
    assert judge_file(root, said_twice, text.format("政策解读的形式单一", "公开栏目更新不够及时")) == twice
    assert judge_file(root, said_twice, text.format("政策解读", "政策解读")) == twice[1:]


@pytest.mark.parametrize(
    ("title", "level"),
    [
        (f"{NAME}2023年政府信息公开工作年度报告", ["warning"]),
        (f"{NAME}二〇二三年政府信息公开工作年度报告", ["warning"]),
        (f"{NAME}政府信息公开工作年度报告", ["note"]),
        (f"{NAME}2024年政府信息公开工作年度报告", []),
    ],
)
def test_a_title_with_another_year_is_a_warning(root, title, level):
    found = judge_file(root, title_differs, f'year = 2024\ntitle = "{title}"\n')
    assert [one[1] for one in found] == level


@pytest.mark.parametrize(
    ("name", "short", "told"),
    [
        ("临江县 人民政府办公室", "县政府办", ["agency.name"]),
        ("临江县人民政府办公室 ", "县政府办", ["agency.name"]),
        (NAME, "临江县人民政府办公室室", ["agency.short"]),
        (NAME, NAME, []),
        (NAME, "县政府办", []),
    ],
)
def test_blanks_in_the_name_and_slips_in_the_short_one_are_found(root, name, short, told):
    found = judge_file(root, mistyped_name, f'year = 2024\n[agency]\nname = "{name}"\nshort = "{short}"\n')
    assert [one[0] for one in found] == told


def test_another_year_at_the_start_of_the_last_section_is_found(root):
    form = Store(root).find_kind("cn-disclosure").edition("2021")
    facts = parse('year = 2024\n[prose]\nother = "2023年本机关没有收取信息处理费。"\n', "2024.toml")
    texts = {"other": "2023年本机关没有收取信息处理费。"}
    context = CheckContext(fill_form(form, facts), dt.date(2025, 1, 20), author=NAME, texts=texts, level="warning")
    assert len(list(wrong_year.judge(context))) == 1
