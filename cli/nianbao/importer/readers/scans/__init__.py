"""Scans, where the extra `ocr` is installed: pictures of pages as lines of text and tables, by RapidOCR and OpenCV."""

from collections.abc import Callable

from nianbao.importer.readers.scans.engine import Picture, is_installed
from nianbao.importer.readers.scans.page import ScannedPage, read_scan
from nianbao.importer.readers.scans.picture import limit_pixels, open_picture, remove_red
from nianbao.workspace.processes.limits import PATIENCE, READING_MESSAGES, run_watched

__all__ = ["ScannedPage", "is_installed", "limit_pixels", "open_picture", "read_page", "remove_red"]

_PAGE_SECONDS = 30
_PAGE_MEMORY = 3 * 2**29  # bytes; a page takes a third


def read_page(open_page: Callable[[], Picture]) -> ScannedPage:
    """Open and read a page; raises `LimitError` where that takes too long or too much memory."""
    return run_watched(lambda: read_scan(open_page()), _PAGE_SECONDS, _PAGE_MEMORY, READING_MESSAGES, patience=PATIENCE)
