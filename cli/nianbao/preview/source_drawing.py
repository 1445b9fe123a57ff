"""Pages of an imported file drawn as pictures, each when it is asked for, in a process of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING, Any

from nianbao.importer.readers import zip as archive
from nianbao.importer.readers.page_layout import MAX_PAGES
from nianbao.importer.readers.refusal import UnreadableError, make_damage_error
from nianbao.importer.readers.scans import limit_pixels
from nianbao.importer.undecided_places import ShownFile
from nianbao.workspace.processes.limits import limit

if TYPE_CHECKING:
    from PIL import Image

MAX_SECONDS = 30  # for one page
MEDIA_TYPE = "image/jpeg"
_MEMORY = 2**30  # bytes; a page takes a tenth
_DPI = 150
_MAX_SIDE = 2400  # pixels of a page that is drawn
_QUALITY = 85  # of JPEG
_MIN_SIDE = 1.0  # pt of a page that can be drawn

Size = tuple[int, int]


class SourceViewer:
    """Draws the pages of a PDF, or those that are pictures: one, or several in an archive."""

    def __init__(self, file: ShownFile) -> None:
        self._file = file
        self._pdf: Any = None  # pypdfium2 has no types

    def close(self) -> None:
        """Close the file."""
        if self._pdf is not None:
            self._pdf.close()
            self._pdf = None

    def measure(self) -> list[Size]:
        """Return width and height of each page, in pixels as it is drawn; raises `UserError` for a damaged file."""
        with _limit_and_report():
            if self._file.drawable != "pdf":
                return [_open_picture(content).size for content in self._pictures]
            pdf = self._open_pdf()
            sizes = [pdf.get_page_size(number) for number in range(min(len(pdf), MAX_PAGES))]
            return [scale_page(width, height)[:2] for width, height in sizes]

    def draw(self, number: int) -> bytes:
        """Draw a page, counted from 1, as JPEG; raises `UserError` where that is not possible."""
        with _limit_and_report():
            is_pdf = self._file.drawable == "pdf"
            image = self._draw_page(number - 1) if is_pdf else _open_picture(self._pictures[number - 1])
            drawn = BytesIO()
            image.save(drawn, "JPEG", quality=_QUALITY)
            return drawn.getvalue()

    def _open_pdf(self) -> Any:  # noqa: ANN401  # see above
        import pypdfium2  # noqa: PLC0415  # heavy

        if self._pdf is None:
            self._pdf = pypdfium2.PdfDocument(self._file.content)
        return self._pdf

    def _draw_page(self, number: int) -> "Image.Image":
        page = self._open_pdf()[number]
        try:
            _width, _height, scale = scale_page(*page.get_size())
            return page.render(scale=scale).to_pil().convert("RGB")  # type: ignore[no-any-return]  # see above
        finally:
            page.close()

    @cached_property  # a preview draws one page after another
    def _pictures(self) -> list[bytes]:
        content = self._file.content
        return [content] if self._file.drawable == "picture" else [one for _name, one in archive.unpack(content)]


def _open_picture(content: bytes) -> "Image.Image":
    """Open a picture, upright as its reader takes it, no larger than a page is drawn."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # heavy

    with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
        limit_pixels(*image.size)
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((_MAX_SIDE, _MAX_SIDE))
        return _put_on_white(upright)


@contextmanager
def _limit_and_report() -> Iterator[None]:
    """Draw within bounds; whatever error a broken file causes in its parser becomes an `UnreadableError`."""
    with limit(memory=_MEMORY, seconds=MAX_SECONDS):
        try:
            yield
        except (MemoryError, UnreadableError):
            raise
        except Exception as error:
            raise make_damage_error() from error


def _put_on_white(image: "Image.Image") -> "Image.Image":
    """Return a picture without transparency, as on paper."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("L")
    colours = image.convert("RGBA")
    paper = colours.copy()
    paper.paste("white", (0, 0, *colours.size))
    paper.alpha_composite(colours)
    return paper.convert("RGB")


def scale_page(width: float, height: float) -> tuple[int, int, float]:
    """Return the pixels of a page of this size, in points, and their number in a point."""
    width, height = max(width, _MIN_SIDE), max(height, _MIN_SIDE)
    scale = min(_DPI / 72, _MAX_SIDE / max(width, height))
    return ceil(width * scale), ceil(height * scale), scale
