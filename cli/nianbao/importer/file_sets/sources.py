"""What a person names to be imported: single files, and sets of files in a folder, side by side, or in one archive."""

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from html import unescape
from io import BytesIO
from pathlib import Path

from msgspec import Struct

from nianbao.importer.file_sets.parts import (
    XLSX,
    ZIP,
    PublishedPart,
    is_csv,
    limit_parts,
    read_archive,
    read_csv,
    read_workbook,
)
from nianbao.importer.readers import html
from nianbao.importer.readers import zip as archive
from nianbao.importer.readers.refusal import DAMAGE_ERRORS, MAX_FILE_BYTES, UnreadableError
from nianbao.importer.readers.texts import decode_text, find_charset
from nianbao.model.file_sets.mapping import FileSet
from nianbao.model.file_sets.texts import fold_name
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace import access
from nianbao.workspace.access import describe_reason
from nianbao.workspace.files import display_path

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?\bname=\"([^\"]{1,200})\"")
_MAX_LISTING = 1 << 20  # bytes of the part of a workbook that lists its sheets
_LEAST_SHEETS = 2  # that have the names of files of a set, by which a workbook is known as one


class SetSource(Struct, frozen=True):
    """The files of one published set, as a person names them: one archive or workbook, or files of one folder."""

    name: str
    paths: tuple[Path, ...]

    @property
    def is_table(self) -> bool:
        """Whether it is one CSV file, which may be a table of any report."""
        return len(self.paths) == 1 and is_csv(self.name)


class PageSource(Struct, frozen=True):
    """Pictures or web pages that are one report, as a person names them: files, or a folder of pictures."""

    name: str
    paths: tuple[Path, ...]

    @property
    def are_pictures(self) -> bool:
        """Whether they are pictures."""
        return archive.is_picture(self.paths[0].name)


Source = str | SetSource | PageSource


def gather_sources(names: Sequence[str], list_sets: Callable[[], Sequence[FileSet]]) -> list[Source]:
    """Join the files of each set, and the pictures of each folder; what is of neither stays a name.

    Raises `UserError` for a folder that cannot be read.
    """
    sources: dict[str, Source] = {}
    for name in dict.fromkeys(names):
        path = Path(name)
        if path.is_dir() and (found := _list_folder(path, is_csv)):
            sources[f"{name}/"] = SetSource(name, tuple(path / one for one in found))
        elif path.is_dir() and (found := _list_folder(path, archive.is_picture)):
            sources[f"{name}/"] = PageSource(name, tuple(path / one for one in found))
        elif is_csv(path.name) and path.is_file():
            folder = f"{path.parent}/"
            known = sources.get(folder)
            earlier = known.paths if isinstance(known, SetSource) else ()
            sources[folder] = SetSource(str(path.parent) if earlier else name, (*earlier, path))
        elif _is_package_of_set(path, list_sets):
            sources[name] = SetSource(name, (path,))
        else:
            sources[name] = name
    return list(sources.values())


def join_pages(names: Sequence[str]) -> PageSource:
    """Join pictures, or web pages, as one report in the order of their names; raises `UserError` for anything else."""
    paths = sorted(map(Path, dict.fromkeys(names)), key=lambda path: archive.split_numbers(path.name))
    are_pictures = archive.is_picture(paths[0].name)
    for path in paths:
        if not (archive.is_picture(path.name) if are_pictures else path.suffix.lower().lstrip(".") in html.SUFFIXES):
            raise UserError(_("page-is-no-picture", name=path), _("name-pictures-of-pages"))
    return PageSource(str(paths[0]), tuple(paths))


def read_pages(source: PageSource) -> bytes:
    """Return pictures as an archive, in which they have their names, and web pages as one.

    Raises `UserError` for one that is missing, or cannot be decoded.
    """
    if not source.are_pictures:
        contents = map(_read_file, source.paths)
        return "\n".join(decode_text(one, declared=find_charset(one)) for one in contents).encode()
    names = [path.name for path in source.paths]
    is_clear = len(set(names)) == len(names)
    return archive.pack((path.name if is_clear else path.as_posix(), _read_file(path)) for path in source.paths)


def _list_folder(folder: Path, is_wanted: Callable[[str], bool]) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if is_wanted(path.name))
    except OSError as error:
        message = _("cannot-read-name", name=display_path(folder), error=describe_reason(error))
        raise UserError(message, _("remove-cause-and-rerun")) from error


def _is_package_of_set(path: Path, list_sets: Callable[[], Sequence[FileSet]]) -> bool:
    """Tell whether a file is an archive of CSV files, or a workbook with sheets named as the files of a set."""
    suffix = path.suffix.lower()
    if suffix not in {ZIP, XLSX} or not path.is_file():
        return False
    with suppress(*DAMAGE_ERRORS, UserError):  # whoever reads it says what is wrong
        with zipfile.ZipFile(BytesIO(_read_file(path))) as package:
            if suffix == ZIP:
                return any(map(is_csv, package.namelist()))
            with package.open("xl/workbook.xml") as part:
                titles = [fold_name(unescape(title.decode())) for title in _SHEET.findall(part.read(_MAX_LISTING))]
        return any(_count_named(file_set, titles) >= _LEAST_SHEETS for file_set in list_sets())
    return False


def _count_named(file_set: FileSet, titles: Iterable[str]) -> int:
    known = {fold_name(name) for entry in file_set.files for name in (entry.name, entry.sheet_name, *entry.aliases)}
    return sum(title in known for title in titles)


def read_source(source: SetSource) -> list[PublishedPart]:
    """Read all files of a set; raises `UserError` where one cannot be read."""
    parts: list[PublishedPart] = []
    for path in source.paths:
        content = _read_file(path)
        try:
            if is_csv(path.name):
                parts.append(read_csv(path.name, content))
            else:
                parts += (read_archive if path.suffix.lower() == ZIP else read_workbook)(content)
        except UnreadableError as error:
            raise UserError(_("at-place", place=display_path(path), message=error.message), error.fix) from error
    limit_parts(parts)
    return parts


def _read_file(path: Path) -> bytes:
    try:
        return access.read(path.parent, path.name, MAX_FILE_BYTES)
    except FileNotFoundError:
        message = _("at-place", place=display_path(path), message=_("no-such-file"))
        raise UserError(message, _("check-file-name")) from None
    except OSError as error:
        message = _("cannot-read-name", name=display_path(path), error=describe_reason(error))
        raise UserError(message, _("remove-cause-and-rerun")) from error
