"""Output formats, rendered files, and the installed fonts used for them."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from nianbao.model.loading.shapes import Shape, Text

OFD = "ofd"  # this writer and those of sets of files are ours; all others are pandoc's
CSV_SET, XLSX_SET = "csv", "xlsx"  # of a kind that has a `files.toml`: an archive of CSV files, and a workbook
PdfStandard: TypeAlias = Literal[  # those that Typst knows
    "1.4", "1.5", "1.6", "1.7", "2.0", "a-1a", "a-1b", "a-2a", "a-2b", "a-2u",
    "a-3a", "a-3b", "a-3u", "a-4", "a-4e", "a-4f", "ua-1",
]  # fmt: skip


class FormatFile(Shape, frozen=True, kw_only=True):
    """An output format as it is written in `format.toml`."""

    writer: Annotated[Text, Meta(description="field-format-writer")]
    aliases: Annotated[tuple[Text, ...], Meta(description="field-format-aliases")] = ()
    source: Annotated[str, Meta(description="field-format-source")] = ""
    template: Annotated[str, Meta(description="field-format-template")] = ""
    reference: Annotated[str, Meta(description="field-format-reference")] = ""
    filter: Annotated[str, Meta(description="field-format-filter")] = ""
    finish: Annotated[str, Meta(description="field-format-finish")] = ""
    engine: Annotated[Literal["", "typst"], Meta(description="field-format-engine")] = ""
    standards: Annotated[tuple[PdfStandard, ...], Meta(description="field-format-standards")] = ()
    tables: Annotated[str, Meta(description="field-format-tables")] = ""
    mould: Annotated[str, Meta(description="field-format-mould")] = ""
    pictures: Annotated[Literal["", "html", "typst", "openxml", "image"], Meta(description="field-format-pictures")] = (
        ""
    )
    options: Annotated[dict[str, Any] | None, Meta(description="field-format-options")] = None

    @property
    def files(self) -> dict[str, str]:
        """The names of files and folders in its folder, by the key that names them."""
        names = {key: getattr(self, key) for key in ("template", "reference", "filter", "finish", "mould")}
        return {key: name for key, name in names.items() if name}


class Format(FormatFile, frozen=True, kw_only=True):
    """An output format: its settings, and its folder in `templates/formats/`, which has the name of its suffix."""

    suffix: str
    folder: str
    made_from: "Format | None" = None  # the format that its `source` names

    @property
    def is_set(self) -> bool:
        """Whether it is the official set of files of a kind, rather than the page in some format."""
        return self.writer in {CSV_SET, XLSX_SET}

    @property
    def embeds_fonts(self) -> bool:
        """Whether its files embed fonts."""
        return bool(self.engine or self.made_from)


class OutputFile(Struct, frozen=True):
    """A rendered file: its bytes, and the number of pages where the format has pages (else 0)."""

    suffix: str
    content: bytes
    pages: int = 0


class RenderResult(Struct, frozen=True):
    """What the renderer returns: the files, the pictures left out, and the fonts of formats that embed them.

    A picture left out is one of the prose, named by its source, or one of figures that a format does not have: the
    suffix of the format, a tab, and the title.
    """

    files: list[OutputFile]
    dropped_pictures: list[str]
    faces: tuple["Face", ...]


class Face(Struct, frozen=True):
    """The installed font family that is used for a face of the look, and whether it is one of the official ones."""

    role: str  # its name in the look: fangsong
    name: str  # its usual name: 仿宋
    family: str
    official: bool
