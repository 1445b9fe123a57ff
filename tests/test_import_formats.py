"""Reports in OFD, spreadsheets, mails, old office files and old encodings: the same figures as in a web page."""

import csv
import io
import re
import shutil
import zipfile
from email.message import EmailMessage
from html import escape

import opencc
import openpyxl
import pikepdf
import pytest
from cases import converted
from test_import_field import fill_spans, make_page, number_figures

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.importer import pipeline, readers
from nianbao.importer.readers import UnreadableError, libreoffice, page_layout, page_lines
from nianbao.importer.recognition import PublishedTable, recognize
from nianbao.model.period import Period
from nianbao.workspace.store import Store

SOFFICE = pytest.mark.needs("soffice", package="libreoffice-writer-nogui")


@pytest.fixture(scope="module")
def figures(root):
    return check.check_report(Store(root), Period(2020)).report.figures


def read_figures(content, suffix, forms):
    recognized = recognize(readers.read(content, suffix), forms)
    return {address: cell.value for address, cell in recognized.cells_by_address.items()}


# ── OFD ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def ofd(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ofd")
    shutil.copytree(root / "data", folder / "data")
    outputs.build_report(Store(folder), Period(2020), ["ofd"])
    return (folder / "build/2020.ofd").read_bytes()


def change_ofd(content, change):
    """Return a package whose pages are changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, change(part.decode()).encode() if name.endswith("Content.xml") else part)
    return made.getvalue()


def test_our_own_ofd_gives_its_facts_and_every_figure_of_its_pages(ofd, forms, figures):
    published = readers.read(ofd, "ofd")
    recognized = recognize(published, forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == figures
    assert "498935.88" in published.embedded_facts
    assert recognized.texts.office == "鞍山市人力资源和社会保障局"
    assert len(recognized.texts.headings) == len(recognized.form.sections) - 1  # the last has none


def test_our_own_ofd_is_imported_without_loss(ofd, tmp_path, root):
    (tmp_path / "2020.ofd").write_bytes(ofd)
    options = pipeline.ImportOptions(dry_run=True, trust=True)
    assert pipeline.read_report(Store(root), str(tmp_path / "2020.ofd"), options).lossless


def test_an_ofd_with_templates_of_pages_and_absolute_names_is_read(ofd, forms, figures):
    """Others put the ruled lines into a template of the page, and name parts from the top."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ofd)) as old, zipfile.ZipFile(made, "w") as new:
        templates = ""
        for name in old.namelist():
            text = old.read(name).decode() if name.endswith("Content.xml") else ""
            if not text:
                continue
            number = name.split("Page_")[1].split("/")[0]
            lines = "".join(re.findall(r"(?s)<ofd:PathObject.*?</ofd:PathObject>", text))
            page = re.sub(r"(?s)<ofd:PathObject.*?</ofd:PathObject>", "", text)
            page = page.replace("<ofd:Content>", f'<ofd:Template TemplateID="9{number}"/><ofd:Content>', 1)
            templates += f'<ofd:TemplatePage ID="9{number}" BaseLoc="/Doc_0/Tpls/{number}.xml"/>'
            new.writestr(name, page)
            layer = f'<ofd:Content><ofd:Layer ID="1">{lines}</ofd:Layer></ofd:Content>'
            new.writestr(
                f"Doc_0/Tpls/{number}.xml", f'<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016">{layer}</ofd:Page>'
            )
        document = old.read("Doc_0/Document.xml").decode().replace("</ofd:CommonData>", templates + "</ofd:CommonData>")
        new.writestr("Doc_0/Document.xml", document.replace('BaseLoc="Pages', 'BaseLoc="/Doc_0/Pages'))
        new.writestr("OFD.xml", old.read("OFD.xml"))
    assert templates
    assert read_figures(made.getvalue(), "ofd", forms) == figures


def test_an_ofd_without_text_is_refused(ofd):
    with pytest.raises(UnreadableError, match="没有文字"):
        readers.read(change_ofd(ofd, lambda text: re.sub(r"(?s)<ofd:TextObject.*?</ofd:TextObject>", "", text)), "ofd")


def test_hidden_text_of_an_ofd_is_not_read(ofd):
    hidden = change_ofd(ofd, lambda text: text.replace("<ofd:TextObject ", '<ofd:TextObject Visible="false" '))
    with pytest.raises(UnreadableError, match="没有文字"):
        readers.read(hidden, "ofd")


# ── spreadsheets and values ──────────────────────────────────────────────────────────


