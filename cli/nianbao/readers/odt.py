"""OpenDocument texts: by pandoc's reader."""

from nianbao.published.page import Published
from nianbao.readers.texts import by_pandoc


def read(content: bytes) -> Published:
    """Read an OpenDocument text."""
    return by_pandoc(content, "odt")
