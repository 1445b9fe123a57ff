"""A workbook of the reports of all offices beside their earlier ones: key figures, and what does not follow."""

from collections.abc import Sequence
from io import BytesIO

from nianbao.compare.figures import ComparedValue
from nianbao.compare.offices import OfficePair, OfficesComparison
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, Workbook, create_workbook
from nianbao.model.tables.grid import Cell
from nianbao.workspace.files import SavedFile, write

_NAME_WIDTH, _MARK_WIDTH, _FIGURE_WIDTH, _LABEL_WIDTH = 30, 9, 11, 60  # characters
_PARTS = 4  # columns of a key figure: both reports, the change, and that in per cent
_FIGURES_ON_PAGE, _PAGE_SCALE = 2, 70  # so many are read at so many per cent of their size
_SUM_STYLE = CELL_STYLE | {"bg_color": "#EEEEEE"}  # of an office whose figures are the sum of others
_TOTAL_STYLE = CELL_STYLE | {"bold": True}
_HEADER_HEIGHT = 45  # points


def write_workbook(comparison: OfficesComparison) -> list[SavedFile]:
    """Write the workbook below the folder of outputs; the same reports give the same bytes."""
    store = comparison.store
    content = BytesIO()
    with create_workbook(content, font=comparison.form.locale.say("sheet-font")) as workbook:
        _write_figures(workbook, comparison)
        _write_links(workbook, comparison)
        _write_missing(workbook, comparison)
    path = store.out / store.kind_folder / f"{comparison.after}-since-{comparison.before}.xlsx"
    return write({path: content.getvalue()}, store.within)


def _write_figures(workbook: Workbook, comparison: OfficesComparison) -> None:
    """Write a row for each office and four columns for each key figure, below a row of sums."""
    locale = comparison.form.locale
    say = locale.say
    sheet = workbook.add_sheet(say("compare-values"))
    has_sums = any(not pair.leaf for pair in comparison.compared)
    left = 1 + has_sums
    for column, header in enumerate((say("sheet-office"), say("sheet-scope"))[:left]):
        sheet.write_merged(Cell(0, column, 2, 1, "header"), 0, 0, header, **HEADER_STYLE)
    periods = [locale.format_period(period) for period in (comparison.before, comparison.after)]
    headers = [*periods, say("compare-change"), say("compare-percent")]
    for number, (address, value) in enumerate(comparison.figures.items()):
        column = left + number * _PARTS
        label = value.label + locale.put_in_brackets(value.unit)
        sheet.write_merged(Cell(0, column, 1, _PARTS, "header"), 0, 0, label, **HEADER_STYLE)
        for part, header in enumerate(headers):
            sheet.write(1, column + part, header, **HEADER_STYLE)
        if total := comparison.add_up(address):
            _write_value(sheet, (2, column), total, _TOTAL_STYLE)
    sheet.write(2, 0, say("compare-sum"), **_TOTAL_STYLE, text_wrap=True)
    for row, pair in enumerate(comparison.compared, 3):
        style = CELL_STYLE if pair.leaf else _SUM_STYLE
        sheet.write(row, 0, pair.name, **style)
        if has_sums:
            sheet.write(row, 1, "" if pair.leaf else say("sheet-with-units"), **style)
        values = {value.address: value for value in pair.values}
        for number, address in enumerate(comparison.figures):
            if address in values:
                _write_value(sheet, (row, left + number * _PARTS), values[address], style)
    _set_up_figures(sheet, left, len(comparison.figures), 2 + len(comparison.compared))


def _write_value(sheet: Sheet, at: tuple[int, int], value: ComparedValue, style: dict[str, object]) -> None:
    row, column = at
    for part, number in enumerate((value.before, value.after, value.change)):
        sheet.write(row, column + part, number, **style)
    sheet.write(row, column + _PARTS - 1, value.percent, **style, num_format='0.0"%"')


def _set_up_figures(sheet: Sheet, left: int, figures: int, last_row: int) -> None:
    """Set widths, and pages on which the offices stand at the left of a few key figures each."""
    worksheet = sheet.worksheet
    worksheet.set_column(0, 0, _NAME_WIDTH)
    if left > 1:
        worksheet.set_column(1, 1, _MARK_WIDTH)
    worksheet.set_column(left, left + figures * _PARTS, _FIGURE_WIDTH)
    worksheet.set_row(0, _HEADER_HEIGHT)
    worksheet.freeze_panes(3, left)
    worksheet.autofilter(1, 0, last_row, max(left + figures * _PARTS - 1, 0))
    worksheet.set_landscape()
    worksheet.set_paper(9)  # A4
    worksheet.set_print_scale(_PAGE_SCALE)
    worksheet.repeat_rows(0, 1)
    worksheet.repeat_columns(0, left - 1)
    step = _FIGURES_ON_PAGE * _PARTS
    worksheet.set_v_pagebreaks(list(range(left + step, left + figures * _PARTS, step)))
    worksheet.set_footer("&C&P / &N")


def _write_links(workbook: Workbook, comparison: OfficesComparison) -> None:
    """Write what does not follow from last year, a row for each figure."""
    say = comparison.form.locale.say
    sheet = workbook.add_sheet(say("compare-broken-links"))
    headers = ("sheet-office", "compare-value", "compare-expected", "compare-found", "compare-change")
    rows = [
        (pair.name, link.label, link.expected, link.found, link.found - link.expected)
        for pair in comparison.compared
        for link in pair.links
    ]
    _write_list(sheet, [say(header) for header in headers], rows)


def _write_missing(workbook: Workbook, comparison: OfficesComparison) -> None:
    """Write which offices lack one of the reports."""
    say, locale = comparison.form.locale.say, comparison.form.locale
    missing = [pair for pair in comparison.pairs if pair.missing]
    if missing:
        sheet = workbook.add_sheet(say("compare-not-compared"))
        rows = [(pair.name, _describe_missing(comparison, pair)) for pair in missing]
        _write_list(sheet, [say("sheet-office"), locale.say("compare-reason")], rows)


def _describe_missing(comparison: OfficesComparison, pair: OfficePair) -> str:
    locale = comparison.form.locale
    return locale.say("compare-no-report", period=locale.format_period(pair.missing)) if pair.missing else ""


def _write_list(sheet: Sheet, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for column, header in enumerate(headers):
        sheet.write(0, column, header, **HEADER_STYLE)
    for row, values in enumerate(rows, 1):
        for column, value in enumerate(values):
            sheet.write(row, column, value, **CELL_STYLE)
    sheet.worksheet.set_column(0, 0, _NAME_WIDTH)
    sheet.worksheet.set_column(1, 1, _LABEL_WIDTH)
    sheet.worksheet.set_column(2, len(headers), _FIGURE_WIDTH)
    sheet.worksheet.freeze_panes(1, 1)
    sheet.worksheet.set_landscape()
    sheet.worksheet.set_paper(9)  # A4
    sheet.worksheet.fit_to_pages(1, 0)
