"""Pages of PDFs as scanners, copiers and cameras give them back."""

import io
import zipfile

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter

WHITE = "white"


def list_pages(pdf, dpi):
    """Return the pages of a PDF as pictures."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]


def spoil(page, *, skew=0.0, noise=0.0, stamp=None, turns=0):
    """Return a page askew by degrees, noisy, with a red stamp at a place (shares of width and height), and turned."""
    if stamp:
        ink = Image.new("RGB", page.size, WHITE)
        width, height = page.size
        left, top, reach = stamp[0] * width, stamp[1] * height, width / 8
        box = (left - reach, top - reach, left + reach, top + reach)
        ImageDraw.Draw(ink).ellipse(box, outline=(215, 30, 30), width=max(4, width // 150))
        page = ImageChops.multiply(page, ink)
    page = page.rotate(skew, Image.Resampling.BICUBIC, fillcolor=WHITE)
    if noise:
        grain = Image.effect_noise(page.size, noise).filter(ImageFilter.GaussianBlur(0.4)).convert("RGB")
        page = ImageChops.add(page, grain, scale=1, offset=-128)
    return page.rotate(90 * turns, expand=True)


def make_pdf(pages, dpi):
    """Return a PDF of pictures, each compressed as scanners do."""
    first, *rest = pages
    first.save(made := io.BytesIO(), "PDF", save_all=True, append_images=rest, resolution=dpi, quality=75)
    return made.getvalue()


def make_picture(page, suffix):
    page.save(made := io.BytesIO(), suffix.upper())
    return made.getvalue()


def make_archive(pictures):
    """Return a ZIP archive of pictures by their names."""
    with zipfile.ZipFile(made := io.BytesIO(), "w") as package:
        for name, content in pictures.items():
            package.writestr(name, content)
    return made.getvalue()


def make_ofd(pictures):
    """Return an OFD document as scanners make it: each page is one picture, a JPEG, and nothing else."""
    spaces = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    numbers = range(len(pictures))
    media = "".join(
        f'<ofd:MultiMedia ID="{100 + number}" Type="Image"><ofd:MediaFile>scan{number}.jpg</ofd:MediaFile>'
        "</ofd:MultiMedia>"
        for number in numbers
    )
    pages = "".join(f'<ofd:Page ID="{200 + number}" BaseLoc="Pages/{number}/Content.xml"/>' for number in numbers)
    parts = {
        "OFD.xml": f"<ofd:OFD {spaces}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {spaces}><ofd:CommonData><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData><ofd:Pages>{pages}</ofd:Pages></ofd:Document>",
        "Doc_0/DocumentRes.xml": f'<ofd:Res {spaces} BaseLoc="Res"><ofd:MultiMedias>{media}'
        "</ofd:MultiMedias></ofd:Res>",
    }
    for number, picture in enumerate(pictures):
        parts[f"Doc_0/Res/scan{number}.jpg"] = picture
        parts[f"Doc_0/Pages/{number}/Content.xml"] = (
            f'<ofd:Page {spaces}><ofd:Content><ofd:Layer ID="{300 + number}">'
            f'<ofd:ImageObject ID="{400 + number}" Boundary="0 0 210 297" CTM="210 0 0 297 0 0"'
            f' ResourceID="{100 + number}"/></ofd:Layer></ofd:Content></ofd:Page>'
        )
    return make_archive(parts)
