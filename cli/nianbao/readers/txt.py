"""Plain text, as a web page is copied into an editor: one block for each line."""

from nianbao.published.page import Published, Text
from nianbao.published.sections import light
from nianbao.readers.texts import decoded


def read(content: bytes) -> Published:
    """Read a text line by line."""
    lines = decoded(content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Published(tuple(Text(line, light(line.strip())) for line in lines if line.strip()))
