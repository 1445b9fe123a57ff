"""Readers of published reports: each module of this package with a function `read` is a reader, named as its format.

`read(content) -> PublishedDocument` returns the texts and tables of a file and does not interpret them: it fetches
nothing, executes nothing, and raises `UnreadableError`, with what to do, for a file that it cannot read.
`claim(sample) -> Confidence` returns how certainly a file has the reader's format. `ORDER` is the order in which the
readers are asked, lowest first: below 30 formats that are not text, from 30 on text formats, plain text last. The
first reader whose claim is `CERTAIN` reads the file, else the first whose claim is `LIKELY`. Modules without `read`
are helpers.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from nianbao.importer.readers import scans
from nianbao.importer.readers.refusal import MAX_FILE_BYTES, UnreadableError, limit_blocks, limit_size
from nianbao.importer.readers.sniff import Confidence, Sample, make_unclaimed_error, reject_unsupported
from nianbao.importer.recognition.published import Paragraph, PublishedDocument
from nianbao.model.i18n import _, join_words

__all__ = ["MAX_FILE_BYTES", "Confidence", "Sample", "UnreadableError", "choose_format", "load_readers", "read"]

_SCANNED = frozenset({"pdf", "png", "jpeg", "ofd", "zip"})  # formats of scans


class Reader(Protocol):
    """What the module of a reader defines."""

    ORDER: int

    def claim(self, sample: Sample) -> Confidence:
        """Return how certainly a file has this format."""

    def read(self, content: bytes) -> PublishedDocument:
        """Read a file of this format."""


@cache
def load_readers() -> Mapping[str, Reader]:
    """Import the readers; returns them by the name of their format, in the order in which they are asked."""
    modules = {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}
    readers = {name: cast("Reader", module) for name, module in modules.items() if hasattr(module, "read")}
    return dict(sorted(readers.items(), key=lambda item: item[1].ORDER))


def choose_format(content: bytes, suffix: str) -> str:
    """Return the format of a file by its content; its suffix only distinguishes between text formats.

    Raises `UnreadableError` for a file that no reader claims.
    """
    reject_unsupported(content)
    sample, likely = Sample(content, suffix), ""
    for name, reader in load_readers().items():
        claim = reader.claim(sample)
        if claim is Confidence.CERTAIN:
            return name
        if claim is Confidence.LIKELY:
            likely = likely or name
    if not likely:
        raise make_unclaimed_error(sample, join_words(sorted(load_readers())))
    return likely


def may_be_scan(content: bytes) -> bool:
    """Tell whether a file may hold pictures of pages that can be read, which takes longer."""
    sample, known = Sample(content, ""), load_readers()
    return scans.is_installed() and any(known[name].claim(sample) is Confidence.CERTAIN for name in _SCANNED)


def read(content: bytes, suffix: str = "") -> PublishedDocument:
    """Read a file by its content; its suffix only distinguishes between text formats.

    Raises `UnreadableError` for a file that no reader claims, or that its reader cannot read.
    """
    if not content.strip():
        raise UnreadableError(_("file-empty"), _("check-right-file"))
    limit_size(content, MAX_FILE_BYTES)
    document = load_readers()[choose_format(content, suffix)].read(content)
    count = sum(
        1 if isinstance(block, Paragraph) else sum(bool(cell.text) for cell in block.cells) for block in document.blocks
    )
    limit_blocks(count)
    return document
