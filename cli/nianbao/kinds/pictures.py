"""Pictures of the examples of a kind: the first page of the PDF, as PNG."""

import struct
import zlib
from contextlib import suppress

from nianbao.build import outputs
from nianbao.checks.check import check_report
from nianbao.kinds.examples import find_examples
from nianbao.model.finding import UserError
from nianbao.render.renderer import Renderer
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store

_SCALE = 1.0  # pixels to a point: the page is 595 pixels wide
_CHANNELS = 3  # red, green and blue


def draw_first_page(store: Store, kind: KindFolder) -> bytes:
    """Draw the first page of a kind's first example; nothing where there is none, or no PDF can be made of it."""
    with suppress(UserError):
        for example in find_examples(store, kind):
            result = check_report(example.store, example.period)
            if result.report is None:
                continue
            settings = outputs.make_render_settings(example.store, ["pdf"])
            with Renderer() as renderer:
                files, _pictures = outputs.render_report(example.store, result, ["pdf"], settings, renderer)
            return _draw(files[0].content)
    return b""


def _draw(pdf: bytes) -> bytes:
    import pypdfium2  # noqa: PLC0415  # heavy

    document = pypdfium2.PdfDocument(pdf)
    bitmap = document[0].render(scale=_SCALE, rev_byteorder=True)
    width, height, stride, channels = bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
    pixels = bytes(bitmap.buffer)
    rows = []
    for row in range(height):
        line = pixels[row * stride : row * stride + width * channels]
        if channels != _CHANNELS:
            line = b"".join(line[at : at + _CHANNELS] for at in range(0, len(line), channels))
        rows.append(b"\0" + line)
    document.close()
    return _encode_png(width, height, b"".join(rows))


def _encode_png(width: int, height: int, rows: bytes) -> bytes:
    """Encode rows of pixels, each with the number of its filter before it, as PNG."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
