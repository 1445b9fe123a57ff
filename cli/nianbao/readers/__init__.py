"""Readers of published reports, one file per format: `read(content) -> Published`.

A reader understands nothing of a report: it gives texts and grids. It fetches nothing, executes nothing,
and raises `Unreadable` for a file that it cannot read, with what to do.
"""

from importlib import import_module
from pkgutil import iter_modules

from nianbao.language import _
from nianbao.published.page import Published
from nianbao.readers.refusal import LIMIT, Unreadable, bounded
from nianbao.readers.sniff import sniff

__all__ = ["LIMIT", "Unreadable", "formats", "read"]

_HELPERS = frozenset({"refusal", "sniff", "texts"})


def formats() -> list[str]:
    """Name every format that can be read: the files of this folder."""
    return sorted(module.name for module in iter_modules(__path__) if module.name not in _HELPERS)


def read(content: bytes, suffix: str = "") -> Published:
    """Read a file by what it holds; its suffix decides between kinds of text only.

    Raises `Unreadable` for a file that no reader knows, or that its reader cannot read.
    """
    if not content.strip():
        raise Unreadable(_("文件是空的"), _("检查是不是选错了文件"))
    bounded(content, LIMIT)
    kind = sniff(content, suffix.lower().lstrip("."), formats())
    made: Published = import_module(f"nianbao.readers.{kind}").read(content)
    return made