def write_csv(form, found, separator):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow([f"某市某局{form.first_year}年{form.name}"])
    for table in form.tables:
        writer.writerow([])
        writer.writerows(fill_spans(table, found, repeat=False))
    return text.getvalue()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_cell_of_separated_values_is_read(codec, separator, form, forms):
    found = number_figures(form)
    assert read_figures(write_csv(form, found, separator).encode(codec), "csv", forms) == found


def write_ods(sheets, names=""):
    """Write a spreadsheet of rows of `(text, rowspan, colspan)`, followed by what LibreOffice repeats to the end."""
    tables = ""
    for title, rows in sheets:
        lines = ""
        for row in rows:
            cells = ""
            for text, down, across in row:
                value = f' office:value-type="float" office:value="{text}"' if text.isdigit() else ""
                span = f' table:number-rows-spanned="{down}" table:number-columns-spanned="{across}"'
                cells += f"<table:table-cell{value}{span}><text:p>{escape(text)}</text:p></table:table-cell>"
                if across > 1:
                    cells += f'<table:covered-table-cell table:number-columns-repeated="{across - 1}"/>'
            lines += f"<table:table-row>{cells}</table:table-row>"
        blank = '<table:table-cell table:number-columns-repeated="1024"/>'
        lines += f'<table:table-row table:number-rows-repeated="1048000">{blank}</table:table-row>'
        tables += f'<table:table table:name="{title}">{lines}</table:table>'
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", f"<office:document-content{spaces}>{tables}{names}</office:document-content>")
    return made.getvalue()


def place_spans(table, found):
    """Return the rows of a table with a cell for each place that one from above covers, as spreadsheets have them."""
    grid = table.make_grid()
    rows = [{} for _ in range(grid.rows)]
    for cell in grid.cells:
        text = str(found[cell.slot.address]) if cell.slot else cell.text
        rows[cell.row][cell.column] = (text, cell.rowspan, cell.colspan)
        for row in range(cell.row + 1, cell.row + cell.rowspan):
            rows[row][cell.column] = None
    return [[row[column] for column in sorted(row)] for row in rows]


def test_every_cell_of_an_opendocument_spreadsheet_is_read(form, forms):
    found = number_figures(form)
    title = (f"某市某局{form.first_year}年{form.name}", 1, 1)
    sheets = []
    for table in form.tables:
        rows = [[cell or ("", 1, 1) for cell in row] for row in place_spans(table, found)]
        sheets.append((table.id, [[title], *rows]))
    published = readers.read(write_ods(sheets), "ods")
    assert {address: cell.value for address, cell in recognize(published, forms).cells_by_address.items()} == found
    assert not published.notes


def test_a_sheet_of_an_opendocument_spreadsheet_ends_with_its_last_text():
    tables = [
        block
        for block in readers.read(write_ods([("x", [[("甲", 1, 1), ("1", 1, 1)]])]), "ods").blocks
        if isinstance(block, PublishedTable)
    ]
    assert max(cell.bottom for cell in tables[0].cells) <= 2
    assert max(cell.right for cell in tables[0].cells) <= 200


@SOFFICE
def test_a_form_of_ours_keeps_its_named_cells_in_an_opendocument_spreadsheet(tmp_path, report):
    report("init", "x", cwd=tmp_path)
    report("form", "2024", cwd=tmp_path / "x")
    (sheet,) = (tmp_path / "x").rglob("*.xlsx")
    published = readers.read(converted(sheet, "ods", tmp_path).read_bytes(), "ods")
    expected = readers.read(sheet.read_bytes(), "xlsx")
    assert published.named_cells.keys() == expected.named_cells.keys()
    for name, cell in expected.named_cells.items():
        assert bool(published.named_cells[name].formula) == bool(cell.formula)
        assert cell.formula or published.named_cells[name].text == cell.text


@SOFFICE
@pytest.mark.parametrize("suffix", ["ods", "xls"])
def test_a_workbook_saved_by_libreoffice_in_another_format_gives_the_same_figures(suffix, form, forms, tmp_path):
    found = number_figures(form)
    book = openpyxl.Workbook()
    book.active.append([f"某市某局{form.first_year}年{form.name}"])
    for table in form.tables:
        sheet = book.create_sheet(table.id)
        for row in fill_spans(table, found, repeat=False):
            sheet.append([int(text) if text.isdigit() else text for text in row])
    book.save(tmp_path / "report.xlsx")
    path = converted(tmp_path / "report.xlsx", suffix, tmp_path)
    assert read_figures(path.read_bytes(), suffix, forms) == found


# ── mails ────────────────────────────────────────────────────────────────────────────


