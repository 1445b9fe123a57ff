"""OFD documents (GB/T 33190): text by its positions and ruled lines, page by page, and the facts attached by us."""

import posixpath
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from xml.etree import ElementTree as ET

from nianbao.importer.readers import scanned_file, scans
from nianbao.importer.readers.page_layout import (
    MAX_PAGES,
    MIN_PAGE_CHARACTERS,
    Box,
    find_ruled_tables,
    lay_out_page,
    list_printed_lines,
    remove_running_lines,
)
from nianbao.importer.readers.page_lines import Char, TextLine, join_lines, select_characters
from nianbao.importer.readers.page_wrapped import unwrap_cells
from nianbao.importer.readers.refusal import MAX_FILE_BYTES, UnreadableError
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.xml_parts import open_package, parse_xml, read_part
from nianbao.importer.recognition.published import PublishedDocument, PublishedTable
from nianbao.model.i18n import _

ORDER = 23
_MAIN = "OFD.xml"
_FACTS = "facts.toml"
_MAX_FACTS_BYTES = 10 * 2**20
_POINTS = 72 / 25.4  # in a millimetre, in which OFD measures
_ASCENT = 0.88  # of the size of a font, from the base line to the top of a character
_NARROW = 0.5  # of the size of a font: the width of a character that is not of full width
_MAX_SLANT = 0.1  # mm; a line that rises more is no line of a table
_MAX_REPEATS = 10_000  # of one distance between characters
_MAX_TEMPLATES = 10  # under one page
_MIN_PICTURE = 0.5  # of a page that is a scan
_A4 = (0.0, 0.0, 210.0, 297.0)  # mm; of a document that states no size
_DEPARTURES = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}  # of an outline, with how many numbers follow

Matrix = tuple[float, float, float, float, float, float]


