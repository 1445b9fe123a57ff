"""OpenDocument spreadsheets: each sheet is a heading and a table, with spans and the saved results of formulas."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from nianbao.importer.readers.refusal import limit_blocks
from nianbao.importer.readers.sheets import MAX_COLUMNS, MAX_ROWS, RAISED, STRUCK, format_number, make_sheet
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.xml_parts import open_package, parse_xml, read_part
from nianbao.importer.recognition.excel_form import EDITION, PREFIX
from nianbao.importer.recognition.published import (
    NamedCell,
    Paragraph,
    PublishedCell,
    PublishedDocument,
    PublishedTable,
)
from nianbao.model.i18n import _, join_words

ORDER = 24
_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _TEXT, _OFFICE, _STYLE = (_NAMESPACE % name for name in ("table", "text", "office", "style"))
_VISIBILITY, _UNSEEN = f"{_TABLE}visibility", frozenset({"collapse", "filter"})
_FIGURES = frozenset({"float", "currency", "percentage"})
_LISTED_CELLS = 3  # cells that a note names


def claim(sample: Sample) -> Confidence:
    """Claim a package whose media type is that of an OpenDocument spreadsheet."""
    return Confidence.CERTAIN if b"opendocument.spreadsheet" in sample.mimetype else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a spreadsheet; hidden sheets are left out. Raises `UnreadableError` for one that is damaged.

    Of a form that nianbao wrote, the named cells are returned too, with the formulas in them.
    """
    with open_package(content) as package:
        root = parse_xml(read_part(package, "content.xml"))
    names = _list_names(root)
    is_form = PREFIX + EDITION in names
    hidden = _list_hidden_styles(root)
    marks = {} if is_form else _list_marks(root)
    blocks: list[Paragraph | PublishedTable] = []
    notes: list[str] = []
    named: dict[str, NamedCell] = {}
    of_form: dict[str, str] = {}
    filled = 0
    for sheet in root.iter(f"{_TABLE}table"):
        title = sheet.get(f"{_TABLE}name", "")
        cells, formulas = _read_cells(sheet, title, notes, marks, shows_all=is_form)
        if is_form:
            named |= _find_named(names, title, cells, formulas)
            of_form |= {f"{title}!{cell}": text for cell, text in formulas.items()}
        if sheet.get(f"{_TABLE}style-name") in hidden:
            notes += [] if is_form else [_("sheet-hidden", sheet=title)]
            continue
        blocks += [Paragraph(title, title, 1), *make_sheet(cells, title)]
        filled += sum(bool(cell.text) for cell in cells)
        limit_blocks(filled)
        if formulas and not is_form:
            some = join_words(list(formulas)[:_LISTED_CELLS])
            notes.append(_("sheet-with-formulas", sheet=title, count=len(formulas), some=some))
    return PublishedDocument(tuple(blocks), notes=tuple(notes), named_cells=named, formulas=of_form)


def _list_names(root: ET.Element) -> dict[str, str]:
    """Return where each named cell of a form stands, as `sheet!A1`."""
    return {
        name: element.get(f"{_TABLE}cell-range-address", "").split(":")[0].replace("$", "").replace("'", "")
        for element in root.iter(f"{_TABLE}named-range")
        if (name := element.get(f"{_TABLE}name", "")).startswith(PREFIX)
    }


def _list_hidden_styles(root: ET.Element) -> set[str | None]:
    return {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}table-properties")
        if properties.get(f"{_TABLE}display") == "false"
    }


def _find_named(
    names: Mapping[str, str], title: str, cells: list[PublishedCell], formulas: Mapping[str, str]
) -> dict[str, NamedCell]:
    """Return the named cells of one sheet."""
    texts = {_name_cell(cell.top, int(cell.left)): cell.text for cell in cells}
    return {
        name.removeprefix(PREFIX): NamedCell(texts.get(cell, ""), f"{title}!{cell}", formulas.get(cell, ""))
        for name, address in names.items()
        for sheet, _dot, cell in [address.rpartition(".")]
        if sheet == title
    }


def _read_cells(
    sheet: ET.Element, title: str, notes: list[str], marks: Mapping[str, str], *, shows_all: bool
) -> tuple[list[PublishedCell], dict[str, str]]:
    """Return the cells of a sheet, and its formulas by cell; rows and columns that are repeated count as often.

    Unless it `shows_all`, the cells of hidden rows and columns have no text, with a note.
    """
    cells: list[PublishedCell] = []
    formulas: dict[str, str] = {}
    top = left_out = 0
    hidden = set() if shows_all else _find_hidden_columns(sheet)
    for row in sheet.iter(f"{_TABLE}table-row"):
        read = list(_read_row(row, top, marks))
        if hidden or (not shows_all and row.get(_VISIBILITY) in _UNSEEN):
            shown = [
                (_hide(cell, hidden, all_columns=row.get(_VISIBILITY) in _UNSEEN), formula) for cell, formula in read
            ]
            left_out += sum(cell is not old for (cell, _), (old, _formula) in zip(shown, read, strict=True))
            read = shown
        has_text = any(cell.text for cell, _formula in read)
        repeats = _count(row, "rows-repeated") if has_text else 1  # blank rows are repeated to the end of the sheet
        for copy in range(min(repeats, MAX_ROWS - top)):
            for cell, formula in read:
                moved = PublishedCell(cell.text, cell.top + copy, cell.bottom + copy, cell.left, cell.right)
                cells.append(moved)
                if formula:
                    formulas[_name_cell(moved.top, int(moved.left))] = formula
        top += _count(row, "rows-repeated")
        if top >= MAX_ROWS:
            if has_text:
                notes.append(_("first-rows-of-sheet-read", sheet=title, rows=MAX_ROWS))
            break
    if left_out:
        notes.append(_("hidden-cells-left-out", sheet=title, count=left_out))
    return cells, formulas


