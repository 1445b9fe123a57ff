"""What is drawn on the pages of a PDF, and where, as PDFium tells it: many times faster than pdfplumber.

Positions are in points from the top left corner of the paper.
"""

from ctypes import byref
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium


class Character(NamedTuple):
    """A character that is no blank: the box of its font around it, and the size."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float


class DrawnPage(NamedTuple):
    """The characters of a page, and where each line and area ends that is drawn there."""

    characters: list[Character]
    bottoms: list[float]


def read_pages(source):
    """Read all pages of a PDF, which is its path or its bytes."""
    with pypdfium2.PdfDocument(source) as pdf:
        return [_read_page(pdf[number]) for number in range(len(pdf))]


def _read_page(page):
    height, text, box = page.get_height(), page.get_textpage(), pdfium.FS_RECTF()
    characters = []
    for number in range(text.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text, number))
        if character.strip():
            pdfium.FPDFText_GetLooseCharBox(text, number, byref(box))
            size = pdfium.FPDFText_GetFontSize(text, number)
            characters.append(Character(character, box.left, height - box.top, box.right, height - box.bottom, size))
    paths = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH])
    return DrawnPage(characters, [height - path.get_bounds()[1] for path in paths])
