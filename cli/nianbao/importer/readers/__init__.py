"""Readers of published reports: one file per format, found by being here, whose name is the format's.

A reader has `read(content) -> PublishedDocument`, which gives texts and tables and understands nothing of a report:
it fetches nothing, executes nothing, and raises `UnreadableError` for a file that it cannot read, with what to do. It
says which files it takes by `claim(sample) -> Claim`, and by its `ORDER` when it is asked: lower ones first, below 30
what
is no text, from 30 on kinds of text, plain text last. The first for which a file says that it is of its kind reads it,
else the first for which it looks so. A file here without `read` is a helper.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from nianbao.importer.readers.refusal import MAX_FILE_BYTES, UnreadableError, limit_size
from nianbao.importer.readers.sniff import Claim, Sample, make_untaken_error, reject_unsupported
from nianbao.importer.recognition.published import Paragraph, PublishedDocument
from nianbao.model.i18n import _, join_words

__all__ = ["MAX_FILE_BYTES", "Claim", "Sample", "UnreadableError", "choose", "formats", "read"]

MAX_BLOCKS = 30_000  # paragraphs and cells that are not blank; the largest report has two thousand


class Reader(Protocol):
    """What a reader's file has."""

    ORDER: int

    def claim(self, sample: Sample) -> Claim:
        """Tell how surely a file is of this kind."""

    def read(self, content: bytes) -> PublishedDocument:
        """Read a file of this kind."""


@cache
def load_readers() -> Mapping[str, Reader]:
    """Every format that can be read, with its reader, in the order in which they are asked."""
    modules = {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}
    found = {name: cast("Reader", module) for name, module in modules.items() if hasattr(module, "read")}
    return dict(sorted(found.items(), key=lambda item: item[1].ORDER))


def choose_format(content: bytes, suffix: str) -> str:
    """Tell the format of a file by what it holds; its suffix decides between kinds of text only.

    Raises `UnreadableError` for a file that no reader takes.
    """
    reject_unsupported(content)
    sample, likely = Sample(content, suffix), ""
    for name, reader in load_readers().items():
        claim = reader.claim(sample)
        if claim is Claim.CERTAIN:
            return name
        if claim is Claim.LIKELY:
            likely = likely or name
    if not likely:
        raise make_untaken_error(sample, join_words(sorted(load_readers())))
    return likely


def read(content: bytes, suffix: str = "") -> PublishedDocument:
    """Read a file by what it holds; its suffix decides between kinds of text only.

    Raises `UnreadableError` for a file that no reader knows, or that its reader cannot read.
    """
    if not content.strip():
        raise UnreadableError(_("文件是空的"), _("检查是不是选错了文件"))
    limit_size(content, MAX_FILE_BYTES)
    made = load_readers()[choose_format(content, suffix)].read(content)
    filled = sum(
        1 if isinstance(block, Paragraph) else sum(bool(box.text) for box in block.cells) for block in made.blocks
    )
    if filled > MAX_BLOCKS:
        raise UnreadableError(_("段落和格子太多，不像一份年报"), _("用原程序打开，只留年报那几页，另存一份再导入"))
    return made
