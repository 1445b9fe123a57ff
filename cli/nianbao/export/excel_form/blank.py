"""A blank Excel form: the official tables, facts and texts, locked except for the cells to be filled in."""

from collections.abc import Mapping
from io import BytesIO

from msgspec import Struct
from xlsxwriter.utility import quote_sheetname, xl_range, xl_rowcol_to_cell

from nianbao.export.excel_form.draft import (
    ERROR_STYLE,
    INPUT_STYLE,
    LABEL_STYLE,
    LINE_HEIGHT,
    PROTECTION,
    FormDraft,
    FormRequest,
    count_lines,
    format_input,
    format_invalid_test,
    list_required_facts,
    set_up_page,
    validate_cell,
)
from nianbao.export.excel_form.sum_formulas import (
    ERROR_MARK,
    PASS_MARK,
    format_words,
    make_check_formulas,
    quote_text,
)
from nianbao.export.excel_form.tables import write_check, write_table
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, create_workbook
from nianbao.importer.recognition.excel_form import EDITION, FOLDER, KIND, LISTS, OFFICE, PREPARER, REVIEWER, YEAR
from nianbao.model.form import EXCLUDED, Fact
from nianbao.model.kind import DEFAULT_KIND

_COVER_LABEL_WIDTH = 24  # characters
_FACT_WIDTHS, _TEXT_WIDTHS = (34, 36, 22), (24, 68)  # characters: on paper as large as on the screen
_SEAL_LINES = 6


class MadeForm(Struct, frozen=True):
    """A form as XLSX, and the sheet and cell of each figure, fact and text by its address."""

    content: bytes
    cells: Mapping[str, str]


def make_form(request: FormRequest) -> bytes:
    """Make the form as XLSX; the same request gives the same bytes."""
    return make_form_with_cells(request).content


def make_form_with_cells(request: FormRequest) -> MadeForm:
    """Make the form, and say where its cells are."""
    request = request.with_rows()
    content = BytesIO()
    with create_workbook(content, font=request.form.locale.say("sheet-font")) as workbook:
        draft = FormDraft(workbook, request)
        cover = workbook.add_sheet(request.form.locale.say("form-sheet-instructions"))
        for table in request.form.tables:
            write_table(draft, table)
        _write_facts(draft)
        _write_texts(draft)
        _write_cover(draft, cover)
        _write_metadata(draft)
    return MadeForm(content.getvalue(), draft.cells)


# ── facts and texts ──────────────────────────────────────────────────────────────────


def _write_facts(draft: FormDraft) -> None:
    say = draft.request.form.locale.say
    facts = [fact for fact in draft.request.form.facts if not fact.required]
    if facts:
        sheet = draft.workbook.add_sheet(say("form-sheet-facts"))
        for column, width in enumerate(_FACT_WIDTHS):
            sheet.worksheet.set_column(column, column, width)
        for column, header in enumerate((say("form-fact"), say("form-fact-value"), say("form-fact-how"))):
            sheet.write(0, column, header, **HEADER_STYLE)
        for row, fact in enumerate(facts, 1):
            _write_fact(draft, sheet, row, fact)
        sheet.worksheet.freeze_panes(1, 0)
        set_up_page(sheet)


def _write_fact(draft: FormDraft, sheet: Sheet, row: int, fact: Fact) -> None:
    value_type, locale = fact.value_type, draft.request.form.locale
    hint = locale.say("form-fact-lines") if fact.type == "texts" else value_type.describe(locale)
    value = format_input(draft.request.known_facts.get(fact.id), locale)
    sheet.write(row, 0, locale.add_unit(fact.label, fact.unit), **LABEL_STYLE)
    sheet.write(row, 1, value, **INPUT_STYLE, text_wrap=True)
    sheet.write(row, 2, hint, **CELL_STYLE, font_color="#777777", text_wrap=True)
    draft.define_name(fact.id, sheet, row, 1)
    validate_cell(draft, sheet, (row, 1), value_type)
    if value_type.has_number_schema:
        draft.highlight(sheet, (row, 1), format_invalid_test(value_type, xl_rowcol_to_cell(row, 1)), ERROR_STYLE)
    lines = max(count_lines(fact.label, _FACT_WIDTHS[0]), 4 if fact.type == "texts" else 1)
    if lines > 1:
        sheet.worksheet.set_row(row, lines * LINE_HEIGHT)


def _write_texts(draft: FormDraft) -> None:
    say = draft.request.form.locale.say
    sections = [section for section in draft.request.form.sections if section.text and section.heading]
    if sections:
        sheet = draft.workbook.add_sheet(say("form-sheet-texts"))
        for column, width in enumerate(_TEXT_WIDTHS):
            sheet.worksheet.set_column(column, column, width)
        sheet.write(0, 0, say("form-section"), **HEADER_STYLE)
        sheet.write(0, 1, say("form-section-text"), **HEADER_STYLE)
        for row, section in enumerate(sections, 1):
            sheet.write(row, 0, section.heading, **LABEL_STYLE)
            text = draft.request.texts.get(section.id, "")
            sheet.write(row, 1, text, **INPUT_STYLE | {"valign": "top"}, text_wrap=True, num_format="@")
            sheet.worksheet.set_row(row, 12 * LINE_HEIGHT)
            draft.define_name(f"prose.{section.id}", sheet, row, 1)
        set_up_page(sheet)


# ── cover and metadata ───────────────────────────────────────────────────────────────


