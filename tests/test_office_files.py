"""Word and OpenDocument files: styles, lists, footnotes, signature, and the facts that they carry."""

import itertools
import re
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import docx
import pdfplumber
import pytest
from cases import begun, converted, own_faces

from nianbao.build import outputs
from nianbao.importer.readers import odt
from nianbao.model.period import Period

FORMATS = ["html", "docx", "odt", "epub", "pdf"]
LONG = "按照条例要求加强组织领导并健全工作机制、明确责任分工，把公开工作纳入年度重点任务，" * 5
PROSE = f"""{LONG}

*强调*的文字[^1]，再注一处[^b]。

- 第一项；
- 第二项。

(1) 甲；
(2) 乙。

a) 丙；

| 科室[^t] | 件数 |
|----------|------|
| 甲       | 12   |

: 各科室件数

[^1]: 脚注一的文字。

[^b]: 脚注二的文字。

[^t]: 表中的脚注。
"""
WORDS = ("第一项；", "(1)甲；", "(2)乙。", "a)丙；", "各科室件数", "脚注一的文字。", "脚注二的文字。", "表中的脚注。")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def build(root, folder, prose, formats=tuple(FORMATS), **more):
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    store = begun(folder, 2020, f"{facts}[prose]\nproblems = '''\n{prose}'''\n")
    return outputs.build_report(store, Period(2020), list(formats), **more)


@pytest.fixture(scope="module")
def files(root, tmp_path_factory):
    """Build a report with lists, notes and a table in its prose: its files without their suffix."""
    folder = tmp_path_factory.mktemp("office")
    done = build(root, folder, PROSE)
    assert "markup-left-out" not in {finding.rule for finding in done.check.findings}
    return folder / "build/2020"


def part(path, name):
    with zipfile.ZipFile(path) as package:
        return package.read(name).decode()


def words_of(path: Path) -> str:
    if path.suffix == ".pdf":
        with pdfplumber.open(path) as pdf:
            text = "".join(page.extract_text() for page in pdf.pages)
    elif path.suffix == ".html":
        text = re.sub(r"<script.*?</script>|<[^>]*>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    else:
        with zipfile.ZipFile(path) as package:
            names = [
                name for name in package.namelist() if re.search(r"(document|footnotes|content)\.xml$|xhtml$", name)
            ]
            text = "".join(re.sub(r"<[^>]*>", "", package.read(name).decode()) for name in names)
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("suffix", FORMATS)
def test_lists_captions_and_footnotes_are_printed_in_every_format(files, suffix):
    words = words_of(files.with_suffix(f".{suffix}"))
    assert [word for word in WORDS if word not in words] == []
    assert "[^" not in words
    assert "•" not in words


def test_the_styles_of_the_word_file_are_those_that_word_knows_by_name(files):
    document = docx.Document(files.with_suffix(".docx"))
    names = {style.name for style in document.styles}
    assert {"Normal", "Body Text", "Heading 1", "List Paragraph", "Caption", "footnote text", "表格", "表头"} <= names
    assert not [name for name in names if "Tok" in name or name in {"First Paragraph", "Compact", "Table Text"}]
    used = set(
        re.findall(r'<w:(?:p|r|tbl)Style w:val="([^"]+)"', part(files.with_suffix(".docx"), "word/document.xml"))
    )
    assert used - {style.style_id for style in document.styles} <= {"VerbatimChar", "Hyperlink"}


def test_stress_is_another_face_and_not_slanted(files):
    assert 'w:rStyle w:val="Emphasis"' in part(files.with_suffix(".docx"), "word/document.xml")
    assert "<w:i />" not in part(files.with_suffix(".docx"), "word/document.xml")
    assert 'text:style-name="Emphasis">强调' in part(files.with_suffix(".odt"), "content.xml")
    assert "italic" not in part(files.with_suffix(".odt"), "styles.xml")


def test_properties_say_what_is_true(files):
    with zipfile.ZipFile(files.with_suffix(".docx")) as package:
        assert "docProps/custom.xml" not in package.namelist()
    assert "Microsoft" not in part(files.with_suffix(".docx"), "docProps/app.xml")
    assert "<w:doNotExpandShiftReturn" in part(files.with_suffix(".docx"), "word/settings.xml")
    assert "user-defined" not in part(files.with_suffix(".odt"), "meta.xml")


def test_numbers_of_the_open_document_are_not_in_the_language_of_its_text(files):
    defaults = re.search(
        r"<style:default-style.*?</style:default-style>", part(files.with_suffix(".odt"), "styles.xml"), re.DOTALL
    )
    assert 'fo:language="en"' in defaults[0]
    assert 'style:language-asian="zh"' in defaults[0]


def test_the_open_document_carries_its_facts(files):
    content = files.with_suffix(".odt").read_bytes()
    assert "第一项" in odt.read(content).embedded_facts
    assert "facts.toml" in part(files.with_suffix(".odt"), "META-INF/manifest.xml")


@pytest.mark.parametrize("suffix", ["html", "docx", "odt"])
def test_an_import_compares_lists_and_notes_with_the_facts(files, report, tmp_path, suffix):
    done = report("import", files.with_suffix(f".{suffix}"), "--out", tmp_path / "facts.toml", cwd=tmp_path)
    assert (tmp_path / "facts.toml").exists(), done.stdout + done.stderr
    assert "改过" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("文字文字文字文字文字[^1]。\n", "脚注 [^1] 没有文字"),
        ("文字文字文字文字文字。\n\n[^1]: 注\n", "脚注 [^1] 的文字没有印出"),
        ("文字文字文字[^1]。\n\n[^1]: 注\n\n[^1]: 又\n", "写了两遍"),
        ("## 标题[^1]\n\n文字文字文字。\n\n[^1]: 注\n", "标题或链接"),
        ("文字文字文字[^1]。\n\n[^1]: - 项\n", "列表"),
    ],
)
def test_a_note_that_cannot_be_printed_as_one_is_found(root, tmp_path, prose, said):
    done = build(root, tmp_path, prose, ["html"])
    messages = [finding.message for finding in done.check.findings if finding.rule == "markup-left-out"]
    assert any(said in message for message in messages), messages


