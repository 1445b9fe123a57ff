"""A form as a spreadsheet to be filled in: the official tables, locked but for their figures, facts and texts."""

from io import BytesIO
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from nianbao.export.excel_form.draft import (
    ERROR_STYLE,
    INPUT_STYLE,
    LABEL_STYLE,
    LINE_HEIGHT,
    PROTECTION,
    FormDraft,
    FormRequest,
    format_invalid_test,
    list_required_facts,
    make_validation,
    set_up_page,
)
from nianbao.export.excel_form.sum_formulas import ERROR_MARK, PASS_MARK
from nianbao.export.excel_form.tables import write_table
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, create_workbook
from nianbao.importer.recognition.excel_form import EDITION, FOLDER, OFFICE, YEAR
from nianbao.model.form import Fact
from nianbao.model.value_types import KINDS


def make_form(asked: FormRequest) -> bytes:
    """Write the form as XLSX; the same form and facts give the same bytes."""
    into = BytesIO()
    with create_workbook(into) as book:
        made = FormDraft(book, asked)
        cover = book.add_sheet("填表说明")
        for table in asked.form.tables:
            write_table(made, table)
        _write_facts(made)
        _write_texts(made)
        _write_cover(made, cover)
        _write_metadata(made)
    return into.getvalue()


# ── facts and texts ──────────────────────────────────────────────────────────────────


def _write_facts(made: FormDraft) -> None:
    facts = [fact for fact in made.request.form.facts if not fact.required]
    if facts:
        sheet = made.workbook.add_sheet("表外事实")
        sheet.worksheet.set_column(0, 0, 40)
        sheet.worksheet.set_column(1, 1, 60)
        sheet.worksheet.set_column(2, 2, 30)
        for column, head in enumerate(("事实", "填在这里", "怎样填")):
            sheet.write(0, column, head, **HEADER_STYLE)
        for row, fact in enumerate(facts, 1):
            _write_fact(made, sheet, row, fact)
        sheet.worksheet.freeze_panes(1, 0)
        set_up_page(sheet, wide=False)


def _write_fact(made: FormDraft, sheet: Sheet, row: int, fact: Fact) -> None:
    kind = KINDS[fact.kind]
    number = kind.shape["type"] in {"integer", "number"}
    value: Any = made.request.known_facts.get(fact.id)
    hint = "一行一项（Alt+Enter 换行）" if fact.kind == "texts" else kind.words
    sheet.write(row, 0, f"{fact.label}（{fact.unit}）" if fact.unit else fact.label, **LABEL_STYLE)
    sheet.write(row, 1, "\n".join(value) if isinstance(value, list) else value, **INPUT_STYLE, text_wrap=True)
    sheet.write(row, 2, hint, **CELL_STYLE, font_color="#777777", text_wrap=True)
    made.define_name(fact.id, sheet, row, 1)
    if number:
        cell = xl_rowcol_to_cell(row, 1)
        sheet.worksheet.data_validation(row, 1, row, 1, make_validation(kind, cell))
        rule = {
            "type": "formula",
            "criteria": f"={format_invalid_test(kind, cell)}",
            "format": made.workbook.get_style(**ERROR_STYLE),
        }
        sheet.worksheet.conditional_format(row, 1, row, 1, rule)
    if fact.kind == "texts":
        sheet.worksheet.set_row(row, 4 * LINE_HEIGHT)


def _write_texts(made: FormDraft) -> None:
    sections = [section for section in made.request.form.sections if section.text and section.heading]
    if sections:
        sheet = made.workbook.add_sheet("正文")
        sheet.worksheet.set_column(0, 0, 30)
        sheet.worksheet.set_column(1, 1, 90)
        sheet.write(0, 0, "部分", **HEADER_STYLE)
        sheet.write(0, 1, "填在这里；不填就用标准文字", **HEADER_STYLE)
        for row, section in enumerate(sections, 1):
            sheet.write(row, 0, section.heading, **LABEL_STYLE)
            sheet.write(row, 1, "", **INPUT_STYLE | {"valign": "top"}, text_wrap=True, num_format="@")
            sheet.worksheet.set_row(row, 12 * LINE_HEIGHT)
            made.define_name(f"prose.{section.id}", sheet, row, 1)
        set_up_page(sheet, wide=False)


# ── what it is ───────────────────────────────────────────────────────────────────────


def _write_cover(made: FormDraft, sheet: Sheet) -> None:
    asked = made.request
    sheet.worksheet.set_column(0, 0, 24)
    sheet.worksheet.set_column(1, 1, 70)
    sheet.write(0, 0, asked.form.name, bold=True, font_size=16)
    row = 2
    labels = asked.form.labels
    for label, value in (
        (labels["year"], str(asked.year)),
        (labels["edition"], asked.form.document or asked.form.edition),
    ):
        sheet.write(row, 0, label, **HEADER_STYLE)
        sheet.write(row, 1, value, **CELL_STYLE)
        row += 1
    for fact in list_required_facts(asked.form):
        sheet.write(row, 0, fact.label, **HEADER_STYLE)
        sheet.write(row, 1, asked.known_facts.get(fact.id), **INPUT_STYLE)
        made.define_name(fact.id, sheet, row, 1)
        row += 1
    sheet.write(row, 0, labels["published"], **HEADER_STYLE)
    sheet.write(row, 1, None, **INPUT_STYLE, num_format="yyyy-mm-dd", align="left")
    made.define_name("published", sheet, row, 1)
    row += 1
    sheet.write(row, 0, "核对", **HEADER_STYLE)
    wrong = "+".join(f'(LEFT({cell},1)="{ERROR_MARK}")' for cell in made.check_cells) or "0"
    style = made.workbook.get_style(**CELL_STYLE, bold=True)
    sheet.worksheet.write_formula(
        row,
        1,
        f'=IF({wrong}=0,"{PASS_MARK} 全部相符","{ERROR_MARK} 有 "&({wrong})&" 处不相符，见各表红色的格")',
        style,
        f"{PASS_MARK} 全部相符",
    )
    rule = {
        "type": "formula",
        "criteria": f'=LEFT(B{row + 1},1)="{ERROR_MARK}"',
        "format": made.workbook.get_style(**ERROR_STYLE),
    }
    sheet.worksheet.conditional_format(row, 1, row, 1, rule)
    for at, line in enumerate(_INSTRUCTIONS, row + 2):
        sheet.write(at, 0, line)
    set_up_page(sheet, wide=False)


_INSTRUCTIONS = (
    "只填黄色的格。绿色的格自动相加；照原件填上总数也可以，填错了“核对”一栏变红。",
    "没有的填 0，空着的格会被当作没有填。数字后面不写单位。",
    "红色的是错误，改正后再报；橙色的请再看一眼。",
    "填好后存为 .xlsx 交回，不必改名，也不要另抄一份表。",
)


def _write_metadata(made: FormDraft) -> None:
    """Say in a hidden, locked sheet which form this is, whose and of which year."""
    asked = made.request
    sheet = made.workbook.add_sheet("nianbao")
    said = {
        EDITION: asked.form.edition,
        YEAR: str(asked.year),
        FOLDER: asked.folder,
        OFFICE: asked.name,
    }
    for row, (name, value) in enumerate(said.items()):
        sheet.write(row, 0, name)
        sheet.write(row, 1, value)
        made.define_name(name, sheet, row, 1)
    sheet.worksheet.protect("", PROTECTION)
    sheet.worksheet.very_hidden()