# ── pages of a PDF that lie on their sides ──────────────────────────────────────────


@pytest.mark.parametrize("which", [slice(None), slice(1, None, 2)], ids=["all", "every second"])
@pytest.mark.parametrize("angle", [90, 180, 270])
def test_pages_on_their_sides_are_read_as_if_they_were_upright(angle, which, forms, root):
    def read_cells(pdf):
        return recognize(readers.read(pdf, "pdf"), forms, Period(2023)).cells_by_address

    content = (root / "tests/published/hongze-2023.pdf").read_bytes()
    upright = {address: (cell.state, cell.value) for address, cell in read_cells(content).items()}
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for page in list(pdf.pages)[which]:
            page.rotate(angle, relative=True)
        turned = io.BytesIO()
        pdf.save(turned)
    cells = read_cells(turned.getvalue())
    assert {address: (cell.state, cell.value) for address, cell in cells.items()} == upright
    assert len(upright) > 100


@pytest.mark.parametrize("direction", range(4))
def test_a_digit_on_its_side_is_unknown_and_other_characters_so_are_left_out(direction):
    def draw(text, left, turned):
        a, b = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[(direction + turned) % 4]
        return {"text": text, "x0": left, "x1": left + 5, "top": 7.0, "bottom": 12.0, "matrix": (a, b, -b, a, 0, 0)}

    chars = [{**draw(*one), "size": 5.0} for one in (("件", 0.0, 0), ("密", 9.0, 1), ("7", 20.0, 1), ("8", 30.0, 0))]
    turned = page_layout.turn_characters(chars, direction, 100.0, 200.0) if direction else chars
    assert page_layout.find_direction(chars[::3]) == direction
    assert [char["text"] for char in page_lines.select_characters(turned)] == ["件", page_lines.REPLACEMENT, "8"]


def make_archive(*pages):
    """Return web pages in one file, as browsers save them, each of a frame."""
    message = EmailMessage()
    message.make_related()
    for page in pages:
        message.add_related(page, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def test_the_frame_with_the_tables_is_read_of_a_saved_page(form, forms):
    found = number_figures(form)
    page, outside = make_page(form, found), "<html><body><iframe src='cid:1'></iframe><p>首页</p></body></html>"
    for pages in ((outside, page), (page, outside)):
        recognized = recognize(readers.read(make_archive(*pages), "mhtml"), forms)
        assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found


def make_mail(*files, text="请查收。", html=""):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "政府信息公开工作年度报告"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


@pytest.mark.parametrize("suffix", ["eml", "", "txt"])
def test_the_one_report_attached_to_a_mail_is_read(suffix, form, forms):
    found = number_figures(form)
    page = make_page(form, found).encode()
    mail = make_mail(("年报.html", page), ("签名.asc", b"-----BEGIN"), ("logo.bin", bytes(range(256))))
    published = readers.read(mail, suffix)
    assert {address: cell.value for address, cell in recognize(published, forms).cells_by_address.items()} == found
    assert "年报.html" in published.notes[0]


def test_a_mail_that_is_the_report_itself_is_read(form, forms):
    found = number_figures(form)
    assert read_figures(make_mail(html=make_page(form, found)), "eml", forms) == found


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (make_mail(("甲.html", b"<html>1"), ("乙.html", b"<html>1")), "甲.html、乙.html"),
        (make_mail(("a.docx", b"PK\x03\x04 broken")), "损坏"),
        (make_mail(("a.eml", make_mail(("b.eml", b"To: x\n\n")))), ""),
    ],
)
def test_a_mail_with_several_reports_or_a_damaged_one_is_refused(mail, why):
    if why:
        with pytest.raises(UnreadableError, match=why):
            readers.read(mail, "eml")
    else:
        assert len(readers.read(mail, "eml").blocks) == 1  # its own words: mails within a mail are not opened


# ── encodings ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("suffix", ["html", "csv", "txt"])
@pytest.mark.parametrize("codec", ["big5hkscs", "gb18030"])
def test_big5_that_is_not_declared_is_known_by_the_labels(codec, suffix, form, tmp_path):
    found = number_figures(form)
    text = make_page(form, found) if suffix == "html" else write_csv(form, found, "\t" if suffix == "txt" else ",")
    if suffix == "txt":  # a table ends where a line has another number of cells
        text = text.replace("\r\n\r\n", "\r\n小计\r\n")
    if codec == "big5hkscs":
        text = opencc.OpenCC("s2hk").convert(text)
    path = tmp_path / f"report.{suffix}"
    path.write_bytes(text.encode(codec, errors="replace"))
    report = pipeline.read_report(Store(tmp_path), str(path), pipeline.ImportOptions(dry_run=True))
    assert not report.undecided
    assert not report.missing
    read = [value for table in form.tables for value in flatten(report.figures[table.id])]
    assert sorted(read) == sorted(found.values())


