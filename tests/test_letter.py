"""Letters with a red head (GB/T 9704-2012, 7.2 to 7.4), measured by the ink of their pages."""

import itertools
import re
import zipfile

import pypdfium2
import pytest
from cases import converted
from PIL import ImageChops
from PIL.Image import Resampling
from test_every_kind import lay_out

SCALE = 6  # pixels to a point
MM = 72 / 25.4 * SCALE  # pixels
PITCH = 28.95 * SCALE
LEFT, RIGHT, TOP, BOTTOM = 28, 184, 37, 262  # mm: the area of the text


class Ink:
    """A page as pixels; lengths are in mm from its top and left."""

    def __init__(self, page):
        red, green, blue = page.render(scale=SCALE).to_pil().convert("RGB").split()
        low, high = (change(change(red, green), blue) for change in (ImageChops.darker, ImageChops.lighter))
        self.black = high.point(lambda value: 255 * (value < 128))
        self.red = ImageChops.multiply(
            high.point(lambda value: 255 * (value > 160)), low.point(lambda value: 255 * (value < 100))
        )

    def runs(self, colour, *, left=LEFT, right=RIGHT, full=False):
        """Return where rows with ink of a colour begin and end; `full` ones are of ink from left to right."""
        picture = getattr(self, colour)
        area = picture.crop((round(left * MM), 0, round(right * MM), picture.height))
        rows = area.getprojection()[1]
        if full:
            shares = area.resize((1, area.height), Resampling.BOX).tobytes()
            rows = [share > 250 for share in shares]
        edges = [at for at, (above, below) in enumerate(itertools.pairwise([0, *rows, 0])) if above != below]
        return [(top / MM, bottom / MM) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]

    def rules(self, colour):
        """Return the rules over the whole width of the text."""
        return self.runs(colour, full=True)

    def reach(self, colour, top, bottom):
        """Return how far ink of a colour reaches to the left and right, between two heights."""
        picture = getattr(self, colour)
        left, _, right, _ = picture.crop((0, round(top * MM), picture.width, round(bottom * MM))).getbbox()
        return left / MM, right / MM