@pytest.mark.parametrize(("name", "shift"), [("seal", 0), ("plain", 2)])
def test_the_signature_of_the_word_file_has_the_form_of_its_look(root, tmp_path, name, shift):
    (tmp_path / "templates/looks").mkdir(parents=True)
    text = f'base = "gongwen"\n[signature]\nform = "{name}"\n'
    (tmp_path / "templates/looks/mine.toml").write_text(text, encoding="utf-8")
    build(root, tmp_path, "文字文字文字文字文字文字。\n", ["docx"], look="mine")
    document = docx.Document(tmp_path / "build/2020.docx")
    agency, day = document.paragraphs[-2:]
    assert (agency.style.name, day.style.name) == ("Signature", "Date")
    if shift:
        assert day.paragraph_format.left_indent.pt - agency.paragraph_format.left_indent.pt == pytest.approx(
            32, abs=0.2
        )
    else:
        assert day.paragraph_format.right_indent.pt == pytest.approx(64, abs=0.2)
        middle = (156 * 72 / 25.4 + agency.paragraph_format.left_indent.pt) / 2
        assert middle == pytest.approx(156 * 72 / 25.4 - 64 - 6.5 * 16 / 2, abs=0.5)  # that of a day 6.5 ems wide
    assert document.paragraphs[-3].style.name == "Closing"


def read_lines(path, suffix):
    """Read the lines of the title of a file: those of a PDF are its lines of 22 pt."""
    if suffix == "docx":
        return next(part.text for part in docx.Document(path).paragraphs if part.style.name == "Title").split("\n")
    if suffix == "odt":
        title = re.search('<text:p text:style-name="Title">(.*?)</text:p>', part(path, "content.xml"))[1]
        return title.split("<text:line-break />" if "<text:line-break />" in title else "<text:line-break/>")
    lines = defaultdict(str)
    with pdfplumber.open(path) as pdf:
        for char in pdf.pages[0].chars:
            if abs(char["size"] - 22) < 0.5:
                lines[round(char["bottom"])] += char["text"]
    return list(lines.values())