@pytest.mark.parametrize("suffix", ["html", "txt"])
def test_labels_in_the_words_of_taiwan_are_read_and_names_keep_theirs(suffix, form, tmp_path):
    found = number_figures(form)
    title = f"<p>某市档案局{form.first_year + 1}年政府信息公开工作年度报告</p>"
    text = (
        make_page(form, found) if suffix == "html" else write_csv(form, found, "\t").replace("\r\n\r\n", "\r\n小计\r\n")
    )
    text = opencc.OpenCC("s2twp").convert(text)
    assert "檔案" in text
    path = tmp_path / f"report.{suffix}"
    path.write_text(title + text if suffix == "html" else text, encoding="utf-8")
    report = pipeline.read_report(Store(tmp_path), str(path), pipeline.ImportOptions(dry_run=True))
    assert not report.undecided
    assert not report.missing
    read = [value for table in form.tables for value in flatten(report.figures[table.id])]
    assert sorted(read) == sorted(found.values())
    assert report.office == ("某市档案局" if suffix == "html" else "")


def flatten(tree):
    return [value for part in tree.values() for value in flatten(part)] if isinstance(tree, dict) else [tree]


# ── old office files ─────────────────────────────────────────────────────────────────


@SOFFICE
@pytest.mark.parametrize("suffix", ["doc", "rtf"])
def test_an_old_word_file_is_converted_where_libreoffice_is_installed(suffix, built, forms, figures, tmp_path):
    (tmp_path / "2020.docx").write_bytes((built / "2020.docx").read_bytes())
    again = tmp_path / "again"
    again.mkdir()
    old = converted(tmp_path / "2020.docx", suffix, again)
    assert read_figures(old.read_bytes(), suffix, forms) == figures


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD = [
    (b"{\\rtf1 x}", "rtf", "RTF", "另存为 .docx"),
    (OLE + "WordDocument".encode("utf-16-le"), "doc", "旧式的 .doc", "另存为 .docx"),
    (OLE + "Workbook".encode("utf-16-le"), "xls", "旧式的 .xls", "另存为 .xlsx"),
]


@pytest.mark.parametrize(("content", "suffix", "why", "fix"), OLD)
def test_without_libreoffice_the_message_says_what_to_do(content, suffix, why, fix, monkeypatch):
    monkeypatch.setattr(libreoffice, "find_libreoffice", lambda: "")
    with pytest.raises(UnreadableError) as stopped:
        readers.read(content, suffix)
    assert why in stopped.value.message
    assert fix in stopped.value.fix
    assert "LibreOffice" in stopped.value.fix


@SOFFICE
@pytest.mark.parametrize(("content", "suffix", "why", "fix"), OLD[1:])
def test_libreoffice_takes_nothing_else_for_an_old_office_file(content, suffix, why, fix):
    with pytest.raises(UnreadableError, match="转换不了") as stopped:
        readers.read(content + b"a,b\n1,2\n" * 100, suffix)
    assert why in stopped.value.message
    assert fix in stopped.value.fix


# ── editions ─────────────────────────────────────────────────────────────────────────


def test_mixed_editions_are_told_block_by_block_and_overruled(root, published_file):
    options = pipeline.ImportOptions(period=Period(2021), dry_run=True)
    mixed = pipeline.read_report(Store(root), published_file, options)
    told = [note for note in mixed.notes if "版读" in note]
    assert any("按 2019 版读" in note and "规章" in note for note in told)
    assert any("按 2021 版读" in note for note in told)
    assert any("--edition" in note for note in mixed.notes)
    for edition in ("2019", "2021"):
        one = pipeline.read_report(
            Store(root), published_file, pipeline.ImportOptions(Period(2021), dry_run=True, edition=edition)
        )
        assert {name for names in one.figures["editions"].values() for name in names} == {edition}
        assert not [note for note in one.notes if "版读" in note]


@pytest.fixture
def published_file(root):
    return str(root / "tests/published/edu-bureau-2021-mixed.txt")


def test_an_edition_that_is_none_is_refused(root, published_file, report):
    done = report("import", published_file, "--edition", "1999", "--dry-run", cwd=root)
    assert done.returncode == 2
    assert "2019、2021" in done.stdout + done.stderr