def build(report, folder, change=None, formats="pdf", *more):
    """Build the example letter, with changes of its facts."""
    (words,) = lay_out("cn-letter", folder)
    data = folder / f"data/{words[0]}.toml"
    text = data.read_text(encoding="utf-8")
    for key, value in (change or {}).items():
        text, count = re.subn(rf"^{key} *=.*\n", f"{key} = {value}\n" if value else "", text, flags=re.MULTILINE)
        assert count == 1
    data.write_text(text, encoding="utf-8")
    done = report("build", *words, "--to", formats, *more, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build" / words[0]


def pages_of(path):
    with pypdfium2.PdfDocument(path) as document:
        return [Ink(page) for page in document]


def text_of(path):
    with pypdfium2.PdfDocument(path) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def check_head(page, hair):
    """Check the places of the red head; return where its line ends."""
    (*mark, line) = page.runs("red")
    top, bottom = mark[0][0], mark[-1][1]
    assert top == pytest.approx(TOP + 35, abs=hair)
    assert page.rules("red") == [line]
    assert page.reach("red", *line) == pytest.approx((LEFT, RIGHT), abs=0.2)
    assert line[1] - line[0] == pytest.approx(1.5 * 25.4 / 72, abs=0.1)
    above = [run for run in page.runs("black") if run[1] < line[0]]
    number_top, number_bottom = above[0][0], above[-1][1]
    assert 2 * PITCH / MM - hair <= number_top - bottom <= 3 * PITCH / MM  # two empty lines
    assert line[0] - number_bottom == pytest.approx(4, abs=hair)
    title = next(run[0] for run in page.runs("black") if run[0] > line[1])
    assert 2 * PITCH / MM - hair <= title - line[1] <= 3 * PITCH / MM
    em = 16 * 25.4 / 72
    left, right = page.reach("black", number_top, number_bottom)
    assert left == pytest.approx(LEFT + em, abs=1)
    assert right == pytest.approx(RIGHT - em, abs=1)
    return line[1]


def check_foot(page, hair):
    """Check the lines at the foot of the last page, and the indents of the texts between them."""
    rules = page.rules("black")
    assert len(rules) == 3
    assert rules[-1][1] == pytest.approx(BOTTOM, abs=hair)
    assert [bottom - top for top, bottom in rules] == pytest.approx([0.35, 0.25, 0.35], abs=0.07)
    em = 14 * 25.4 / 72
    for (_, above), (below, _) in itertools.pairwise(rules):
        left, right = page.reach("black", above + 0.1, below - 0.1)
        assert left == pytest.approx(LEFT + em, abs=1)
        assert right <= RIGHT - em + 0.2
    assert right == pytest.approx(RIGHT - em, abs=1)


def test_the_pdf_measures_as_the_standard_says(report, tmp_path):
    first, *_, last = pages_of(build(report, tmp_path).with_suffix(".pdf"))
    check_head(first, 0.7)
    check_foot(last, 0.3)


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_a_file_for_word_processors_measures_as_the_standard_says(suffix, report, tmp_path):
    path = build(report, tmp_path, None, suffix).with_suffix(f".{suffix}")
    first, *_, last = pages_of(converted(path, "pdf", tmp_path))
    check_head(first, 1.5)
    check_foot(last, 0.7)


def test_without_signers_the_number_is_centred(report, tmp_path):
    page = pages_of(build(report, tmp_path, {"signers": ""}).with_suffix(".pdf"))[0]
    line = page.rules("red")[0][0]
    above = [run for run in page.runs("black") if run[1] < line]
    left, right = page.reach("black", above[0][0], above[-1][1])
    assert left - LEFT == pytest.approx(RIGHT - right, abs=1)
    assert left - LEFT > 40


def test_two_signers_stand_in_a_line_and_the_number_in_the_last(report, tmp_path):
    names = ["甲某某", "乙某某", "丙某某"]
    files = build(report, tmp_path, {"signers": str(names)}, "pdf,docx")
    page = pages_of(files.with_suffix(".pdf"))[0]
    check = page.rules("red")[0][0]
    lines = [run for run in page.runs("black", left=LEFT + 70) if run[1] < check]
    assert len(lines) == 2
    numbers = [run for run in page.runs("black", right=LEFT + 60) if run[1] < check]
    assert numbers[-1][1] == pytest.approx(lines[-1][1], abs=1.5)
    assert numbers[0][0] > lines[0][1]
    assert all(name in text_of(files.with_suffix(".pdf")) for name in names)
    with zipfile.ZipFile(files.with_suffix(".docx")) as package:
        text = package.read("word/document.xml").decode("utf-8")
    assert [text.count(f">{name}<") for name in names] == [1, 1, 1]


@pytest.mark.parametrize("signs", [3, 30])
def test_the_mark_is_never_wider_than_the_text(signs, report, tmp_path):
    """A long name is set smaller, a short one no larger than the look says."""
    folder = tmp_path / "long"
    folder.mkdir()
    text = '"示例市某某局"\nmark = "' + "某" * signs + '"'
    page = pages_of(build(report, folder, {"name": text}).with_suffix(".pdf"))[0]
    (*mark, line) = page.runs("red")
    left, right = page.reach("red", mark[0][0], mark[-1][1])
    assert left >= LEFT - 0.1
    assert right <= RIGHT + 0.1
    assert right - left <= signs * 54 * 25.4 / 72
    assert (right - left > 150) == (signs == 30)
    assert line[0] > mark[-1][1]


def test_copies_of_several_lines_begin_below_each_other(report, tmp_path):
    offices = [f"示例市第{number}局" for number in range(1, 13)]
    files = build(report, tmp_path, {"copies": str(offices)})
    last = pages_of(files.with_suffix(".pdf"))[-1]
    rules = last.rules("black")
    lines = [run for run in last.runs("black") if rules[0][1] < run[0] and run[1] < rules[1][0]]
    starts = [last.reach("black", *line)[0] for line in lines if line[1] - line[0] > 2]
    em = 14 * 25.4 / 72
    assert len(starts) > 1
    assert starts[0] == pytest.approx(LEFT + em, abs=1)
    assert starts[1:] == pytest.approx([LEFT + 4 * em] * len(starts[1:]), abs=1)
    assert rules[-1][1] == pytest.approx(BOTTOM, abs=0.3)


def test_a_foot_without_room_stands_at_the_foot_of_the_next_page(report, tmp_path):
    points = ["某" * 24] * 12
    pages = pages_of(build(report, tmp_path, {"points": str(points)}).with_suffix(".pdf"))
    check_foot(pages[-1], 0.3)
    assert not any(page.rules("black") for page in pages[:-1])


@pytest.mark.parametrize("look", ["gongwen", "plain"])
def test_another_look_prints_the_same_words_as_paragraphs(look, report, tmp_path):
    (tmp_path / "red").mkdir()
    (tmp_path / "other").mkdir()
    red = build(report, tmp_path / "red").with_suffix(".pdf")
    other = build(report, tmp_path / "other", None, "pdf,docx,html", "--look", look).with_suffix(".pdf")
    without_numbers = [re.sub(r"—?\d—?", "", text_of(path)) for path in (red, other)]
    assert sorted(without_numbers[0]) == sorted(without_numbers[1])
    assert not any(page.red.getbbox() for page in pages_of(other))


@pytest.mark.parametrize(
    ("old", "new"), [('"#FF0000"', '"red"'), ('names  = "kaiti"', 'names  = "caoshu"'), ("gap    = 4", "gap    = -4")]
)
def test_a_wrong_look_is_told_with_its_place(old, new, root, report, tmp_path):
    (words,) = lay_out("cn-letter", tmp_path)
    text = (root / "templates/looks/hongtou.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "templates/looks").mkdir(parents=True)
    (tmp_path / "templates/looks/ours.toml").write_text(text.replace(old, new), encoding="utf-8")
    assert report("trust", cwd=tmp_path).returncode == 0
    done = report("build", *words, "--look", "ours", cwd=tmp_path)
    assert done.returncode == 2
    line = text[: text.index(old)].count("\n") + 1
    assert f"ours.toml:{line}:" in done.stderr
