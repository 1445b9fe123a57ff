"""Pages of PDFs as scanners, copiers and cameras give them back."""

import io

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
