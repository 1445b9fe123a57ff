"""Readers of published reports, one file per format: `read(content) -> Published`.

A reader understands nothing of a report: it gives texts and grids. It fetches nothing, executes nothing,
and raises `Unreadable` for a file that it cannot read, with what to do.
"""

from importlib import import_module
from pkgutil import iter_modules

from nianbao.importer.readers.refusal import LIMIT, Unreadable, bounded
from nianbao.importer.readers.sniff import sniff
from nianbao.importer.recognition.published import Paragraph, PublishedDocument
from nianbao.model.i18n import _

__all__ = ["LIMIT", "Unreadable", "formats", "read"]

MANY = 30_000  # paragraphs and cells that are not blank; the largest report has two thousand
_HELPERS = frozenset({"attached", "refusal", "sniff", "texts"})


def formats() -> list[str]:
    """Name every format that can be read: the files of this folder."""
    return sorted(module.name for module in iter_modules(__path__) if module.name not in _HELPERS)


def read(content: bytes, suffix: str = "") -> PublishedDocument:
    """Read a file by what it holds; its suffix decides between kinds of text only.

    Raises `Unreadable` for a file that no reader knows, or that its reader cannot read.
    """
    if not content.strip():
        raise Unreadable(_("文件是空的"), _("检查是不是选错了文件"))
    bounded(content, LIMIT)
    kind = sniff(content, suffix.lower().lstrip("."), formats())
    made: PublishedDocument = import_module(f"{__name__}.{kind}").read(content)
    filled = sum(
        1 if isinstance(block, Paragraph) else sum(bool(box.text) for box in block.cells) for block in made.blocks
    )
    if filled > MANY:
        raise Unreadable(_("段落和格子太多，不像一份年报"), _("用原程序打开，只留年报那几页，另存一份再导入"))
    return made
