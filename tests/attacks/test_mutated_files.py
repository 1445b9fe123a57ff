"""Published files changed at random: an import reads each or says why it cannot, and has no internal error.

A failure names the seed that repeats it.
"""

import io
import random
import zipfile
import zlib

import openpyxl
import pytest
import scanned_pages
from cases import converted
from PIL import Image
from test_import_field import fill_spans, list_rows, number_figures
from test_import_formats import make_mail, write_ods

from nianbao.build import outputs
from nianbao.importer import batch, pipeline, published_sets
from nianbao.importer.readers import scans
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.store import Store

WRONG = ("自己出错", "读它的进程没有了")  # an internal error, and a process that is gone
WORDS = [
    b"<table ", b"<td rowspan=9999>", b"</table>", b"<tr>", b"|", b"\t", b"\n\n", b"---\n", b":::", b"{{ x }}", b"{%",
    b"\0", b"\xff\xfe", b"\x1b[31m", b"&#0;", b"&amp;", b"<![CDATA[", b"]]>", b"<!--", b"-1", b"0", b"1,234", b"9" * 30,
    b"1e999", "合计".encode(), "（一）".encode(), "三、".encode(), "２０２３".encode(), "𠮷".encode(), b"\xe4\xb8",
]  # fmt: skip


def list_published(root, built, folder):
    del folder
    found = [path for path in sorted((root / "tests/published").iterdir()) if path.suffix != ".json"]
    return read_all([*found, *(built / f"2020.{suffix}" for suffix in ("html", "docx", "pdf"))])


def list_office_files(root, built, folder):
    """Give spreadsheets, OFD, separated values and mails."""
    outputs.build_report(Store(root, folder), Period(2020), ["ofd"])
    book, form = make_workbook(root)
    book.save(folder / "report.xlsx")
    sheets = [(table.id, list_rows(table, number_figures(form))) for table in form.tables]
    (folder / "report.ods").write_bytes(write_ods(sheets))
    lines = [",".join(map(str, row)) for sheet in book for row in sheet.iter_rows(values_only=True)]
    (folder / "report.csv").write_text("\n".join(lines).replace("None", ""), encoding="gb18030")
    attached = root / "tests/published/shuyang-drc-2023.html"
    (folder / "report.eml").write_bytes(make_mail((attached.name, attached.read_bytes())))
    (folder / "body.eml").write_bytes(make_mail(html=(built / "2020.html").read_text(encoding="utf-8")))
    return read_all([folder / "2020.ofd", *sorted(folder.glob("report.*")), folder / "body.eml"])


def list_old_files(root, built, folder):
    """Give files that LibreOffice converts."""
    book, _form = make_workbook(root)
    book.save(folder / "report.xlsx")
    (folder / "2020.docx").write_bytes((built / "2020.docx").read_bytes())
    kinds = {"rtf": "2020.docx", "doc": "2020.docx", "xls": "report.xlsx"}
    return read_all([converted(folder / name, suffix, folder / "old") for suffix, name in kinds.items()])


