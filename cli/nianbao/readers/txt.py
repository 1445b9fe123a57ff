"""Plain text, as a web page is copied into an editor: one block for each line."""

import re

from nianbao.published.page import Published, Text
from nianbao.published.sections import light
from nianbao.readers.texts import decoded

_FOLIO = re.compile(r"^\s*(?:[-—–－―─]+\s*\d{1,4}\s*[-—–－―─]+|第\s*\d{1,4}\s*页.{0,10})\s*$")


def read(content: bytes) -> Published:
    """Read a text line by line, without page numbers."""
    lines = decoded(content).replace("\f", "\n").splitlines()
    return Published(
        tuple(Text(line, light(line.strip())) for line in lines if line.strip() and not _FOLIO.match(line))
    )
