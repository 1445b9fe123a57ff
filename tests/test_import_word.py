"""Word files as people make them: what Word hides, computes, puts into boxes, or leaves out of its tables."""

import io
import zipfile
from random import Random
from time import process_time

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from PIL import Image
from variants import draw_figures, judge, make_grids

from nianbao.importer import readers
from nianbao.importer.readers.docx_markup import prepare_package
from nianbao.importer.recognition import recognize

STEP = 3  # every third figure is changed


def write_report(form, found, change):
    """Return a Word file with the tables of a form; `change` changes it."""
    document = docx.Document()
    document.add_paragraph(f"某市某局{form.first_year}年{form.name}")
    grids = make_grids(form, found)
    for section in form.sections:
        if section.heading and section.table:
            document.add_paragraph(section.heading)
            grid = grids[section.table]
            table = document.add_table(len(grid.lines), grid.columns)
            for item in (item for line in grid.lines for item in line):
                row, column, rowspan, colspan = grid.spans[id(item)]
                cell = table.cell(row, column)
                if rowspan * colspan > 1:
                    cell = cell.merge(table.cell(row + rowspan - 1, column + colspan - 1))
                cell.text = item[0]
    change(document.element)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def make(xml):
    return parse_xml(xml.replace(">", f" {nsdecls('w')}>", 1) if "/>" not in xml.split(">", 1)[0] + ">" else xml)


def change_figures(change):
    """Return a change of every third run with a figure, and what is around it."""

    def change_all(element):
        runs = [run for cell in element.iter(qn("w:tc")) for run in cell.iter(qn("w:r"))]
        figures = [run for run in runs if "".join(run.itertext()).strip().lstrip("-").isdecimal()]
        for run in figures[::STEP]:
            change(run)

    return change_all


def put_before(properties):
    """Put a 7 with these properties before a figure."""
    return change_figures(lambda run: run.addprevious(make(f"<w:r><w:rPr>{properties}</w:rPr><w:t>7</w:t></w:r>")))


def compute(run):
    field = make('<w:fldSimple w:instr=" =SUM(LEFT) "></w:fldSimple>')
    run.addprevious(field)
    field.append(run)


def put_into_box(run):
    box = make("<w:r><w:pict><w:textbox><w:txbxContent><w:p/></w:txbxContent></w:textbox></w:pict></w:r>")
    run.addprevious(box)
    next(box.iter(qn("w:p"))).append(run)


def read_above(run):
    ruby = make("<w:r><w:ruby><w:rt><w:r><w:t>7</w:t></w:r></w:rt><w:rubyBase></w:rubyBase></w:ruby></w:r>")
    run.addprevious(ruby)
    next(ruby.iter(qn("w:rubyBase"))).append(run)


def wrap(name):
    def put_in(run):
        wrapper = make(f"<w:{name}></w:{name}>")
        run.addprevious(wrapper)
        wrapper.append(run)

    return put_in


def draw_field(instruction, before, after=()):
    """Put runs with the marks of a field and its instruction around a figure, or in its place."""

    def mark(kind):
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    def put_around(run):
        text = f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
        for xml in (mark("begin"), text, *before, *((mark("separate"),) if after is not None else ())):
            run.addprevious(make(xml))
        run.addnext(make(mark("end")))
        if after is None:
            run.getparent().remove(run)

    return change_figures(put_around)


def make_inner_field():
    marks = ("begin", "separate", "end")
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in marks)
    return begin, "<w:r><w:instrText>DOCVARIABLE x</w:instrText></w:r>", separate, "<w:r><w:t>77</w:t></w:r>", end


def delete_cells(element):
    """Put a cell that was deleted while changes were tracked before the last one of some rows."""
    for row in list(element.iter(qn("w:tr")))[::STEP]:
        cell = make('<w:tc><w:tcPr><w:cellDel w:id="9" w:author="a"/></w:tcPr><w:p/></w:tc>')
        row.findall(qn("w:tc"))[-1].addprevious(cell)


def leave_gaps(element):
    """Leave out the blank cell at the beginning of a row, with a gap in its place."""
    for row in element.iter(qn("w:tr")):
        first = row.find(qn("w:tc"))
        if not "".join(first.itertext()).strip():
            span = first.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            size = "1" if span is None else span.get(qn("w:val"))
            row.remove(first)
            row.insert(0, make(f'<w:trPr><w:gridBefore w:val="{size}"/></w:trPr>'))


def shorten_grids(element):
    for grid in element.iter(qn("w:tblGrid")):
        grid[1:] = []


def drop_beginnings_of_merges(element):
    for merge in element.iter(qn("w:vMerge")):
        merge.attrib.pop(qn("w:val"), None)


