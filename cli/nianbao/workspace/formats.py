"""What is printed and how: formats, finished files, and the faces that draw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Format:
    """An output format, as its folder under `templates/formats/` describes it."""

    suffix: str
    folder: str
    writer: str  # pandoc's name of the writer
    template: str = ""  # pandoc template in the folder
    reference: str = ""  # folder of the parts of a reference document
    filter: str = ""  # Lua filter in the folder
    finish: str = ""  # Lua file in the folder: what is done to the file that pandoc wrote
    engine: str = ""  # "typst": what pandoc wrote is compiled to PDF
    standards: Sequence[Any] = ()  # of the PDF: "ua-1", "a-3a"
    tables: str = ""  # pandoc's name of the raw text as which tables of forms are written once for all reports
    mould: str = ""  # Lua file in the folder: what must be known to fill packages that were written once
    options: Mapping[str, Any] | None = None  # further pandoc WriterOptions

    @property
    def files(self) -> list[str]:
        """What it names in its folder."""
        return [name for name in (self.template, self.reference, self.filter, self.finish, self.mould) if name]


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished file: its bytes, and its pages where the format has pages (else 0)."""

    suffix: str
    content: bytes
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Printing:
    """What one printing gave: the files, the pictures that were left out, and the faces of files that embed them."""

    files: list[Printed]
    left_out: list[str]
    faces: tuple["Face", ...]


@dataclass(frozen=True, slots=True)
class Face:
    """Which installed family draws a face of the look, and whether it is one of the official ones."""

    role: str  # the look's name for it: fangsong
    name: str  # the name people use: 仿宋
    family: str
    official: bool
