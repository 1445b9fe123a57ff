"""Forms that tests fill in as a person would, and let LibreOffice open and save."""

import subprocess
from io import BytesIO

import openpyxl

from nianbao.importer.recognition.excel_form import PREFIX


def where(book, address):
    """Find the cell that has the name of an address: its sheet, and its coordinate."""
    ((title, area),) = book.defined_names[PREFIX + address].destinations
    return book[title], area.replace("$", "").split(":")[0]


def typed(content, values):
    """Type values into a form, by their addresses; return it as it is saved."""
    book = openpyxl.load_workbook(BytesIO(content))
    for address, value in values.items():
        sheet, cell = where(book, address)
        sheet[cell] = value
    into = BytesIO()
    book.save(into)
    return into.getvalue()


def totals(form):
    """Name the figures that are sums of others."""
    return {check.left[0].slots[0].address for check in form.checks if check.relation.total}


def red(path, folder):
    """Print a spreadsheet and count the pixels of each page that are as red as a wrong sum."""
    from PIL import Image  # noqa: PLC0415  # few tests look at pictures

    subprocess.run(["pdftoppm", "-r", "50", "-png", path, folder / "page"], check=True)
    pages = sorted(folder.glob("page-*.png"))
    assert pages
    found = []
    for page in pages:
        with Image.open(page) as picture:
            found.append(sum(r > 170 and g < 40 and b < 40 for r, g, b in picture.convert("RGB").get_flattened_data()))
    return found
