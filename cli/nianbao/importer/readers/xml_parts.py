"""XML within packages: parts read up to a size, and parsed without entities."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from nianbao.importer.readers.refusal import DAMAGE_ERRORS, MAX_TEXT_BYTES, UnreadableError, make_damage_error
from nianbao.model.i18n import _


@contextmanager
def open_package(content: bytes) -> Iterator[zipfile.ZipFile]:
    """Open a package; raises `UnreadableError` for what turns out to be damaged while it is read."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            yield package
    except (*DAMAGE_ERRORS, ET.ParseError) as error:
        raise make_damage_error() from error


def is_hidden(name: str) -> bool:
    """Tell whether a part is a folder, or a file that a system has put beside those of a person."""
    return name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def read_part(package: zipfile.ZipFile, name: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Read a part up to a limit, since the size that the package states may be false; empty where there is none."""
    if name not in package.namelist():
        return b""
    with package.open(name) as file:
        return file.read(min(package.getinfo(name).file_size, limit))


def parse_xml(xml: bytes) -> ET.Element:
    """Parse a part; raises `UnreadableError` where it defines entities, and ET.ParseError where it is no XML."""
    if b"<!ENTITY" in xml or b"<!DOCTYPE" in xml:
        raise UnreadableError(_("file-defines-entities"), _("save-again-and-import"))
    return ET.fromstring(xml)  # noqa: S314  # no entities, see above
