"""Markup of Word files that pandoc 3.9 drops or misreads, put as it reads it.

Without it hidden digits and those struck out twice were digits of the figures beside them, figures that Word computes,
that stand in a box, or have their reading above them, were blank, and rows that begin with a gap stood one column to
the left.
"""

import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from io import BytesIO
from operator import itemgetter
from xml.etree import ElementTree as ET

from nianbao.importer.readers.docx_fields import MAX_LEVELS, Parents, W, find_above, settle_fields
from nianbao.importer.readers.refusal import DAMAGE_ERRORS, UnreadableError
from nianbao.importer.readers.xml_parts import parse_xml, read_part

_OFFICE = "http://schemas.openxmlformats.org/"
_NAMESPACES = {  # by the prefixes by which pandoc finds them
    "w": W.strip("{}"),
    "r": f"{_OFFICE}officeDocument/2006/relationships",
    "m": f"{_OFFICE}officeDocument/2006/math",
    "a": f"{_OFFICE}drawingml/2006/main",
    "pic": f"{_OFFICE}drawingml/2006/picture",
    "wp": f"{_OFFICE}drawingml/2006/wordprocessingDrawing",
    "mc": f"{_OFFICE}markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
}
_ALTERNATIVES = f"{{{_NAMESPACES['mc']}}}AlternateContent"
_VALUE = f"{W}val"
_OFF = frozenset({"0", "false", "off"})
_WHITE = "ffffff"
_TINY = 4  # half points: type of which nobody sees the digits
_WRAPPERS = frozenset(f"{W}{name}" for name in ("fldSimple", "customXml", "dir", "bdo"))
_MAX_COLUMNS = 200  # of a table


