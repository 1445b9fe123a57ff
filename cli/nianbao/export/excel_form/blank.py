"""A form as a spreadsheet to be filled in: the official tables, locked but for their figures, facts and texts."""

from io import BytesIO
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from nianbao.export.excel_form.draft import (
    LABEL,
    LINE,
    LOOSE,
    RED,
    TYPED,
    Asked,
    Draft,
    bad,
    page,
    required,
    validation,
)
from nianbao.export.excel_form.sum_formulas import GOOD, WRONG
from nianbao.export.excel_form.tables import write_table
from nianbao.export.workbook import CELL, HEAD, Sheet, written
from nianbao.importer.recognition.excel_form import EDITION, FOLDER, OFFICE, YEAR
from nianbao.model.form import Fact
from nianbao.model.value_types import KINDS


def blank(asked: Asked) -> bytes:
    """Write the form as XLSX; the same form and facts give the same bytes."""
    into = BytesIO()
    with written(into) as book:
        made = Draft(book, asked)
        cover = book.sheet("填表说明")
        for table in asked.form.tables:
            write_table(made, table)
        _facts(made)
        _texts(made)
        _cover(made, cover)
        _meta(made)
    return into.getvalue()


# ── facts and texts ──────────────────────────────────────────────────────────────────


def _facts(made: Draft) -> None:
    facts = [fact for fact in made.asked.form.facts if not fact.required]
    if facts:
        sheet = made.book.sheet("表外事实")
        sheet.made.set_column(0, 0, 40)
        sheet.made.set_column(1, 1, 60)
        sheet.made.set_column(2, 2, 30)
        for column, head in enumerate(("事实", "填在这里", "怎样填")):
            sheet.put(0, column, head, **HEAD)
        for row, fact in enumerate(facts, 1):
            _fact(made, sheet, row, fact)
        sheet.made.freeze_panes(1, 0)
        page(sheet, wide=False)


def _fact(made: Draft, sheet: Sheet, row: int, fact: Fact) -> None:
    kind = KINDS[fact.kind]
    number = kind.shape["type"] in {"integer", "number"}
    value: Any = made.asked.known.get(fact.id)
    hint = "一行一项（Alt+Enter 换行）" if fact.kind == "texts" else kind.words
    sheet.put(row, 0, f"{fact.label}（{fact.unit}）" if fact.unit else fact.label, **LABEL)
    sheet.put(row, 1, "\n".join(value) if isinstance(value, list) else value, **TYPED, text_wrap=True)
    sheet.put(row, 2, hint, **CELL, font_color="#777777", text_wrap=True)
    made.name(fact.id, sheet, row, 1)
    if number:
        cell = xl_rowcol_to_cell(row, 1)
        sheet.made.data_validation(row, 1, row, 1, validation(kind, cell))
        rule = {"type": "formula", "criteria": f"={bad(kind, cell)}", "format": made.book.style(**RED)}
        sheet.made.conditional_format(row, 1, row, 1, rule)
    if fact.kind == "texts":
        sheet.made.set_row(row, 4 * LINE)


def _texts(made: Draft) -> None:
    sections = [section for section in made.asked.form.sections if section.text and section.heading]
    if sections:
        sheet = made.book.sheet("正文")
        sheet.made.set_column(0, 0, 30)
        sheet.made.set_column(1, 1, 90)
        sheet.put(0, 0, "部分", **HEAD)
        sheet.put(0, 1, "填在这里；不填就用标准文字", **HEAD)
        for row, section in enumerate(sections, 1):
            sheet.put(row, 0, section.heading, **LABEL)
            sheet.put(row, 1, "", **TYPED | {"valign": "top"}, text_wrap=True, num_format="@")
            sheet.made.set_row(row, 12 * LINE)
            made.name(f"prose.{section.id}", sheet, row, 1)
        page(sheet, wide=False)


# ── what it is ───────────────────────────────────────────────────────────────────────


def _cover(made: Draft, sheet: Sheet) -> None:
    asked = made.asked
    sheet.made.set_column(0, 0, 24)
    sheet.made.set_column(1, 1, 70)
    sheet.put(0, 0, asked.form.name, bold=True, font_size=16)
    row = 2
    labels = asked.form.labels
    for label, value in (
        (labels["year"], str(asked.year)),
        (labels["edition"], asked.form.document or asked.form.edition),
    ):
        sheet.put(row, 0, label, **HEAD)
        sheet.put(row, 1, value, **CELL)
        row += 1
    for fact in required(asked.form):
        sheet.put(row, 0, fact.label, **HEAD)
        sheet.put(row, 1, asked.known.get(fact.id), **TYPED)
        made.name(fact.id, sheet, row, 1)
        row += 1
    sheet.put(row, 0, labels["published"], **HEAD)
    sheet.put(row, 1, None, **TYPED, num_format="yyyy-mm-dd", align="left")
    made.name("published", sheet, row, 1)
    row += 1
    sheet.put(row, 0, "核对", **HEAD)
    wrong = "+".join(f'(LEFT({cell},1)="{WRONG}")' for cell in made.checked) or "0"
    style = made.book.style(**CELL, bold=True)
    sheet.made.write_formula(
        row,
        1,
        f'=IF({wrong}=0,"{GOOD} 全部相符","{WRONG} 有 "&({wrong})&" 处不相符，见各表红色的格")',
        style,
        f"{GOOD} 全部相符",
    )
    rule = {"type": "formula", "criteria": f'=LEFT(B{row + 1},1)="{WRONG}"', "format": made.book.style(**RED)}
    sheet.made.conditional_format(row, 1, row, 1, rule)
    for at, line in enumerate(_HOW, row + 2):
        sheet.put(at, 0, line)
    page(sheet, wide=False)


_HOW = (
    "只填黄色的格。绿色的格自动相加；照原件填上总数也可以，填错了“核对”一栏变红。",
    "没有的填 0，空着的格会被当作没有填。数字后面不写单位。",
    "红色的是错误，改正后再报；橙色的请再看一眼。",
    "填好后存为 .xlsx 交回，不必改名，也不要另抄一份表。",
)


def _meta(made: Draft) -> None:
    """Say in a hidden, locked sheet which form this is, whose and of which year."""
    asked = made.asked
    sheet = made.book.sheet("nianbao")
    said = {
        EDITION: asked.form.edition,
        YEAR: str(asked.year),
        FOLDER: asked.folder,
        OFFICE: asked.name,
    }
    for row, (name, value) in enumerate(said.items()):
        sheet.put(row, 0, name)
        sheet.put(row, 1, value)
        made.name(name, sheet, row, 1)
    sheet.made.protect("", LOOSE)
    sheet.made.very_hidden()