def list_scans(root, built, folder):
    """Give pictures of a page, and files of such pictures."""
    del root, folder
    page = scanned_pages.list_pages((built / "2020.pdf").read_bytes(), 100)[1]
    page = page.crop((0, 0, page.width, page.height // 3))  # the more lines, the longer it takes
    pictures = [(f".{suffix}", scanned_pages.make_picture(page, suffix)) for suffix in ("png", "jpeg")]
    archive = scanned_pages.make_archive({f"1{suffix}": content for suffix, content in pictures})
    packages = [(".zip", archive), (".ofd", scanned_pages.make_ofd([pictures[1][1]]))]
    return [*pictures, (".pdf", scanned_pages.make_pdf([page], 100)), *packages]


def list_sets(root, built, folder):
    """Give published sets as archives."""
    del built, folder
    found = []
    for name in ("akamai", "booking-com", "zalando"):
        with zipfile.ZipFile(made := io.BytesIO(), "w") as package:
            for path in sorted((root / "tests/dsa" / name).glob("*.csv")):
                package.write(path, path.name)
        found.append((".zip", made.getvalue()))
    return found


def read_all(paths):
    return [(path.suffix, path.read_bytes()) for path in paths]


def make_workbook(root):
    """Make a workbook of a report, a sheet for each table; also returns its form."""
    form = Store(root).kind.form_in_force(Period(2020))
    book = openpyxl.Workbook()
    book.active.append([f"某市某局2020年{form.name}"])
    for table in form.tables:
        sheet = book.create_sheet(table.id)
        for row in fill_spans(table, number_figures(form), repeat=False):
            sheet.append([int(text) if text.isdigit() else text for text in row])
    return book, form


GROUPS = {
    "published files": (list_published, ()),
    "office files": (list_office_files, ()),
    "old files": (list_old_files, pytest.mark.needs("soffice", package="libreoffice-writer-nogui")),
    "scans": (list_scans, pytest.mark.skipif(not scans.is_installed(), reason="scans need the extra ocr")),
    "sets": (list_sets, ()),
}


def mutate(content, rng):
    """Change a file: its bytes, or those of a part of a package or of a stream of a PDF, or what a picture shows."""
    if content.startswith(b"PK") and rng.random() < 0.9:
        return mutate_package(content, rng)
    if content.startswith(b"%PDF") and rng.random() < 0.8:
        return mutate_pdf_stream(content, rng)
    if content.startswith((b"\x89PNG", b"\xff\xd8")) and rng.random() < 0.8:
        return mutate_picture(content, rng)
    return mutate_bytes(content, rng)


def mutate_picture(content, rng):
    """Copy parts of a picture elsewhere, in another size or colour mode, turned or not."""
    picture = Image.open(io.BytesIO(content)).convert(rng.choice(["RGB", "L"]))
    for _ in range(rng.choice([1, 5, 30])):
        left, top = rng.randrange(picture.width), rng.randrange(picture.height)
        part = picture.crop((left, top, left + rng.choice([1, 40, 400]), top + rng.choice([1, 20, 300])))
        part = part.resize((rng.choice([part.width, 1, 500]), part.height)).rotate(rng.choice([0, 0, 7, 90]))
        picture.paste(part, (rng.randrange(-50, picture.width), rng.randrange(-50, picture.height)))
    picture = picture.resize((rng.choice([picture.width, 1, 3000]), rng.choice([picture.height, 1, 200])))
    picture = picture.convert(rng.choice(["RGB", "L", "1", "P", "RGBA", "I;16"] if picture.mode == "L" else ["RGB"]))
    picture.save(made := io.BytesIO(), "JPEG" if picture.mode == "RGB" else "PNG")
    return made.getvalue()


def mutate_bytes(content, rng):
    for _ in range(rng.choice([1, 2, 5, 30])):
        at = rng.randrange(len(content) + 1)
        length = rng.choice([0, 1, 5, 100, 5000])
        part = content[at : at + length]
        inserted = rng.choice([b"", rng.choice(WORDS), rng.randbytes(rng.randrange(5)), part * 2, part * 50])
        content = content[:at] + inserted + content[at + length :]
        if len(content) > 2**20:
            break
    return content


def mutate_package(content, rng):
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            is_chosen = rng.random() < (0.5 if "document" in name or "custom" in name else 0.1)
            new.writestr(name, mutate_bytes(part, rng) if is_chosen else part)
    return output.getvalue()


def mutate_pdf_stream(content, rng):
    """Change a stream of a PDF and compress it again; the cross-reference table is wrong then, which readers repair."""
    start = content.find(b"stream\n", rng.randrange(len(content))) + 7
    end = content.find(b"endstream", start)
    if start < 7 or end < 0:
        return mutate_bytes(content, rng)
    try:
        stream = zlib.compress(mutate_bytes(zlib.decompress(content[start:end].strip()), rng))
    except zlib.error:
        return mutate_bytes(content, rng)
    return content[:start] + stream + b"\n" + content[end:]


def import_file(store, path, rng):
    """Import a file; return the message of an internal error, or an empty text."""
    options = pipeline.ImportOptions(dry_run=True, trust=rng.random() < 0.3, show=rng.random() < 0.3)
    (result,) = batch.import_files(store, published_sets.gather(store, [str(path)]), options, 1)
    is_wrong = isinstance(result, UserError) and any(text in result.message for text in WRONG)
    return result.message if is_wrong else ""


@pytest.mark.slow
@pytest.mark.no_attack
@pytest.mark.parametrize("group", [pytest.param(name, marks=mark) for name, (_list, mark) in GROUPS.items()])
def test_a_mutated_file_is_read_or_refused(group, root, built, tmp_path, seeds):
    originals = GROUPS[group][0](root, built, tmp_path)
    (tmp_path / "data").mkdir()
    for seed in range(seeds(f"mutated {group}")):
        rng = random.Random(seed)
        suffix, content = originals[seed % len(originals)]
        path = tmp_path / f"sent{suffix}"
        path.write_bytes(mutate(content, rng))
        wrong = import_file(Store(tmp_path), path, rng)
        assert not wrong, f"seed {seed}: {wrong}"