def _write_cover(draft: FormDraft, sheet: Sheet) -> None:
    request = draft.request
    sheet.worksheet.set_column(0, 0, _COVER_LABEL_WIDTH)
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
        if (lines := count_lines(fact.label, _COVER_LABEL_WIDTH)) > 1:
            sheet.worksheet.set_row(row, lines * LINE_HEIGHT)
        sheet.write(row, 1, format_input(request.known_facts.get(fact.id), request.form.locale), **INPUT_STYLE)
        draft.define_name(fact.id, sheet, row, 1)
        row += 1
    sheet.write(row, 0, labels["published"], **HEADER_STYLE)
    published = format_input(request.known_facts.get("published"), request.form.locale)
    sheet.write(row, 1, published, **INPUT_STYLE, num_format="yyyy-mm-dd", align="left")
    draft.define_name("published", sheet, row, 1)
    row += 1
    if draft.figure_ranges:
        below = _write_report_checks(draft, sheet, row + 1)
        _write_summary(draft, sheet, row)
        row = below
    row = _write_signatures(draft, sheet, row)
    for below, line in enumerate(request.form.locale.say("form-instructions").splitlines(), row + 1):
        sheet.write(below, 0, line)
    set_up_page(sheet)


def _write_signatures(draft: FormDraft, sheet: Sheet, row: int) -> int:
    """Write who filled the form in, who reviewed it, and where the seal goes on paper; return the row below."""
    say = draft.request.form.locale.say
    for label, name in (("form-preparer", PREPARER), ("form-reviewer", REVIEWER)):
        sheet.write(row, 0, say(label), **HEADER_STYLE)
        sheet.write(row, 1, None, **INPUT_STYLE, num_format="@")
        draft.define_name(name, sheet, row, 1)
        row += 1
    sheet.write(row, 0, say("form-seal"), **HEADER_STYLE)
    sheet.write(row, 1, None, **CELL_STYLE)
    sheet.worksheet.set_row(row, _SEAL_LINES * LINE_HEIGHT)
    return row + 1


def _write_report_checks(draft: FormDraft, sheet: Sheet, row: int) -> int:
    """Write the checks of the whole report, whose figures stand on several sheets; return the row below."""
    request, say = draft.request, draft.request.form.locale.say

    def find_cell(address: str) -> str:
        name, row, column = draft.figure_cells[address]
        last = row + draft.rows_below.get(address, 0)  # with what is filled in below a list
        return f"{quote_sheetname(name)}!{xl_range(row, column, last, column)}"

    checks = [check for check in request.form.checks if check.relation.each is None]
    first = row
    for formula in make_check_formulas(request.form, checks, find_cell, request.name, request.last_report):
        sheet.write(row, 0, say("form-check"), **HEADER_STYLE)
        sheet.worksheet.set_row(row, 2 * LINE_HEIGHT)
        holds = "&".join(quote_text(f"{PASS_MARK} {formula.text}"))
        key = "form-check-of-row-broken"
        fails = format_words(request.form.locale, key, formula.difference, mark=formula.mark, what=formula.text)
        slots = [slot for part in formula.check.parts if not part.term.previous for slot in part.slots]
        inputs = [find_cell(slot.address) for slot in slots if slot.address not in request.empty_report.computed]
        write_check(draft, sheet, (row, 1), f"IF({formula.condition},{holds},{fails})", inputs)
        row += 1
    if row > first:
        draft.add_check_range(sheet, (first, 1), (row - 1, 1))
    return row


def _write_summary(draft: FormDraft, sheet: Sheet, row: int) -> None:
    """Write how many figures were filled in, and how many checks of all sheets do not hold."""
    locale = draft.request.form.locale
    sheet.write(row, 0, locale.say("form-check"), **HEADER_STYLE)
    filled = f"(COUNT({','.join(draft.figure_ranges)})-{draft.given_figures})"
    wrong = "+".join(f'COUNTIF({cells},"{ERROR_MARK}*")' for cells in draft.check_ranges) or "0"
    unfilled = locale.say("form-unfilled")
    hold = format_words(locale, "form-checks-hold", filled, mark=PASS_MARK)
    broken = format_words(locale, "form-checks-broken", f"({wrong})", mark=ERROR_MARK)
    style = draft.workbook.get_style(**CELL_STYLE, bold=True)
    formula = f'=IF({filled}<=0,"{unfilled}",IF({wrong}=0,{hold},{broken}))'
    sheet.worksheet.write_formula(row, 1, formula, style, "" if draft.request.report else unfilled)
    draft.highlight(sheet, (row, 1), f'LEFT(B{row + 1},1)="{ERROR_MARK}"', ERROR_STYLE)


def _write_metadata(draft: FormDraft) -> None:
    """Write the edition, the year, the office and what does not apply into a hidden, locked sheet, for an import."""
    request = draft.request
    sheet = draft.workbook.add_sheet("nianbao")
    values = {
        EDITION: request.form.edition,
        YEAR: str(request.period),
        FOLDER: request.folder,
        OFFICE: request.name,
    }
    if request.form.kind.id != DEFAULT_KIND:
        values[KIND] = request.form.kind.id
    if lists := dict.fromkeys(address.partition(".")[0] for address in draft.rows_below):
        values[LISTS] = " ".join(lists)
    if excluded := request.given.get(EXCLUDED):
        values[EXCLUDED] = str(format_input(excluded, request.form.locale))
    for row, (name, value) in enumerate(values.items()):
        sheet.write(row, 0, name)
        sheet.write(row, 1, value)
        draft.define_name(name, sheet, row, 1)
    sheet.worksheet.protect("", PROTECTION)
    sheet.worksheet.very_hidden()
