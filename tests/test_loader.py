"""TOML files of users: a mistake is reported with file, line and column, and affects only what uses that file."""

import shutil
from pathlib import Path
from typing import get_args

import pytest
from cases import KIND

from nianbao.checks import check
from nianbao.model.finding import UserError
from nianbao.model.loading import form_loader
from nianbao.model.value_types import VALUE_TYPES, ValueTypeName, make_value_type
from nianbao.workspace import kinds
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

LOOK, FORM, FORMAT = (
    "templates/looks/my.toml",
    f"templates/{KIND}/editions/my.toml",
    "templates/formats/txt/format.toml",
)
REPORT, OFFICES = "report.toml", "data/offices.toml"
BASED = 'base = "gongwen"\n'
FACE = '[faces.own]\nname = "自"\nword = "自"\nofficial = []\nfree = "Noto Serif SC"\n'
NAMED = 'name = "表"\ntemplate = "t.md.j2"\n'
TABLE = '[[tables]]\nid = "t"\n[[tables.blocks]]\n'
A, B = '{ id = "a", label = "甲" }', '{ id = "b", label = "乙" }'
RELATED = f'{NAMED}[[tables]]\nid = "t"\nblocks = [{{ columns = [{A}, {B}] }}]\nrelations = [\n'
SECTION = '[[sections]]\nid = "s"\n'
CLAIM = '[[vocabulary.claims]]\nid = "c"\nwhat = "数"\nsays = ["数#"]\n'

