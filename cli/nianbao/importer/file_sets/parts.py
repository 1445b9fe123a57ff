"""The files of a published set as they lie there: folders, single files, archives and workbooks as tables of texts."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from pathlib import PurePosixPath

from msgspec import Struct

from nianbao.importer.file_sets.deviations import Deviation
from nianbao.importer.readers.refusal import (
    DAMAGE_ERRORS,
    MAX_TEXT_BYTES,
    UnreadableError,
    limit_size,
    make_damage_error,
)
from nianbao.importer.readers.sniff import Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.readers.xml_parts import is_hidden
from nianbao.model.i18n import N_, _

CSV, ZIP, XLSX = ".csv", ".zip", ".xlsx"
MAX_RECORDS = 50_000  # of a file; the largest has 28 × 91
MAX_CELLS = 2_000_000  # of a set
_MAX_PARTS = 100  # of an archive or a folder
_SEPARATORS = ",;\t"
_MARK = b"\xef\xbb\xbf"


class Record(Struct, frozen=True):
    """A record of a file: its number, counted from 1 as the rows of a spreadsheet, and its cells."""

    row: int
    cells: tuple[str, ...]


class PublishedPart(Struct, frozen=True):
    """A file of a set, or a sheet of a workbook: its name, its records, and how its text departs from RFC 4180."""

    name: str
    records: tuple[Record, ...]
    deviations: tuple[Deviation, ...] = ()

    @property
    def stem(self) -> str:
        """The name without folders and without its suffix."""
        name = PurePosixPath(self.name.replace("\\", "/")).name
        return name[: -len(CSV)] if name.lower().endswith(CSV) else name


def read_csv(name: str, content: bytes) -> PublishedPart:
    """Read a file of comma-separated values; raises `UnreadableError` for one that is too large or no such file."""
    limit_size(content, MAX_TEXT_BYTES)
    text = decode_text(content)
    found = list(_describe_bytes(name, content))
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    if separator != ",":
        found.append(Deviation(name, N_("set-separator"), printed=separator))
    try:
        rows = list(_read_rows(text, separator, name))
    except csv.Error as error:
        raise UnreadableError(_("csv-is-broken", file=name, error=error), _("save-as-csv-utf8")) from error
    return PublishedPart(name, tuple(rows), tuple(found))


def _read_rows(text: str, separator: str, name: str) -> Iterator[Record]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    for number, cells in enumerate(reader, 1):
        if number > MAX_RECORDS:
            raise UnreadableError(_("too-many-records", file=name, limit=MAX_RECORDS), _("keep-records-of-report"))
        yield Record(number, tuple(cells))


def _describe_bytes(name: str, content: bytes) -> Iterator[Deviation]:
    """Say which encoding and which ends of lines a file has, where it is not UTF-8 with CRLF."""
    if content.startswith(_MARK):
        yield Deviation(name, N_("set-byte-order-mark"))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        yield Deviation(name, N_("set-not-utf8"), printed=content[error.start : error.start + 2].hex(" "))
    if b"\n" in content and b"\r\n" not in content:
        yield Deviation(name, N_("set-line-ends"))


def read_workbook(content: bytes) -> list[PublishedPart]:
    """Read the visible sheets of a workbook as parts; raises `UnreadableError` for one that is damaged or swells."""
    from nianbao.importer.readers import xlsx  # noqa: PLC0415  # heavy

    if not any(name.startswith("xl/") for name in Sample(content, XLSX).parts):
        raise UnreadableError(_("unknown-kind-of-file"), _("get-file-again"))
    xlsx.limit_ranges(content)
    workbook = xlsx.open_workbook(content, results=True)
    return [_read_sheet(sheet) for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


def _read_sheet(sheet: object) -> PublishedPart:
    from nianbao.importer.readers.xlsx_cells import format_value  # noqa: PLC0415  # heavy

    title: str = sheet.title  # type: ignore[attr-defined]  # openpyxl has no types
    records = []
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):  # type: ignore[attr-defined]  # see above
        if number > MAX_RECORDS:
            raise UnreadableError(_("too-many-records", file=title, limit=MAX_RECORDS), _("keep-records-of-report"))
        records.append(Record(number, tuple(map(format_value, row))))
    while records and not any(records[-1].cells):  # formats beyond the last row that has a value
        records.pop()
    return PublishedPart(title, tuple(records))


def read_archive(content: bytes) -> list[PublishedPart]:
    """Read the CSV files of a ZIP archive; raises `UnreadableError` for one that is damaged or swells."""
    names = sorted(name for name in Sample(content, ZIP).parts if is_csv(name))
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            return [read_csv(PurePosixPath(name).name, package.read(name)) for name in names]
    except DAMAGE_ERRORS as error:
        raise make_damage_error() from error


def is_csv(name: str) -> bool:
    """Tell whether the name of a file is that of a CSV file, none that a system has put beside it."""
    return PurePosixPath(name).suffix.lower() == CSV and not is_hidden(name)


def limit_parts(parts: Sequence[PublishedPart]) -> None:
    """Raise `UnreadableError` for more files or more cells than any set has."""
    cells = sum(len(record.cells) for part in parts for record in part.records)
    if len(parts) > _MAX_PARTS or cells > MAX_CELLS:
        raise UnreadableError(_("set-too-large", parts=_MAX_PARTS, cells=MAX_CELLS), _("keep-records-of-report"))