def claim(sample: Sample) -> Confidence:
    """Claim a package with the entry of an OFD document."""
    return Confidence.CERTAIN if _MAIN in sample.parts else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read an OFD document; raises `UnreadableError` for one that is damaged, or has no text and is not read.

    Pages that are pictures are read as scans, where something is installed that reads them.
    """
    with open_package(content) as package:
        main = _parse(package, _MAIN)
        root = _join("", _find_text(main, "DocRoot"))
        document = _parse(package, root)
        pages = _list_pages(package, document, root)
        facts = _read_facts(package, document, root)
        blocks: list[TextLine | PublishedTable] = []
        unmoved: list[
            TextLine | PublishedTable
        ] = []  # of a file with facts: with all words, and no cell put into another row
        characters = 0
        paper = _read_box(document, _A4)  # once: its list of pages may be long
        pictures = dict(_find_scans(package, document, root, pages[:MAX_PAGES]))
        scanned_file.limit_pages(len(pictures))
        for number, page in enumerate(pages[:MAX_PAGES], 1):
            if number in pictures:
                read = scanned_file.read_picture_of_page(*_read_picture(package, pictures[number]), page=number)
                blocks += read
                unmoved += read if facts else ()
                continue
            chars = [char for part in page for char in _read_characters(part)]
            characters += len(chars)
            tables = find_ruled_tables([rule for part in page for rule in _read_rules(part)])
            height = _read_box(page[-1], paper)[3] * _POINTS
            chars = select_characters(chars)
            blocks += lay_out_page(unwrap_cells(chars), tables, height, number)
            unmoved += lay_out_page(chars, tables, height, number, keep_all=True) if facts else ()
        if characters < MIN_PAGE_CHARACTERS * (max(1, min(len(pages), MAX_PAGES)) - len(pictures)):
            raise UnreadableError(_("ofd-without-text"), _("install-ocr-for-ofd"))
        return PublishedDocument(
            tuple(join_lines(remove_running_lines(blocks))),
            _find_text(main, "Title"),
            embedded_facts=facts,
            exact=False,
            lines=tuple(list_printed_lines(unmoved)),
            scanned=bool(pictures),
            notes=(_("first-pages-read", pages=MAX_PAGES),) if len(pages) > MAX_PAGES else (),
        )


def find_page_pictures(content: bytes) -> list[tuple[str, bytes]]:
    """Return the pictures of a document of which every page is one, with their names; none of any other document."""
    with open_package(content) as package:
        root = _join("", _find_text(_parse(package, _MAIN), "DocRoot"))
        document = _parse(package, root)
        pages = _list_pages(package, document, root)
        found = dict(_find_scans(package, document, root, pages))
        return [_read_picture(package, part) for part in found.values()] if len(found) == len(pages) else []


def _read_picture(package: zipfile.ZipFile, part: str) -> tuple[str, bytes]:
    return posixpath.basename(part), read_part(package, part, MAX_FILE_BYTES)


def _find_scans(
    package: zipfile.ZipFile, document: ET.Element, root: str, pages: Sequence[Sequence[ET.Element]]
) -> Iterator[tuple[int, str]]:
    """Yield the pages that are nothing but a picture: their numbers, from 1, and the part that is the picture."""
    if not scans.is_installed():
        return
    files: dict[str, str] | None = None
    paper = _read_box(document, _A4)
    for number, page in enumerate(pages, 1):
        images = [image for part in page for image in part.iter("ImageObject") if _is_visible(image)]
        if len(images) != 1 or sum(1 for part in page for _char in _read_characters(part)) >= MIN_PAGE_CHARACTERS:
            continue
        _left, _top, width, height = _read_box(page[-1], paper)
        boundary = _read_numbers(images[0].get("Boundary"))
        if len(boundary) < len(_A4) or boundary[2] * boundary[3] < _MIN_PICTURE * width * height:
            continue
        files = _list_media(package, document, root) if files is None else files
        if name := files.get(images[0].get("ResourceID", "")):
            yield number, name


def _list_media(package: zipfile.ZipFile, document: ET.Element, root: str) -> dict[str, str]:
    """Return the names of the pictures of a document by the ids under which pages use them."""
    files = {}
    for kind in ("PublicRes", "DocumentRes"):
        for resource in document.iter(kind):
            part = _join(root, (resource.text or "").strip())
            listed = _parse(package, part)
            folder = _join(part, listed.get("BaseLoc", "") + "/x")
            for media in listed.iter("MultiMedia"):
                files[media.get("ID", "")] = _join(folder, _find_text(media, "MediaFile"))
    return files


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────


def _parse(package: zipfile.ZipFile, name: str) -> ET.Element:
    """Parse a part, with its elements named without their namespace; an empty element where there is none."""
    xml = read_part(package, name)
    root = parse_xml(xml) if xml else ET.Element("None")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _join(base: str, location: str) -> str:
    """Return the name of a part that another one names, from its own folder or from the top."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), location)).lstrip("/")


def _find_text(element: ET.Element, name: str) -> str:
    found = element.find(f".//{name}")
    return (found.text or "").strip() if found is not None else ""


def _list_pages(package: zipfile.ZipFile, document: ET.Element, root: str) -> list[list[ET.Element]]:
    """Return what is on each page: the templates that lie under it, and its own content; one page more than is read."""
    templates = {part.get("ID"): _join(root, part.get("BaseLoc", "")) for part in document.iter("TemplatePage")}
    pages = []
    for page in islice(document.iterfind("Pages/Page"), MAX_PAGES + 1):
        content = _parse(package, _join(root, page.get("BaseLoc", "")))
        used = dict.fromkeys(template.get("TemplateID") for template in content.iterfind("Template"))
        parts = [templates[one] for one in islice(used, _MAX_TEMPLATES) if one in templates]
        pages.append([*(_parse(package, part) for part in parts), content])
    return pages


def _read_facts(package: zipfile.ZipFile, document: ET.Element, root: str) -> str:
    attachments = _join(root, document.findtext("Attachments") or "-")
    for attachment in _parse(package, attachments).iter("Attachment"):
        if attachment.get("Name") == _FACTS:
            part = _join(attachments, _find_text(attachment, "FileLoc"))
            return read_part(package, part, _MAX_FACTS_BYTES).decode("utf-8", errors="replace").strip()
    return ""


# ── what is on a page ────────────────────────────────────────────────────────────────────────────────


def _read_numbers(text: str | None) -> list[float]:
    return [float(part) for part in (text or "").split()]