def _find_hidden_columns(sheet: ET.Element) -> set[int]:
    hidden: set[int] = set()
    left = 0
    for column in sheet.iter(f"{_TABLE}table-column"):
        right = left + _count(column, "columns-repeated")
        hidden |= set(range(left, min(right, MAX_COLUMNS))) if column.get(_VISIBILITY) in _UNSEEN else set()
        left = right
    return hidden


def _hide(cell: PublishedCell, columns: Collection[int], *, all_columns: bool) -> PublishedCell:
    """Return a cell without its text, unless it reaches to a row or column that is not hidden."""
    is_hidden = all_columns and cell.bottom == cell.top + 1
    is_hidden = is_hidden or all(column in columns for column in range(int(cell.left), int(cell.right)))
    return replace(cell, text="") if is_hidden and cell.text else cell


def _read_row(row: ET.Element, top: int, marks: Mapping[str, str]) -> Iterator[tuple[PublishedCell, str]]:
    """Yield the cells of a row up to its last text, each with its formula; those that another one covers are none."""
    found: list[tuple[PublishedCell, str]] = []
    left, filled = 0, 0
    for element in row:
        if element.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"} or left >= MAX_COLUMNS:
            continue
        text, repeats = _read_text(element, marks), _count(element, "columns-repeated")
        if not text and f"{_OFFICE}value-type" not in element.attrib:
            text = element.get(f"{_TABLE}formula", "")  # that was never computed
        if element.tag == f"{_TABLE}table-cell":
            for column in range(left, min(left + repeats, MAX_COLUMNS)):
                bottom, right = top + _count(element, "rows-spanned"), column + _count(element, "columns-spanned")
                cell = PublishedCell(text, top, bottom, column, right)
                found.append((cell, element.get(f"{_TABLE}formula", "")))
            filled = len(found) if text or _count(element, "columns-spanned") > 1 else filled
        left += repeats
    yield from found[:filled] if left >= MAX_COLUMNS else found


def _count(element: ET.Element, name: str) -> int:
    """Return how often an element is repeated or spans; more than any sheet has counts as that."""
    text = element.get(f"{_TABLE}number-{name}", "1")
    return min(max(1, int(text)), MAX_ROWS) if text.isascii() and text.isdigit() else 1


def _list_marks(root: ET.Element) -> dict[str, str]:
    """Return how the words of a style are marked: those struck out, and raised ones, which refer to notes."""
    marks: dict[str, str] = {}
    for style in root.iter(f"{_STYLE}style"):
        for properties in style.iter(f"{_STYLE}text-properties"):
            if properties.get(f"{_STYLE}text-line-through-style", "none") != "none":
                marks[style.get(f"{_STYLE}name", "")] = STRUCK
            elif properties.get(f"{_STYLE}text-position", "0%").split()[0].strip("-") not in {"0%", "0"}:
                marks[style.get(f"{_STYLE}name", "")] = RAISED
    return marks


def _read_text(cell: ET.Element, marks: Mapping[str, str]) -> str:
    """Return what a cell holds: its figure with all digits, its day as in ISO 8601, else its text."""
    mark = marks.get(cell.get(f"{_TABLE}style-name", ""), "{}")
    text = _read_value(cell)
    if text is None:
        paragraphs = ("".join(_mark_parts(one, marks)) for one in cell.iterfind(f"{_TEXT}p"))
        text = "\n".join(paragraphs)
    return mark.format(text) if text and mark == STRUCK else text


def _read_value(cell: ET.Element) -> str | None:
    if cell.get(f"{_OFFICE}value-type") == "date":
        return cell.get(f"{_OFFICE}date-value", "").removesuffix("T00:00:00")
    if cell.get(f"{_OFFICE}value-type") in _FIGURES:
        with suppress(ValueError):
            return format_number(float(cell.get(f"{_OFFICE}value", "")))
    return None


def _mark_parts(element: ET.Element, marks: Mapping[str, str]) -> Iterator[str]:
    """Give the words of an element, with those of its parts that are marked."""
    yield element.text or ""
    for part in element:
        words = "".join(_mark_parts(part, marks))
        mark = marks.get(part.get(f"{_TEXT}style-name", ""), "{}")
        yield mark.format(words) if words.strip() else words
        yield part.tail or ""


def _name_cell(row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # heavy

    return f"{get_column_letter(column + 1)}{row + 1}"