@pytest.mark.parametrize(
    "lines",
    [
        ["青河市青河县人民政府自然资源", "和规划及林业草原综合管理服务中心", "（青河县不动产登记局）"],
        ["青河市青河县人民政府自然资源和规划局", "《条例》2020实施办公室"],
        ["青河市人力资源局"],
        ["内蒙古自治区呼和浩特市土默特左旗", "人力资源和社会保障事业发展服务中心", "行政审批和政务服务管理局第二分局"],
        ["江南省青河市市场监督管理局", "知识产权保护和质量标准化处"],
    ],
)
def test_a_long_title_has_the_same_lines_in_each_format_and_breaks_no_word(tmp_path, lines):
    name = "".join(lines)
    facts = f'year = 2020\npublished = 2021-01-20\n[agency]\nname = "{name}"\n'
    store = begun(tmp_path, 2020, facts + "[proactive]\n[requests]\n[review_litigation]\n")
    with own_faces():
        outputs.build_report(store, Period(2020), ["pdf", "docx", "odt", "html"], draft=True)
    found = {suffix: read_lines(tmp_path / f"build/2020.{suffix}", suffix) for suffix in ("pdf", "docx", "odt")}
    page = (tmp_path / "build/2020.html").read_text(encoding="utf-8")
    title = re.search("<h1>(.*?)</h1>", page)[1]
    found["html"] = [line for line in re.split("<.*?>", title) if line]
    assert all(one == [*lines, "2020年政府信息公开工作年度报告"] for one in found.values()), found


@pytest.mark.needs
@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_libreoffice_sets_28_characters_a_line(files, tmp_path, suffix):
    counts = Counter()
    with pdfplumber.open(converted(files.with_suffix(f".{suffix}"), "pdf", tmp_path)) as pdf:
        for page in pdf.pages:
            lines = defaultdict(str)
            for char in page.chars:
                if abs(char["size"] - 16) < 1:
                    lines[round(char["bottom"])] += char["text"].strip()
            counts.update(len(line) for line in lines.values() if line and line in LONG)
    assert counts.most_common(1)[0][0] == 28


@pytest.mark.needs
@pytest.mark.slow
def test_libreoffice_has_the_pages_of_the_pdf(root, tmp_path):
    store = begun(tmp_path, 2020, (root / "data/2020.toml").read_text(encoding="utf-8"))
    outputs.build_report(store, Period(2020), FORMATS)
    counts = {}
    for suffix in ("docx", "odt"):
        (tmp_path / suffix).mkdir()
        with pdfplumber.open(converted(tmp_path / f"build/2020.{suffix}", "pdf", tmp_path / suffix)) as pdf:
            counts[suffix] = len(pdf.pages)
    with pdfplumber.open(tmp_path / "build/2020.pdf") as pdf:
        assert counts == dict.fromkeys(counts, len(pdf.pages))


@pytest.mark.needs("soffice")
def test_a_list_of_a_plain_look_has_room_for_its_numbers_and_a_gap_below(root, tmp_path):
    items = "".join(f"{number}. Item\n" for number in range(1, 12))
    build(root, tmp_path, f"Before.\n\n{items}\nAfter.\n", ("docx", "odt"), look="plain")
    for suffix in ("docx", "odt"):
        path = converted(tmp_path / f"build/2020.{suffix}", "pdf", tmp_path / suffix)
        with pdfplumber.open(path) as pdf:
            words = [word for page in pdf.pages for word in page.extract_words()]
        before, number = next(pair for pair in itertools.pairwise(words) if pair[0]["text"] == "10.")
        assert number["text"] == "Item"
        assert number["x0"] - before["x1"] > 2, suffix
        items_at = [word["top"] for word in words if word["text"] == "Item"]
        after = next(word["top"] for word in words if word["text"] == "After.")
        pitch = items_at[-1] - items_at[-2]
        assert after - items_at[-1] > pitch + 4, suffix