READ = {
    "as it is": list,
    "hidden digits": put_before("<w:vanish/>"),
    "digits that are not hidden": change_figures(
        lambda run: run.insert(0, make('<w:rPr><w:vanish w:val="0"/></w:rPr>'))
    ),
    "computed figures": change_figures(compute),
    "figures with their reading above": change_figures(read_above),
    "figures in an element of its own": change_figures(wrap("customXml")),
    "figures with a direction": change_figures(wrap("bdo")),
    "a field in the instruction of another": draw_field("IF", make_inner_field()),
    "cells that were deleted": delete_cells,
    "references of raised digits": change_figures(
        lambda run: run.addnext(make('<w:r><w:rPr><w:position w:val="6"/></w:rPr><w:t>1</w:t></w:r>'))
    ),
    "figures in boxes": change_figures(put_into_box),
    "gaps before rows": leave_gaps,
    "not all columns": shorten_grids,
}
UNDECIDED = {
    "digits struck out twice": put_before("<w:dstrike/>"),
    "digits too small to see": put_before('<w:sz w:val="2"/>'),
    "fields without a result": draw_field("EQ x", (), None),
    "white digits": put_before('<w:color w:val="FFFFFF"/>'),
}


@pytest.mark.parametrize("name", READ)
def test_a_word_file_is_read_as_word_shows_it(name, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # draws figures, not secrets
    assert judge(write_report(form, found, READ[name]), "docx", found, forms) == (len(found), [])


@pytest.mark.parametrize("name", UNDECIDED)
def test_a_figure_with_digits_that_nobody_sees_is_undecided(name, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    document = readers.read(write_report(form, found, UNDECIDED[name]), "docx")
    cells = recognize(document, forms).cells_by_address
    assert all(cell.value == found[address] for address, cell in cells.items() if cell.state == "read")
    undecided = [cell for cell in cells.values() if cell.state == "undecided"]
    assert len(undecided) >= len(found) // STEP - 1  # a sign alone is no figure


def test_digits_in_a_style_that_is_hidden_are_left_out(form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    content = write_report(form, found, put_before('<w:rStyle w:val="Inner"/>'))
    styles = (
        '<w:style w:type="character" w:styleId="Inner"><w:basedOn w:val="Outer"/></w:style>'
        '<w:style w:type="character" w:styleId="Outer"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    )
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"</w:styles>", styles.encode()) if name == "word/styles.xml" else part)
    assert judge(changed.getvalue(), "docx", found, forms) == (len(found), [])


def test_merged_cells_without_a_first_one_make_no_figure_wrong(form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    right, wrong = judge(write_report(form, found, drop_beginnings_of_merges), "docx", found, forms)
    assert not wrong
    assert right > len(found) / 2


def paste_as_picture(content):
    """Put a picture in the place of all but the first rows of the second table."""
    document = docx.Document(io.BytesIO(content))
    table = list(document.element.iter(qn("w:tbl")))[1]
    for row in table.findall(qn("w:tr"))[6:]:
        table.remove(row)
    picture = io.BytesIO()
    Image.new("RGB", (60, 20)).save(picture, "PNG")
    document.add_paragraph().add_run().add_picture(picture)
    table.addnext(list(document.element.iter(qn("w:p")))[-1])
    changed = io.BytesIO()
    document.save(changed)
    return changed.getvalue()


def test_a_section_whose_table_is_partly_a_picture_is_named(form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    content = write_report(form, found, list)
    recognized = recognize(readers.read(paste_as_picture(content), "docx"), forms)
    heading = next(section.heading for section in form.sections if section.table == "requests")
    assert len(recognized.document.notes) == 1
    assert heading in recognized.document.notes[0]
    assert str(len(recognized.missing_addresses)) in recognized.document.notes[0]
    assert not recognize(readers.read(content, "docx"), forms).document.notes


def test_a_document_that_cannot_be_prepared_is_left_to_pandoc():
    word = f"<w:document {nsdecls('w')}><w:fldSimple/>{{}}</w:document>"
    deep = word.format("<w:tbl><w:tr><w:tc>" * 5000 + "</w:tc></w:tr></w:tbl>" * 5000)
    for xml in (deep, word.format("<w:p>"), f"<!DOCTYPE d>{word.format('')}"):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as package:
            package.writestr("word/document.xml", xml)
        assert prepare_package(content.getvalue(), "word/document.xml") == content.getvalue()
    assert prepare_package(b"PK\x03\x04 broken", "word/document.xml") == b"PK\x03\x04 broken"


FIELD = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>".format
RUNS = {  # runs of one paragraph of a cell
    "raised digits": "<w:r><w:rPr><w:position w:val='6'/></w:rPr><w:t>1</w:t></w:r>",
    "fields within fields": FIELD("begin") + FIELD("separate") + "<w:r><w:t>1</w:t></w:r>",
    "fields without a result": FIELD("begin") + "<w:r><w:instrText>=A</w:instrText></w:r>" + FIELD("end"),
}
FEW = 1_000
BEND = 8  # times the work for four times the runs: less where it is linear, more where it is not


def measure(runs, count):
    body = f"<w:tbl><w:tr><w:tc><w:p>{runs * count}</w:p></w:tc></w:tr></w:tbl>"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("document.xml", f"<w:document {nsdecls('w')}><w:body>{body}</w:body></w:document>")
    start = process_time()
    prepare_package(content.getvalue(), "document.xml")
    return process_time() - start


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_four_times_the_runs_of_a_paragraph_take_about_four_times_the_work(runs):
    assert any(measure(runs, 4 * FEW) < BEND * measure(runs, FEW) for _try in range(3))
