"""ZIP archives of pictures: the pages of one report, in the order of their names."""

import re
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import PurePosixPath

from nianbao.importer.readers.refusal import MAX_FILE_BYTES, UnreadableError
from nianbao.importer.readers.scanned_file import read_pictures
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.xml_parts import is_hidden, open_package, read_part
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 28
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})


def claim(sample: Sample) -> Confidence:
    """Claim an archive in which there are pictures, and nothing else."""
    names = [name for name in sample.parts if not is_hidden(name)]
    return Confidence.CERTAIN if names and all(map(is_picture, names)) else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read the pictures of an archive as pages; raises `UnreadableError` where that is not possible."""
    return read_pictures(unpack(content))


def is_picture(name: str) -> bool:
    """Tell whether the name of a file is that of a picture of a page, none that a system has put beside it."""
    return PurePosixPath(name).suffix.lower() in _SUFFIXES and not is_hidden(name)


def pack(pictures: Iterable[tuple[str, bytes]]) -> bytes:
    """Make an archive of pictures, each with its name."""
    with zipfile.ZipFile(made := BytesIO(), "w") as package:
        for name, content in pictures:
            package.writestr(name, content)
    return made.getvalue()


def unpack(content: bytes) -> list[tuple[str, bytes]]:
    """Return the pictures of an archive with their names, in the order of these; numbers count as such."""
    with open_package(content) as package:
        names = sorted(filter(is_picture, package.namelist()), key=split_numbers)
        if sum(package.getinfo(name).file_size for name in names) > MAX_FILE_BYTES:
            raise UnreadableError(_("archive-swells"), _("check-source-of-file"))
        return [(name, read_part(package, name, MAX_FILE_BYTES)) for name in names]


def split_numbers(name: str) -> list[tuple[int, str]]:
    """Return the parts of a name by which pages are sorted: numbers count as such."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name.casefold())]