def _read_box(element: ET.Element, default: Sequence[float]) -> Sequence[float]:
    """Return left, top, width and height of the paper."""
    for name in ("PhysicalBox", "ApplicationBox"):
        if len(box := _read_numbers(_find_text(element, name))) == len(default):
            return box
    return default


def _read_matrix(element: ET.Element) -> Matrix:
    """Return what leads from the places in an object to those on its page."""
    left, top, *_size = [*_read_numbers(element.get("Boundary")), 0, 0]
    a, b, c, d, e, f = _read_numbers(element.get("CTM")) or (1, 0, 0, 1, 0, 0)
    return a, b, c, d, left + e, top + f


def _is_visible(element: ET.Element) -> bool:
    return element.get("Visible") != "false"


def _read_characters(page: ET.Element) -> Iterator[Char]:
    """Yield the characters of a page as PDFs are read: their boxes in points, and how they are turned."""
    for element in filter(_is_visible, page.iter("TextObject")):
        a, b, c, d, e, f = _read_matrix(element)
        size = float(element.get("Size", "0"))
        scale = float(element.get("HScale", "1"))
        height = size * abs(d) * _POINTS
        for code in element.iter("TextCode"):
            for sign, x, y in _place_characters(code):
                left, base = (a * x + c * y + e) * _POINTS, (b * x + d * y + f) * _POINTS
                is_wide = unicodedata.east_asian_width(sign) in "WFA"
                width = size * scale * abs(a) * (1 if is_wide else _NARROW) * _POINTS
                top = base - _ASCENT * height
                place = {"x0": left, "x1": left + width, "top": top, "bottom": top + height}
                yield {"text": sign, **place, "size": height, "matrix": (a, b, c, d, e, f)}


def _place_characters(code: ET.Element) -> Iterator[tuple[str, float, float]]:
    """Yield the characters of a text, each with its place in the object."""
    x, y = float(code.get("X", "0")), float(code.get("Y", "0"))
    right, down = _read_distances(code.get("DeltaX")), _read_distances(code.get("DeltaY"))
    for sign in (code.text or "").strip("\r\n\t"):
        yield sign, x, y
        x, y = x + next(right, 0.0), y + next(down, 0.0)


def _read_distances(text: str | None) -> Iterator[float]:
    """Yield the distances between characters; `g 3 5.5` stands for three of 5.5."""
    parts = iter((text or "").split())
    for part in parts:
        if part == "g":
            count = int(next(parts, "0"))
            yield from [float(next(parts, "0"))] * min(count, _MAX_REPEATS)
        else:
            yield float(part)


def _read_rules(page: ET.Element) -> Iterator[Box]:
    """Yield the horizontal and vertical lines of a page, and the sides of its boxes."""
    for element in filter(_is_visible, page.iter("PathObject")):
        matrix = _read_matrix(element)
        for before, after in _list_segments(_find_text(element, "AbbreviatedData")):
            (left, top), (right, bottom) = _apply(matrix, before), _apply(matrix, after)
            if min(abs(left - right), abs(top - bottom)) <= _MAX_SLANT:
                xs, ys = sorted((left * _POINTS, right * _POINTS)), sorted((top * _POINTS, bottom * _POINTS))
                yield (xs[0], ys[0], xs[1], ys[0]) if xs[1] - xs[0] > ys[1] - ys[0] else (xs[0], ys[0], xs[0], ys[1])


def _list_segments(outline: str) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield the straight lines of an outline."""
    start = place = (0.0, 0.0)
    for letter, numbers in re.findall(r"([A-Z])([^A-Z]*)", outline):
        values = _read_numbers(numbers)
        if letter not in _DEPARTURES or len(values) != _DEPARTURES[letter]:
            continue
        target = (values[-2], values[-1]) if values else start
        if letter in "LC":
            yield place, target
        elif letter in "SM":
            start = target
        place = target


def _apply(matrix: Matrix, place: tuple[float, float]) -> tuple[float, float]:
    (a, b, c, d, e, f), (x, y) = matrix, place
    return a * x + c * y + e, b * x + d * y + f