# The name of a file, its text, and the expected message: line, column and text.
MISTAKES = {
    "look: unknown key": (LOOK, f"{BASED}[page]\nlefft = 90\n", "3:1: 不认识的键 page.lefft，是不是 page.left？"),
    "look: unknown table": (LOOK, f"{BASED}[colours]\nx = 1\n", "2:2: 不认识的键 colours；这里可以写 page、body、title"),
    "look: text for a size": (LOOK, f'{BASED}[body]\nsize = "big"\n', "3:8: body.size 应为大于 0、不大于 1584 的数字，这里是文字"),
    "look: size of nothing": (LOOK, f"{BASED}[body]\nsize = 0\n", "3:8: body.size 应为大于 0、不大于 1584 的数字，这里是 0"),
    "look: size beyond all": (LOOK, f"{BASED}[title]\nsize = 5000\n", "3:8: title.size 应为大于 0、不大于 1584 的数字，这里是 5000"),
    "look: no number": (LOOK, f"{BASED}[page]\ntop = nan\n", "3:7: page.top 应为不小于 0、不大于 558.8 的数字，这里是 nan"),
    "look: without end": (LOOK, f"{BASED}[page]\ntop = inf\n", "3:7: page.top 应为不小于 0、不大于 558.8 的数字，这里是 inf"),
    "look: truth for a number": (LOOK, f"{BASED}[page]\ntop = true\n", "3:7: page.top 应为不小于 0、不大于 558.8 的数字，这里是真假值"),
    "look: margin below zero": (LOOK, f"{BASED}[page]\nleft = -1\n", "3:8: page.left 应为不小于 0、不大于 558.8 的数字，这里是 -1"),
    "look: margins wider than the paper": (LOOK, f"{BASED}[page]\nleft = 190\n", "3:8: left 与 right 之和不小于 width"),
    "look: margins that leave no line": (LOOK, f"{BASED}[page]\nleft = 150\nright = 50\n", "3:8: left 与 right 之间只剩 10 毫米，每行排 1 个 16 磅的字；至少要排得下 10 个"),
    "look: margins that leave no page": (LOOK, f"{BASED}[page]\nbottom = 250\n", "3:10: top 与 bottom 之间只剩 10 毫米，每页排 0 行，行距 28.95 磅；至少要排得下 5 行"),
    "look: page number off the paper": (LOOK, f"{BASED}[number]\ngap = 40\n", "3:7: 页码在纸外"),
    "look: half a character": (LOOK, f"{BASED}[body]\ncharacters = 27.5\n", "3:14: body.characters 应为不小于 1、不大于 1000 的整数，这里是 27.5"),
    "look: unknown face": (LOOK, f'{BASED}[body]\nface = "fangsung"\n', "3:8: 没有字体 fangsung，是不是 fangsong？"),
    "look: unknown kind of face": (LOOK, f'{BASED}{FACE}generic = "serf"\n', "7:11: faces.own.generic 应为以下之一：cursive、fantasy"),
    "look: face without a family": (LOOK, f'{BASED}[faces.own]\nname = "自"\nofficial = []\nword = "自"\ngeneric = "serif"\n', "2:2: 没有写 faces.own.free，应为文字"),
    "look: text for a list": (LOOK, f'{BASED}[faces.kaiti]\nofficial = "KaiTi"\n', "3:12: faces.kaiti.official 应为数组，这里是文字"),
    "look: number for a table": (LOOK, f"{BASED}page = 3\n", "2:8: page 应为表，这里是整数"),
    "look: missing table": (LOOK, f'{BASED}remove = ["page"]\n', "1:1: 没有写 page，应为表"),
    "look: unknown base": (LOOK, 'base = "gongwn"\n', "1:8: 没有底本 gongwn，是不是 gongwen？"),
    "look: base that is no text": (LOOK, "base = 3\n", "1:8: base 应为文字"),
    "look: base of itself": (LOOK, 'base = "my"\n', "1:8: 底本绕成了圈：templates/looks/my.toml → templates/looks/my.toml"),
    "look: no TOML": (LOOK, f"{BASED}[page\n", "2:6: 少一个 ]"),
    "format: unknown key": (FORMAT, 'writer = "plain"\nfilterr = "x.lua"\n', "2:1: 不认识的键 filterr，是不是 filter？"),
    "format: no writer": (FORMAT, "options = {}\n", "1:1: 没有写 writer，应为文字"),
    "format: blank writer": (FORMAT, 'writer = " "\n', "1:10: writer 不能是空的"),
    "format: unknown engine": (FORMAT, 'writer = "latex"\nengine = "tex"\n', "2:10: engine 应为以下之一：typst，这里是“tex”"),
    "format: unknown standard": (FORMAT, 'writer = "typst"\nstandards = ["ua-2"]\n', "2:14: standards[1] 应为以下之一"),
    "format: options that are no table": (FORMAT, 'writer = "plain"\noptions = 3\n', "2:11: options 应为表，这里是整数"),
    "format: file that is not there": (FORMAT, 'writer = "plain"\nfilter = "own.lua"\n', "2:10: own.lua 不是这个文件夹里的文件"),
    "format: file elsewhere": (FORMAT, 'writer = "plain"\nfilter = "../a.lua"\n', "2:10: ../a.lua 不是这个文件夹里的文件"),
    "format: no TOML": (FORMAT, "writer = \n", "1:9: 等号后面没有值"),
    "format: key written twice": (FORMAT, 'writer = "plain"\nwriter = "html"\n', "2:1: writer 写了两次，第一次在第 1 行"),
    "form: unknown key": (FORM, f"{NAMED}colour = 1\n", "3:1: 不认识的键 colour；这里可以写 name、template"),
    "form: unknown key deep down": (FORM, f'{NAMED}{TABLE}columns = [{A}, {{ id = "b", lable = "乙" }}]\n', "6:51: 不认识的键 tables[t].blocks[1].columns[b].lable，是不是 tables[t].blocks[1].columns[b].label？"),
    "form: no name": (FORM, 'template = "t.md.j2"\n', "1:1: 没有写 name，应为文字"),
    "form: blank name": (FORM, 'name = ""\ntemplate = "t.md.j2"\n', "1:8: name 不能是空的"),
    "form: fact without a label": (FORM, f'{NAMED}[[facts]]\nid = "a.b"\n', "3:1: 没有写 facts[a.b].label，应为文字"),
    "form: table without blocks": (FORM, f'{NAMED}[[tables]]\nid = "t"\n', "3:1: 没有写 tables[t].blocks，应为数组"),
    "form: block without columns": (FORM, f"{NAMED}{TABLE}columns = []\n", "6:11: tables[t].blocks[1].columns 不能是空的"),
    "form: table for a list": (FORM, f"{NAMED}{TABLE}columns = {A}\n", "6:11: tables[t].blocks[1].columns 应为数组，这里是表"),
    "form: unknown kind": (FORM, f'{NAMED}[[facts]]\nid = "a.b"\nlabel = "甲"\nkind = "number"\n', "6:8: facts[a.b].type 应为以下之一：change、choice、count"),
    "form: unknown level": (FORM, f'{RELATED}  {{ rule = "r", each = "row", level = "warn", holds = "a = b" }},\n]\n', "7:39: tables[t].relations[1].level 应为以下之一：error、note、warning，这里是“warn”，是不是 warning？"),
    "form: neither row nor column": (FORM, f'{RELATED}  {{ rule = "r", each = "rows", holds = "a = b" }},\n]\n', "7:24: tables[t].relations[1].each 应为以下之一：column、row，这里是“rows”，是不是 row？"),
    "form: relation without a sign": (FORM, f'{RELATED}  {{ rule = "r", each = "row", holds = "a + b" }},\n]\n', "7:39: 应写形如 a + b = c 的式子"),
    "form: relation that cannot be read": (FORM, f'{RELATED}  {{ rule = "r", each = "row", holds = "a = b * 2" }},\n]\n', "7:39: 看不懂 b * 2"),
    "form: relation that applies nowhere": (FORM, f'{RELATED}  {{ rule = "r", each = "row", holds = "a = c" }},\n]\n', "7:39: 没有哪一行列同时有 a c"),
    "form: authors that are no pattern": (FORM, f'{RELATED}  {{ rule = "r", each = "row", holds = "a = b", when = "(" }},\n]\n', "7:55: ( 不是正则表达式"),
    "form: totals of each other": (FORM, f'{RELATED}  {{ rule = "r", each = "row", holds = "a = b" }},\n  {{ rule = "r", each = "row", holds = "b = a" }},\n]\n', "3:3: 总数互相包含"),
    "form: widths that do not fit": (FORM, f'{NAMED}[[tables]]\nid = "t"\nwidths = [1, 2]\nblocks = [{{ columns = [{A}] }}]\n', "5:10: 应有 1 个宽度"),
    "form: width below zero": (FORM, f'{NAMED}[[tables]]\nid = "t"\nwidths = [-1]\nblocks = [{{ columns = [{A}] }}]\n', "5:11: tables[t].widths[1] 应为大于 0、不大于 10000 的数字"),
    "form: two figures of one address": (FORM, f"{NAMED}{TABLE}columns = [{A}, {A}]\n", "3:1: 两个数字的地址都是 t.a"),
    "form: section of no table": (FORM, f'{NAMED}{TABLE}columns = [{A}]\n{SECTION}table = "tt"\n', "9:9: 没有名为 tt 的表，是不是 t？"),
    "form: section written twice": (FORM, NAMED + SECTION + SECTION, "6:6: s 写了两次"),
    "form: fact written twice": (FORM, NAMED + '[[facts]]\nid = "a.b"\nlabel = "甲"\n' * 2, "7:6: a.b 写了两次"),
    "form: day that is none": (FORM, f"{NAMED}[[due]]\nmonth = 2\nday = 30\n", "5:7: 2 月没有 30 日"),
    "form: thirteenth month": (FORM, f"{NAMED}[[due]]\nmonth = 13\nday = 1\n", "4:9: due[1].month 应为不小于 1、不大于 12 的整数，这里是 13"),
    "form: years that run backwards": (FORM, f"{NAMED}years = {{ from = 2021, to = 2020 }}\n", "3:29: 最后一年比第一年早"),
    "form: year that is a text": (FORM, f'{NAMED}years = {{ from = "2021" }}\n', "3:18: years.from 应为不小于 0、不大于 9999 的整数，这里是文字"),
    "form: carried from a row that is not there": (FORM, f'{NAMED}carries = {{ "t.a" = "t.b" }}\n{TABLE}columns = [{A}]\n', "3:13: 没有名为 t.b 的行"),
    "form: carried rows that are no table": (FORM, f'{NAMED}carries = "t.a"\n', "3:11: carries 应为表，这里是文字"),
    "form: key figure that is not there": (FORM, f'{NAMED}key_figures = ["yeer"]\n', "3:16: 没有地址 yeer，是不是 year？"),
    "vocabulary: words that are no pattern": (FORM, f'{NAMED}{CLAIM}near = "(申请"\n', "7:8: (申请 不是正则表达式"),
    "vocabulary: unknown section": (FORM, f'{NAMED}{SECTION}{CLAIM}sections = ["t"]\n', "9:13: 没有名为 t 的部分"),
    "vocabulary: unknown address": (FORM, f'{NAMED}{CLAIM}equals = ["year", "yeer"]\n', "7:19: 没有地址 yeer，是不是 year？"),
    "vocabulary: share of no claim": (FORM, f'{NAMED}{CLAIM}[[vocabulary.shares]]\nsays = ["#%"]\nwhole = ["d"]\n', "9:10: 没有 id 为 d 的说法"),
    "vocabulary: length that is no number": (FORM, f'{NAMED}{SECTION}[vocabulary]\nleast = {{ s = "ten" }}\n', "6:15: vocabulary.least.s 应为不小于 0 的整数，这里是文字"),
    "base: form that is not there": (FORM, 'base = "2012"\n', "1:8: 没有底本 2012，是不是 2021？"),
    "base: entry that is not there": (FORM, 'base = "2021"\n[[facts]]\nid = "agency.nam"\nremove = true\n', "4:10: 底本没有 agency.nam，是不是 agency.name？"),
    "base: key that is not there": (FORM, 'base = "2021"\n[[facts]]\nid = "agency.name"\nremove = ["lable"]\n', "4:11: 底本没有 lable，是不是 label？"),
    "base: place that is not there": (FORM, 'base = "2021"\n[[facts]]\nid = "a.b"\nlabel = "甲"\nafter = "agency.nam"\n', "5:9: 底本没有 agency.nam，是不是 agency.name？"),
    "base: entry written twice": (FORM, 'base = "2021"\n' + '[[facts]]\nid = "agency.name"\nlabel = "甲"\n' * 2, "5:1: agency.name 写了两次"),
    "base: new entry that is not whole": (FORM, 'base = "2021"\n[[facts]]\nid = "a.b"\n', "2:1: 没有写 facts[a.b].label，应为文字"),
    "base: words to steer by without a base": (FORM, f'{NAMED}remove = ["years"]\n', "3:1: 不认识的键 remove"),
    "settings: unknown rule": (REPORT, '[levels]\nlat = "off"\n', "2:1: 没有规则 lat，是不是 late？"),
    "settings: unknown level": (REPORT, '[levels]\nlate = "offf"\n', "2:8: levels.late 应为以下之一：error、note、warning、off，这里是“offf”，是不是 off？"),
    "settings: unknown table": (REPORT, "[level]\n", "1:2: 不认识的键 level，是不是 levels？"),
    "settings: no TOML": (REPORT, "[levels\n", "1:8: 少一个 ]"),
    "register: unknown key": (OFFICES, '[a]\nname = "甲"\nparnt = "b"\n', "3:9: 不认识的键 a.parnt，是不是 a.parent？"),
    "register: text for a truth": (OFFICES, '[a]\nname = "甲"\nown = "yes"\n', "3:7: a.own 应为真假值，这里是文字"),
    "register: no name": (OFFICES, '[a]\nkind = "局"\n', "1:2: 没有写 a.name，应为文字"),
}  # fmt: skip