def prepare_package(content: bytes, main_part: str) -> bytes:
    """Return a Word file whose main part pandoc reads as Word shows it; one that is damaged as it is."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as old:
            styles = read_part(old, f"{main_part.rpartition('/')[0]}/styles.xml")
            xml = _prepare_document(read_part(old, main_part), _list_hidden_styles(styles))
            if xml is None:
                return content
            target = BytesIO()
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
                for part in old.infolist():
                    new.writestr(part.filename, xml if part.filename == main_part else read_part(old, part.filename))
    except (*DAMAGE_ERRORS, ET.ParseError, RecursionError, UnreadableError):
        return content
    return target.getvalue()


def _prepare_document(xml: bytes, hidden_styles: Collection[str]) -> bytes | None:
    """Return the document as pandoc should read it; None where that is the same."""
    root = parse_xml(xml)
    has_moved = _unwrap(root), _lift_boxes(root)
    parents = {child: parent for parent in root.iter() for child in parent}
    changes = [
        *has_moved,
        settle_fields(root, parents),
        _mark_runs(root, parents, hidden_styles),
        *(_complete_table(table) for table in root.iter(f"{W}tbl")),
    ]
    if not any(changes):
        return None
    for prefix, uri in _NAMESPACES.items():
        ET.register_namespace(prefix, uri)
    prepared: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return prepared


# ── words ────────────────────────────────────────────────────────────────────────────


def _unwrap(root: ET.Element) -> bool:
    """Put the words of fields, such as sums, and of what pandoc drops with its words, in the place of these."""
    parents = [element for element in root.iter() if any(_open(child) is not None for child in element)]
    for parent in reversed(parents):  # what stands in another one first
        opened = ((child, _open(child)) for child in parent)
        parent[:] = [part for child, parts in opened for part in ((child,) if parts is None else parts)]
    return bool(parents)


def _open(element: ET.Element) -> Sequence[ET.Element] | None:
    """Return what an element has around its words, without how they are read; None for one that stays."""
    if element.tag in _WRAPPERS:
        return [part for part in element if part.tag != f"{W}customXmlPr"]
    base = element.find(f"{W}ruby/{W}rubyBase") if element.tag == f"{W}r" else None
    return None if base is None else list(base)


def _lift_boxes(root: ET.Element) -> bool:
    """Put what stands in boxes of an old kind behind the paragraphs that they are anchored to."""
    parents = {child: parent for parent in root.iter() for child in parent}
    lifted: dict[ET.Element, dict[ET.Element, list[ET.Element]]] = {}  # by the parents of the paragraphs
    for box in root.iter(f"{W}txbxContent"):
        anchor = find_above(box, {f"{W}p", _ALTERNATIVES}, parents)
        if anchor is not None and anchor.tag != _ALTERNATIVES and anchor in parents and len(box):
            lifted.setdefault(parents[anchor], {}).setdefault(anchor, []).extend(box)
            box[:] = []
    for parent, anchors in lifted.items():
        parent[:] = [part for child in parent for part in (child, *anchors.get(child, ()))]
    return bool(lifted)


def _list_hidden_styles(xml: bytes) -> set[str]:
    """Return the styles whose words Word does not show; those based on such a style are hidden, too."""
    styles = list(parse_xml(xml).iter(f"{W}style")) if b"vanish" in xml else []
    hidden: set[str] = set()
    for _level in range(MAX_LEVELS):
        found = {style.get(f"{W}styleId", "") for style in styles if _hides(style, hidden)}
        if found == hidden:
            break
        hidden = found
    return hidden - {""}


def _hides(style: ET.Element, hidden: Collection[str]) -> bool:
    properties, base = style.find(f"{W}rPr"), style.find(f"{W}basedOn")
    if properties is not None and properties.find(f"{W}vanish") is not None:
        return _is_on(properties, "vanish")
    return base is not None and base.get(_VALUE) in hidden


def _mark_runs(root: ET.Element, parents: Parents, hidden_styles: Collection[str]) -> bool:
    """Empty the runs that are hidden, and mark others; tell if any did."""
    changed = False
    last: dict[ET.Element, ET.Element] = {}  # the last run with words, by what it stands in
    for run in root.iter(f"{W}r"):
        around = parents.get(run, root)
        changed |= _mark_run(run, last.get(around), parents, hidden_styles)
        if "".join(run.itertext()).strip():
            last[around] = run
    return changed


def _mark_run(run: ET.Element, before: ET.Element | None, parents: Parents, hidden_styles: Collection[str]) -> bool:
    """Empty a run that is hidden, and mark one that is raised, struck out twice, or whose digits nobody sees."""
    properties = run.find(f"{W}rPr")
    if _is_hidden(run, properties, parents, hidden_styles):
        run[:] = [] if properties is None else [properties]
        return True
    if properties is None:
        return False
    is_unseen = _is_white(properties) or 0 < _read_number(properties.find(f"{W}sz")) <= _TINY
    is_struck = _is_on(properties, "dstrike") or (is_unseen and _has_digits_on_paper(run, parents))
    is_raised = not is_struck and _is_raised(run, properties, before)
    if is_struck:
        ET.SubElement(properties, f"{W}strike")
    if is_raised:
        ET.SubElement(properties, f"{W}vertAlign", {_VALUE: "superscript"})
    return is_struck or is_raised


def _is_hidden(
    run: ET.Element, properties: ET.Element | None, parents: Parents, hidden_styles: Collection[str]
) -> bool:
    if properties is not None and properties.find(f"{W}vanish") is not None:
        return _is_on(properties, "vanish")
    if not hidden_styles:
        return False
    paragraph = find_above(run, {f"{W}p"}, parents)
    styles = [properties.find(f"{W}rStyle") if properties is not None else None]
    styles += [paragraph.find(f"{W}pPr/{W}pStyle") if paragraph is not None else None]
    return any(style is not None and style.get(_VALUE) in hidden_styles for style in styles)


def _is_raised(run: ET.Element, properties: ET.Element, before: ET.Element | None) -> bool:
    """Tell whether the words of a run stand higher or lower than those before them, as a reference to a note does."""
    place = _find_position(properties)
    if not place or before is None or not "".join(run.itertext()).strip().isdecimal():
        return False
    return _find_position(before.find(f"{W}rPr")) != place


def _find_position(properties: ET.Element | None) -> str:
    mark = None if properties is None else properties.find(f"{W}position")
    return "" if mark is None else mark.get(_VALUE, "").strip("0")


def _is_on(properties: ET.Element, name: str) -> bool:
    mark = properties.find(f"{W}{name}")
    return mark is not None and mark.get(_VALUE, "1").lower() not in _OFF


def _is_white(properties: ET.Element) -> bool:
    color = properties.find(f"{W}color")
    return color is not None and color.get(_VALUE, "").lower() == _WHITE


def _has_digits_on_paper(run: ET.Element, parents: Parents) -> bool:
    """Tell whether the words of a run are digits, in a cell without a colour of its own."""
    cell = find_above(run, {f"{W}tc"}, parents)
    text = "".join(run.itertext()).strip()
    return cell is not None and text.isdecimal() and cell.find(f"{W}tcPr/{W}shd") is None


# ── tables ───────────────────────────────────────────────────────────────────────────


def _complete_table(table: ET.Element) -> bool:
    """Give a table a cell for each gap before a row, all its columns, and its merged cells a first one."""
    rows = list(_list_parts(table, "tr"))
    deleted = [_drop_deleted_cells(row) for row in rows]
    filled = [_fill_gap(row) for row in rows]
    widths = [sum(span for _, span in _list_cells(row)) for row in rows]
    usual = min(_MAX_COLUMNS, max(Counter(widths).items(), key=itemgetter(1), default=(0, 0))[0])
    grid = table.find(f"{W}tblGrid")
    missing = usual - len(grid) if grid is not None else 0
    for _column in range(missing):
        ET.SubElement(grid, f"{W}gridCol", {f"{W}w": "500"})  # type: ignore[arg-type]  # 0 times where there is none
    whole = [row if width == usual else None for row, width in zip(rows, widths, strict=True)]
    return any([missing > 0, *deleted, *filled, _begin_merges(whole)])


def _drop_deleted_cells(row: ET.Element) -> bool:
    """Leave out cells that were deleted while changes were tracked."""
    deleted = [cell for cell in row.findall(f"{W}tc") if cell.find(f"{W}tcPr/{W}cellDel") is not None]
    for cell in deleted:
        row.remove(cell)
    return bool(deleted)


def _fill_gap(row: ET.Element) -> bool:
    gap = row.find(f"{W}trPr/{W}gridBefore")
    size = _read_number(gap)
    if gap is None or not size:
        return False
    cell = ET.Element(f"{W}tc")
    ET.SubElement(ET.SubElement(cell, f"{W}tcPr"), f"{W}gridSpan", {_VALUE: str(size)})
    ET.SubElement(cell, f"{W}p")
    row.insert(next((at for at, part in enumerate(row) if part.tag in {f"{W}tc", f"{W}sdt"}), len(row)), cell)
    return True


def _begin_merges(rows: Sequence[ET.Element | None]) -> bool:
    """Mark the first of merged cells where the file does not; nothing is known of a row that is None."""
    above: set[int] | None = set()  # columns in which the row above has a merged cell
    changed = False
    for row in rows:
        column, merged = 0, set()
        for cell, span in _list_cells(row) if row is not None else ():
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            if merge is not None:
                if merge.get(_VALUE, "continue") == "continue" and above is not None and column not in above:
                    merge.set(_VALUE, "restart")
                    changed = True
                merged.add(column)
            column += span
        above = None if row is None else merged
    return changed


def _list_cells(row: ET.Element) -> Iterator[tuple[ET.Element, int]]:
    """List the cells of a row, each with the columns that it spans."""
    for cell in _list_parts(row, "tc"):
        yield cell, _read_number(cell.find(f"{W}tcPr/{W}gridSpan")) or 1


def _list_parts(whole: ET.Element, name: str) -> Iterator[ET.Element]:
    """List the rows of a table, or the cells of a row; they may stand in content controls."""
    for part in whole:
        content = part.find(f"{W}sdtContent") if part.tag == f"{W}sdt" else None
        yield from (one for one in ((part,) if content is None else content) if one.tag == f"{W}{name}")


def _read_number(element: ET.Element | None) -> int:
    text = "" if element is None else element.get(_VALUE, "")
    return min(int(text), _MAX_COLUMNS) if text.isdecimal() and len(text) <= len(str(_MAX_COLUMNS)) else 0
