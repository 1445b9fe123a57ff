"""A blank Excel form: the official tables, facts and texts, locked except for the cells to be filled in."""

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
    set_up_page,
    validate_cell,
)
from nianbao.export.excel_form.sum_formulas import ERROR_MARK, PASS_MARK
from nianbao.export.excel_form.tables import write_table
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, create_workbook
from nianbao.importer.recognition.excel_form import EDITION, FOLDER, OFFICE, YEAR
from nianbao.model.form import Fact


def make_form(request: FormRequest) -> bytes:
    """Make the form as XLSX; the same request gives the same bytes."""
    content = BytesIO()
    with create_workbook(content) as workbook:
        draft = FormDraft(workbook, request)
        cover = workbook.add_sheet("填表说明")
        for table in request.form.tables:
            write_table(draft, table)
        _write_facts(draft)
        _write_texts(draft)
        _write_cover(draft, cover)
        _write_metadata(draft)
    return content.getvalue()


# ── facts and texts ──────────────────────────────────────────────────────────────────


def _write_facts(draft: FormDraft) -> None:
    facts = [fact for fact in draft.request.form.facts if not fact.required]
    if facts:
        sheet = draft.workbook.add_sheet("表外事实")
        sheet.worksheet.set_column(0, 0, 40)
        sheet.worksheet.set_column(1, 1, 60)
        sheet.worksheet.set_column(2, 2, 30)
        for column, header in enumerate(("事实", "填在这里", "怎样填")):
            sheet.write(0, column, header, **HEADER_STYLE)
        for row, fact in enumerate(facts, 1):
            _write_fact(draft, sheet, row, fact)
        sheet.worksheet.freeze_panes(1, 0)
        set_up_page(sheet, wide=False)


def _write_fact(draft: FormDraft, sheet: Sheet, row: int, fact: Fact) -> None:
    value_type = fact.value_type
    value: Any = draft.request.known_facts.get(fact.id)
    hint = "一行一项（Alt+Enter 换行）" if fact.type == "texts" else value_type.description
    sheet.write(row, 0, f"{fact.label}（{fact.unit}）" if fact.unit else fact.label, **LABEL_STYLE)
    sheet.write(row, 1, "\n".join(value) if isinstance(value, list) else value, **INPUT_STYLE, text_wrap=True)
    sheet.write(row, 2, hint, **CELL_STYLE, font_color="#777777", text_wrap=True)
    draft.define_name(fact.id, sheet, row, 1)
    validate_cell(draft, sheet, (row, 1), value_type)
    if value_type.has_number_schema:
        draft.highlight(sheet, (row, 1), format_invalid_test(value_type, xl_rowcol_to_cell(row, 1)), ERROR_STYLE)
    if fact.type == "texts":
        sheet.worksheet.set_row(row, 4 * LINE_HEIGHT)


def _write_texts(draft: FormDraft) -> None:
    sections = [section for section in draft.request.form.sections if section.text and section.heading]
    if sections:
        sheet = draft.workbook.add_sheet("正文")
        sheet.worksheet.set_column(0, 0, 30)
        sheet.worksheet.set_column(1, 1, 90)
        sheet.write(0, 0, "部分", **HEADER_STYLE)
        sheet.write(0, 1, "填在这里；不填就用标准文字", **HEADER_STYLE)
        for row, section in enumerate(sections, 1):
            sheet.write(row, 0, section.heading, **LABEL_STYLE)
            sheet.write(row, 1, "", **INPUT_STYLE | {"valign": "top"}, text_wrap=True, num_format="@")
            sheet.worksheet.set_row(row, 12 * LINE_HEIGHT)
            draft.define_name(f"prose.{section.id}", sheet, row, 1)
        set_up_page(sheet, wide=False)


# ── cover and metadata ───────────────────────────────────────────────────────────────


def _write_cover(draft: FormDraft, sheet: Sheet) -> None:
    request = draft.request
    sheet.worksheet.set_column(0, 0, 24)
    sheet.worksheet.set_column(1, 1, 70)
    sheet.write(0, 0, request.form.name, bold=True, font_size=16)
    row = 2
    labels = request.form.labels
    for label, value in (
        (labels[request.form.kind.period_fact], str(request.period)),
        (labels["edition"], request.form.document or request.form.edition),
    ):
        sheet.write(row, 0, label, **HEADER_STYLE)
        sheet.write(row, 1, value, **CELL_STYLE)
        row += 1
    for fact in list_required_facts(request.form):
        sheet.write(row, 0, fact.label, **HEADER_STYLE)
        sheet.write(row, 1, request.known_facts.get(fact.id), **INPUT_STYLE)
        draft.define_name(fact.id, sheet, row, 1)
        row += 1
    sheet.write(row, 0, labels["published"], **HEADER_STYLE)
    sheet.write(row, 1, None, **INPUT_STYLE, num_format="yyyy-mm-dd", align="left")
    draft.define_name("published", sheet, row, 1)
    row += 1
    _write_summary(draft, sheet, row)
    for below, line in enumerate(_INSTRUCTIONS, row + 2):
        sheet.write(below, 0, line)
    set_up_page(sheet, wide=False)


def _write_summary(draft: FormDraft, sheet: Sheet, row: int) -> None:
    """Write how many checks of all sheets do not hold."""
    sheet.write(row, 0, "核对", **HEADER_STYLE)
    wrong = "+".join(f'(LEFT({cell},1)="{ERROR_MARK}")' for cell in draft.check_cells) or "0"
    style = draft.workbook.get_style(**CELL_STYLE, bold=True)
    sheet.worksheet.write_formula(
        row,
        1,
        f'=IF({wrong}=0,"{PASS_MARK} 全部相符","{ERROR_MARK} 有 "&({wrong})&" 处不相符，见各表红色的格")',
        style,
        f"{PASS_MARK} 全部相符",
    )
    draft.highlight(sheet, (row, 1), f'LEFT(B{row + 1},1)="{ERROR_MARK}"', ERROR_STYLE)


_INSTRUCTIONS = (
    "只填黄色的格。绿色的格自动相加；照原件填上总数也可以，填错了“核对”一栏变红。",
    "没有的填 0，空着的格会被当作没有填。数字后面不写单位。",
    "红色的是错误，改正后再报；橙色的请再看一眼。",
    "填好后存为 .xlsx 交回，不必改名，也不要另抄一份表。",
)


def _write_metadata(draft: FormDraft) -> None:
    """Write the edition, the year and the office into a hidden, locked sheet, for `report import`."""
    request = draft.request
    sheet = draft.workbook.add_sheet("nianbao")
    values = {
        EDITION: request.form.edition,
        YEAR: str(request.period),
        FOLDER: request.folder,
        OFFICE: request.name,
    }
    for row, (name, value) in enumerate(values.items()):
        sheet.write(row, 0, name)
        sheet.write(row, 1, value)
        draft.define_name(name, sheet, row, 1)
    sheet.worksheet.protect("", PROTECTION)
    sheet.worksheet.very_hidden()