def write_template(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def load_message(root, name):
    """Load a file as the commands do, and return the error message."""
    store, path = Store(root), Path(name)
    if name == OFFICES:
        return "\n".join(f"{found.place}: {found.message}" for found in store.register().findings)
    loaders = {
        REPORT: lambda: check.load_policy(store),
        FORMAT: lambda: store.format(path.parent.name),
        LOOK: lambda: store.look(path.stem),
        FORM: lambda: store.kind.edition(path.stem),
    }[name]
    with pytest.raises(UserError) as caught:
        loaders()
    assert caught.value.fix
    return caught.value.message


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_its_place(mistake, tmp_path, monkeypatch):
    name, text, words = MISTAKES[mistake]
    monkeypatch.chdir(tmp_path)
    write_template(tmp_path, name, text)
    assert load_message(tmp_path, name).startswith(f"{name}:{words}")


def test_several_mistakes_of_a_file_are_reported_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_template(tmp_path, LOOK, f'{BASED}[page]\nlefft = 90\n[body]\nsize = "big"\nface = 3\n')
    assert [line.split(" ")[0] for line in load_message(tmp_path, LOOK).split("\n")] == [
        f"{LOOK}:{at}:" for at in ("3:1", "5:8", "6:8")
    ]


def test_a_file_full_of_mistakes_is_reported_in_few_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_template(tmp_path, LOOK, BASED + "".join(f"x{number} = 1\n" for number in range(500)))
    lines = load_message(tmp_path, LOOK).split("\n")
    assert len(lines) == 21
    assert lines[-1] == "还有 480 处"


def test_the_command_prints_the_place_and_the_next_step(office, report):
    write_template(office, LOOK, f"{BASED}[page]\nlefft = 90\n")
    done = report("build", "--look", "my", "--to", "html", cwd=office)
    assert done.returncode == 2
    assert "templates/looks/my.toml:3:1: 不认识的键 page.lefft，是不是 page.left？" in done.stderr
    assert "改正这个文件后再运行" in done.stderr


def test_the_value_types_of_a_form_are_those_that_exist():
    with_parameters = {make_value_type(name, ("a",), 1, "USD").name for name in get_args(ValueTypeName)}
    assert with_parameters == set(get_args(ValueTypeName)) > set(VALUE_TYPES)


# ── a broken file affects only what uses it ───────────────────────────────────────────

BROKEN = {
    "format: unknown key": (FORMAT, "wrter = 1\n"),
    "format: no TOML": (FORMAT, "writer = \n"),
    "look: unknown key": (LOOK, f"{BASED}lefft = 90\n"),
    "look: no TOML": (LOOK, "[[["),
    "form: unknown key": (FORM, f"{NAMED}years = {{ from = 2027 }}\ncolour = 1\n"),
    "form: no TOML": (FORM, f"{NAMED}years = {{ from = 2027 }}\n[[[\n"),
    "form: base that is not there": (FORM, 'base = "2012"\nyears = { from = 2027 }\n'),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_that_is_not_used_is_ignored(office, report, broken):
    write_template(office, *BROKEN[broken])
    (office / "report.toml").write_text('[levels]\nlate = "off"\n')  # which loads the rules of every form
    done = report("build", "2020", "--to", "html,markdown", cwd=office)
    assert done.returncode == 0, done.stderr
    assert (office / "build/2020.html").is_file()


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_that_is_used_is_named(office, report, broken):
    name, text = BROKEN[broken]
    write_template(office, name, text)
    words = {FORMAT: ["--to", "txt"], LOOK: ["--to", "html", "--look", "my"], FORM: ["--to", "html"]}[name]
    data = office / "data/2020.toml"
    if name == FORM:
        data.write_text(
            data.read_text(encoding="utf-8").replace('edition   = "2019"', 'edition = "my"'), encoding="utf-8"
        )
    done = report("build", "2020", *words, cwd=office)
    assert done.returncode == 2
    assert f"{name}:" in done.stderr


@pytest.mark.parametrize("text", [f"{NAMED}colour = 1\n", f"{NAMED}[[["])
def test_a_broken_form_that_may_be_in_force_is_reported(office, report, text):
    write_template(office, FORM, text)
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace('edition   = "2019"', ""), encoding="utf-8")
    done = report("validate", "2020", cwd=office)
    assert done.returncode == 2
    assert f"{FORM}:" in done.stderr


# ── a form on the base of another ────────────────────────────────────────────────────

BASE_FORM = f"""{NAMED}years = {{ from = 2020, to = 2021 }}
carries = {{ "t.x" = "t.y" }}

[[sections]]
id = "s"
heading = "部分"
table = "t"

[[sections]]
id = "text"
text = "text.md.j2"

[[tables]]
id = "t"
relations = [
  {{ rule = "r", each = "row", holds = "a >= b" }},
  {{ rule = "q", each = "row", holds = "b >= c", why = "因为" }},
]

[[tables.blocks]]
columns = [{A}, {B}, {{ id = "c", label = "丙", unit = "件" }}]
rows = [{{ id = "x", label = "一" }}, {{ id = "y", label = "二", below = [{{ id = "z", label = "三" }}, {{ id = "w", label = "四" }}] }}]

[[facts]]
id = "a.b"
label = "甲乙"
ask = "（请填写）"
"""
CHANGED = """base = "ground"
years = { from = 2022 }
remove = ["carries"]

[[sections]]
id = "first"
text = "first.md.j2"
after = ""

[[sections]]
id = "text"
after = "first"

[[tables]]
id = "t"
relations = [
  { rule = "q", each = "row", holds = "b >= c", why = "另因" },
  { rule = "r", each = "row", holds = "a >= b", remove = true },
  { rule = "p", each = "row", holds = "a >= c" },
]

[[tables.blocks]]
columns = [{ id = "a", label = "子" }, { id = "d", label = "丁", after = "a" }, { id = "c", remove = ["unit"] }]
rows = [{ id = "y", below = [{ id = "z", remove = true }] }, { id = "x", after = "y" }]

[[facts]]
id = "a.b"
remove = ["ask"]

[[facts]]
id = "a.c"
label = "甲丙"
"""


def forms(root, **texts):
    for name, text in texts.items():
        write_template(root, f"templates/{KIND}/editions/{name}.toml", text)
    return Store(root)


def test_a_form_with_a_base_holds_only_the_differences(tmp_path):
    form = forms(tmp_path, ground=BASE_FORM, changed=CHANGED).kind.edition("changed")
    assert (form.edition, form.name, form.first_year, form.last_year) == ("changed", "表", 2022, None)
    assert form.carries == {}
    assert [section.id for section in form.sections] == ["first", "text", "s"]
    (block,) = form.tables[0].blocks
    assert [(head.id, head.label, head.unit) for head in block.columns] == [
        ("a", "子", ""), ("d", "丁", ""), ("b", "乙", ""), ("c", "丙", ""),
    ]  # fmt: skip
    assert [(row.id, [below.id for below in row.below]) for row in block.rows] == [("y", ["w"]), ("x", [])]
    assert [(one.rule, one.why) for one in form.relations["t"]] == [("q", "另因"), ("p", "")]
    assert [(fact.id, fact.label, fact.ask) for fact in form.facts] == [("a.b", "甲乙", None), ("a.c", "甲丙", None)]


def test_the_base_stays_as_it_is(tmp_path):
    form = forms(tmp_path, ground=BASE_FORM, changed=CHANGED).kind.edition("ground")
    assert [section.id for section in form.sections] == ["s", "text"]
    assert [head.unit for head in form.tables[0].blocks[0].columns] == ["", "", "件"]


def test_a_base_may_have_a_base(tmp_path):
    last = 'base = "changed"\n[[facts]]\nid = "a.c"\nlabel = "又一"\n'
    form = forms(tmp_path, ground=BASE_FORM, changed=CHANGED, last=last).kind.edition("last")
    assert [fact.label for fact in form.facts] == ["甲乙", "又一"]
    assert [section.id for section in form.sections] == ["first", "text", "s"]


def test_an_empty_list_replaces_that_of_the_base(tmp_path):
    form = forms(tmp_path, ground=BASE_FORM, changed='base = "ground"\nfacts = []\n').kind.edition("changed")
    assert form.facts == ()


def test_a_mistake_is_placed_in_the_file_that_wrote_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ground = BASE_FORM.replace('label = "丙"', 'lable = "丙"')
    with pytest.raises(UserError) as caught:
        forms(tmp_path, ground=ground, changed='base = "ground"\n[[facts]]\nid = "a.b"\nkind = "txt"\n').kind.edition(
            "changed"
        )
    mine, inherited = caught.value.message.split("\n")
    assert mine.startswith(f"templates/{KIND}/editions/changed.toml:4:8: facts[a.b].type")
    assert inherited.startswith(
        f"templates/{KIND}/editions/ground.toml:23:78: 不认识的键 tables[t].blocks[1].columns[c].lable"
    )
    assert inherited.endswith(f"（templates/{KIND}/editions/changed.toml 以它为底本）")


def test_a_removed_table_is_missed_where_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    changed = 'base = "ground"\nremove = ["carries"]\n[[tables]]\nid = "t"\nremove = true\n'
    with pytest.raises(
        UserError,
        match=r"ground\.toml:9:9: 没有名为 t 的表（templates/kinds/cn-disclosure/editions/changed\.toml 以它为底本）",
    ):
        forms(tmp_path, ground=BASE_FORM, changed=changed).kind.edition("changed")


def test_a_cycle_of_bases_is_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = forms(tmp_path, one='base = "two"\n', two='base = "three"\n', three='base = "two"\n')
    with pytest.raises(UserError) as caught:
        store.kind.edition("one")
    round_trip = " → ".join(f"templates/{KIND}/editions/{name}.toml" for name in ("two", "three", "two"))
    assert caught.value.message == f"templates/{KIND}/editions/three.toml:1:8: 底本绕成了圈：{round_trip}"


def test_entries_with_the_same_key_are_not_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ground = f'{NAMED}[[tables]]\nid = "t"\nblocks = [{{ columns = [{A}] }}, {{ columns = [{B}] }}]\n'
    changed = 'base = "ground"\n[[tables]]\nid = "t"\n[[tables.blocks]]\ncorner = "角"\n'
    with pytest.raises(UserError, match=r'changed\.toml:4:1: .*remove = \["blocks"\]'):
        forms(tmp_path, ground=ground, changed=changed).kind.edition("changed")


def test_a_form_of_an_office_may_be_based_on_the_shipped_one(tmp_path):
    changed = 'base = "2021"\n[[sections]]\nid = "overview"\nheading = "一、概况"\n'
    store = forms(tmp_path, **{"2021": changed})
    assert [section.heading for section in store.kind.edition("2021").sections][1] == "一、概况"
    assert [section.heading for section in store.kind.edition("2019").sections][
        1
    ] == "一、总体情况"  # which is based on the shipped one


def test_a_look_of_an_office_may_be_based_on_the_shipped_one(tmp_path):
    write_template(tmp_path, "templates/looks/gongwen.toml", f"{BASED}[page]\nleft = 40\n")
    assert Store(tmp_path).look()["page"]["left"] == 40
    assert Store(tmp_path).look()["page"]["right"] == 26


def test_shipped_editions_have_none_of_the_faults_that_are_looked_for_in_others(root, monkeypatch):
    loaded = []

    def load_form(edition, *arguments, is_shipped):
        assert is_shipped
        loaded.append(edition)
        return form_loader.load_form(edition, *arguments)

    monkeypatch.setattr(kinds, "load_form", load_form)
    monkeypatch.setattr(kinds, "_read_form", kinds._read_form.__wrapped__)  # noqa: SLF001  # without what it has read
    store = Store(root)
    for kind in store.list_kinds():
        of_kind = store.of_kind(kind).kind
        for edition in of_kind.editions():
            of_kind.edition(edition)
    assert set(loaded) >= {"2019", "2021", "2026-half-years"}


def test_all_shipped_templates_are_read(root):
    store = Store(root)
    assert {store.kind.edition(edition).edition for edition in store.kind.editions()} == {"2019", "2021"}
    assert {store.format(suffix).suffix for suffix in store.formats()} == {
        "cms.html",
        "csv.zip",
        "docx",
        "epub",
        "html",
        "odt",
        "ofd",
        "pdf",
        "xlsx",
    }
    for path in (TEMPLATES / "looks").glob("*.toml"):
        assert store.look(path.stem)["page"]["width"] == (215.9 if path.stem == "letter" else 210)


def test_a_base_is_searched_among_the_forms_only(tmp_path):
    shutil.copy(TEMPLATES / "looks/gongwen.toml", tmp_path / "gongwen.toml")
    for base in ("../looks/gongwen", "/etc/passwd", "../../gongwen"):
        with pytest.raises(UserError, match="没有底本"):
            forms(tmp_path, changed=f'base = "{base}"\n').kind.edition("changed")
