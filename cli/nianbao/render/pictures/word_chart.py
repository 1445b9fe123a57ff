"""Charts of Word files: DrawingML with the workbook of their figures, so that Word and WPS can edit them.

XlsxWriter writes both: the chart as part of a workbook, from which it is taken over into the Word file, and the
workbook that the chart is edited with (ECMA-376 part 1, 14.2.1 and 15.2.11).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from nianbao.compose.pictures import DrawnPicture
from nianbao.render.pictures.canvas import FILLS

_EMU_OF_MM, _EMU_OF_POINT = 36000, 12700
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = "Sheet1"
_HATCHES = ("wide_upward_diagonal", "wide_downward_diagonal")
_MARKERS = ("square", "triangle", "diamond", "star")
_DASHES = ("solid", "dash", "square_dot", "long_dash_dot")
_TYPES = {
    "bars": {"type": "bar"},
    "stacked": {"type": "bar", "subtype": "stacked"},
    "share": {"type": "bar", "subtype": "percent_stacked"},
    "lines": {"type": "line"},
}
_POINTS = 12  # size of letters
_MANY, _SMALL_POINTS = 20, 8  # so many categories have smaller ones


class WordChart(NamedTuple):
    """A chart: its part of the Word file, and its workbook."""

    xml: str
    workbook: bytes


def make_chart(picture: DrawnPicture, font: str, day: date) -> WordChart:
    """Make the chart of a picture, with its letters in a font; `day` is the date that the workbook carries."""
    with ZipFile(BytesIO(_write_workbook(picture, font, day, with_chart=True))) as archive:
        xml = archive.read("xl/charts/chart1.xml").decode()
    for pattern, replacement in _CHANGES:
        xml = re.sub(pattern, replacement, xml, flags=re.DOTALL)
    return WordChart(xml, _write_workbook(picture, font, day, with_chart=False))


# XlsxWriter leaves out what was off in Excel 2007 where it is not written, and is on for later programs.
_OFF = '<c:{} val="0"/>'.format
_CHANGES = (
    ("<c:printSettings>.*</c:printSettings>", '<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData>'),
    (r'(<a:latin (typeface="[^"]*")/>)', r"\1<a:ea \2/>"),
    ("(<c:lang [^>]*>)", r"\1" + _OFF("roundedCorners")),
    ("(</c:title>)(?=<c:plotArea>)", r"\1" + _OFF("autoTitleDeleted")),
    ("(<c:grouping [^>]*>)", r"\1" + _OFF("varyColors")),
    ("(<c:legendPos [^>]*><c:layout/>)", r"\1" + _OFF("overlay")),
    ("(<c:layout/>)(</c:title>)", r"\1" + _OFF("overlay") + r"\2"),
    ("(</c:scaling>)", r"\1" + _OFF("delete")),
    ("(<c:dLbls>)(?=.*</c:barChart>)", _OFF("invertIfNegative") + r"\1"),
    ("(</c:val>)(?=</c:ser>.*</c:lineChart>)", r"\1" + _OFF("smooth")),
    (
        "(<c:showVal [^>]*>)",
        _OFF("showLegendKey")
        + r"\1"
        + "".join(map(_OFF, ("showCatName", "showSerName", "showPercent", "showBubbleSize"))),
    ),
)


def _write_workbook(picture: DrawnPicture, font: str, day: date, *, with_chart: bool) -> bytes:
    from xlsxwriter import Workbook  # noqa: PLC0415  # slow to import, and few reports have pictures

    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(day.year, day.month, day.day), "title": picture.title})  # noqa: DTZ001  # as written
        sheet = workbook.add_worksheet(_SHEET)
        number = workbook.add_format({"num_format": _choose_format(picture)})
        sheet.write_row(0, 1, [name or picture.title for name in picture.series])
        for at, category in enumerate(picture.categories, 1):
            missing = {row[at - 1].text for row in picture.cells} if _is_missing(picture, at - 1) else ()
            sheet.write_string(at, 0, (category or picture.title) + picture.locale.put_in_brackets("".join(missing)))
            for series, row in enumerate(picture.cells, 1):
                value = row[at - 1].value
                if value is not None:
                    sheet.write_number(at, series, float(value), number)
        if with_chart:
            sheet.insert_chart(0, len(picture.series) + 2, _make_native_chart(workbook, picture, font))
    return content.getvalue()


def _is_missing(picture: DrawnPicture, at: int) -> bool:
    """Return whether a category has no figure, for one reason."""
    return all(row[at].value is None for row in picture.cells) and len({row[at].text for row in picture.cells}) == 1


def _choose_format(picture: DrawnPicture) -> str:
    value_type, numbers = picture.value_type, picture.locale.file.numbers
    if value_type.name in {"share", "percent"}:
        return 'General"%"'
    if not numbers.group:
        return "General"
    return "#,##0" + ("." + "0" * value_type.places if value_type.name == "currency" and value_type.places else "")


def _make_native_chart(workbook: Any, picture: DrawnPicture, font: str) -> Any:  # noqa: ANN401  # of XlsxWriter
    chart = workbook.add_chart(_TYPES[picture.draw])
    many = len(picture.categories) > _MANY
    letters = {"name": font, "size": _SMALL_POINTS if many else _POINTS, "color": "#000000", "bold": False}
    last = len(picture.categories)
    for series in range(len(picture.series)):
        look: dict[str, Any] = (
            {"line": {"color": "#000000", "width": 1.5, "dash_type": _DASHES[series % len(_DASHES)]}}
            | {"marker": {"type": _MARKERS[series % len(_MARKERS)], "size": 8, **_fill(series)}}
            if picture.draw == "lines"
            else {"gap": 40} | _fill(series)
        )
        chart.add_series(
            {
                "name": [_SHEET, 0, series + 1],
                "categories": [_SHEET, 1, 0, last, 0],
                "values": [_SHEET, 1, series + 1, last, series + 1],
                "data_labels": {"value": True, "font": letters} | _place_numbers(picture),
            }
            | look
        )
    chart.set_title({"name": picture.heading, "name_font": letters | {"bold": True}, "overlay": False})
    chart.set_legend({"position": "top", "font": letters} if len(picture.series) > 1 else {"none": True})
    axis = {"num_font": letters, "major_tick_mark": "none", "minor_tick_mark": "none"}
    numbers: dict[str, Any] = axis | {"major_gridlines": {"visible": True, "line": {"color": "#b0b0b0"}}}
    numbers |= {"min": 0} if all((one.value or 0) >= 0 for row in picture.cells for one in row) else {}
    names: dict[str, Any] = axis | {"interval_unit": 1}
    names |= {"label_position": "none" if picture.draw == "share" else "low"}
    if picture.draw == "lines":
        chart.set_x_axis(names)
        chart.set_y_axis(numbers)
        chart.show_blanks_as("gap")
    else:  # the first bar is on top, the numbers of the axis are below
        chart.set_x_axis(numbers)
        chart.set_y_axis(names | {"reverse": True, "crossing": "max"})
    return chart


def _place_numbers(picture: DrawnPicture) -> dict[str, Any]:
    """Say where numbers stand, and how they are written; parts of a bar that are 0 have none."""
    format_code = _choose_format(picture)
    if picture.draw in {"stacked", "share"}:
        return {"num_format": f"{format_code};-{format_code};;", "fill": {"color": "#ffffff"}}
    if picture.draw == "lines":  # beside their points, not over those of another line
        return {"num_format": format_code, "position": "right", "fill": {"color": "#ffffff"}}
    return {"num_format": format_code}


def _fill(series: int) -> dict[str, Any]:
    colour, edge = FILLS[series % len(FILLS)], {"color": "#000000", "width": 0.75}
    if series < len(FILLS):
        return {"fill": {"color": colour}, "border": edge}
    ink = "#000000" if series % 2 else "#ffffff"
    return {"pattern": {"pattern": _HATCHES[series % 2], "fg_color": ink, "bg_color": colour}, "border": edge}


def make_paragraph(picture: DrawnPicture, number: int, page: Mapping[str, Any]) -> str:
    """Make the paragraph of a Word file that shows a chart; `page` has the measures of the paper, in mm."""
    wide, tall = (
        float(page[size]) - float(page[first]) - float(page[last])
        for size, first, last in (("width", "left", "right"), ("height", "top", "bottom"))
    )
    rows = len(picture.categories) * (len(picture.series) if picture.draw == "bars" else 2)
    height = 260 if picture.draw == "lines" else 170 if picture.draw == "share" else 110 + 22 * rows
    size = f'cx="{round(wide * _EMU_OF_MM)}" cy="{min(round(tall * 0.9 * _EMU_OF_MM), height * _EMU_OF_POINT)}"'
    texts = f"name={quoteattr(picture.name)} title={quoteattr(picture.title)} descr={quoteattr(picture.description)}"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/"
    return (
        '<w:p><w:pPr><w:spacing w:line="240" w:lineRule="auto"/><w:ind w:firstLineChars="0" w:firstLine="0"/>'
        '<w:jc w:val="center"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent {size}/><wp:docPr id="{1000 + number}" {texts}/><wp:cNvGraphicFramePr/>'
        f'<a:graphic xmlns:a="{drawing}main"><a:graphicData uri="{drawing}chart">'
        f'<c:chart xmlns:c="{drawing}chart" xmlns:r="{_OFFICE}" r:id="{_name_relation(number)}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def _name_relation(number: int) -> str:
    return f"rIdPicture{number}"


def add_charts(content: bytes, charts: Sequence[WordChart]) -> bytes:
    """Add the parts of charts to a Word file whose paragraphs show them."""
    numbered = list(enumerate(charts, 1))
    relations = "".join(_relate(_name_relation(at), "chart", f"charts/chart{at}.xml") for at, _chart in numbered)
    types = f'<Default Extension="xlsx" ContentType="{_SHEET_TYPE}"/>' + "".join(
        f'<Override PartName="/word/charts/chart{at}.xml" ContentType="{_CHART_TYPE}"/>' for at, _chart in numbered
    )
    changes = {
        "word/_rels/document.xml.rels": ("</Relationships>", relations),
        "[Content_Types].xml": ("</Types>", types),
    }
    target = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(target, "w", ZIP_DEFLATED) as archive:
        times = source.infolist()[0].date_time

        def add(name: str, part: bytes | str, when: tuple[int, int, int, int, int, int] = times) -> None:
            entry = ZipInfo(name, when)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, part)

        for item in source.infolist():
            part = source.read(item)
            if item.filename in changes:
                closing, added = changes[item.filename]
                text = part.decode()
                assert text.count(closing) == 1, item.filename  # noqa: S101  # as pandoc writes it
                part = text.replace(closing, added + closing).encode()
            add(item.filename, part, item.date_time)
        for at, chart in numbered:
            book = f"Microsoft_Excel_Sheet{at}.xlsx"
            relation = _relate("rId1", "package", f"../embeddings/{book}")
            add(f"word/charts/chart{at}.xml", chart.xml)
            add(f"word/charts/_rels/chart{at}.xml.rels", _wrap_relations(relation))
            add(f"word/embeddings/{book}", chart.workbook)
    return target.getvalue()


def _relate(id_: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{id_}" Type="{_OFFICE}/{kind}" Target="{escape(target)}"/>'


def _wrap_relations(relations: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'
