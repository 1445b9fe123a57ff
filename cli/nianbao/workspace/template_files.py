"""Template files on the disk: those of TOML are read with the files that they are based on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn, TypeAlias

import msgspec
import toml_rs
from msgspec import Struct

from nianbao.model.facts import Facts
from nianbao.model.file_names import is_portable_path
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.form_file import YearsEntry
from nianbao.model.loading.inheritance import BASE, Fault, suggest
from nianbao.model.loading.loader import load, merge_sources, raise_faults
from nianbao.model.locale import Locale, LocaleFile, find_faults
from nianbao.model.locale.text_formats import find_text_faults
from nianbao.workspace.files import decode, display_path, make_read_error, parse_toml
from nianbao.workspace.formats import OFD, Format, FormatFile

Origin: TypeAlias = Literal["own", "added", "package", "program"]

COMPLETE_LOCALE = "locales/en.toml"  # one that has every word that the program says
_YEARS = re.compile(r"^years[ \t]*=.*", re.MULTILINE)


class TemplateFolder(Struct, frozen=True):
    """A folder of templates: its real path, and its name for people where that is another one.

    Trusted templates are read from a copy, and a cluster's worker has them in a folder of its own: people know neither.
    """

    path: Path
    shown: str = ""
    origin: Origin = "program"
    package: str = ""  # its name and version, of one that is installed

    def display(self, path: Path) -> str:
        """Name a file of this folder as people know it."""
        if not path.is_relative_to(self.path):
            return display_path(path)
        return (Path(self.shown or _display_folder(self.path)) / path.relative_to(self.path)).as_posix()

    def read_text(self, path: Path) -> str:
        """Read a template of this folder; raises `UserError` that names the file."""
        try:
            return decode(path.read_bytes(), self.display(path))
        except OSError as error:
            raise make_read_error(self.display(path), error) from error

    def read_toml(self, path: Path) -> Facts:
        """Read a template of TOML of this folder; raises `UserError` that names the file, the line and the column."""
        return parse_toml(self.read_text(path), self.display(path))


def read_chain(path: Path, tops: Sequence[TemplateFolder], *, cached: bool = False) -> list[Facts]:
    """Read a file and those that it is based on, itself first, each based on the next.

    A base is looked for by its name in the folder of the same name below each of `tops`, and is never the file itself.
    With `cached`, a file is read once as long as this process lives. Raises `UserError` where there is no such base, or
    where bases go round.
    """
    read = _read_once if cached else TemplateFolder.read_toml
    folders = {path: next(top for top in tops if path.is_relative_to(top.path))}
    place = path.parent.relative_to(folders[path].path)
    found = {path: read(folders[path], path)}
    here = path
    while base := found[here].tree.get(BASE):
        others = {other: top for top in reversed(tops) for other in (top.path / place).glob("*.toml") if other != here}
        folders |= others
        known = {other.stem: other for other in others}
        if not isinstance(base, str):
            _raise_base_error(found[here], _("base-should-be-text"))
        there = known.get(base, here if base == here.stem else None)
        if there is None:
            _raise_base_error(found[here], _("no-such-base", base=base) + suggest(base, sorted(known)))
        if there in found:
            files = [folders[file].display(file) for file in (*found, there)]
            _raise_base_error(found[here], _("bases-in-circle", chain=" → ".join(files[files.index(files[-1]) :])))
        found[there] = read(folders[there], there)
        here = there
    return list(found.values())


def _raise_base_error(source: Facts, why: str) -> NoReturn:
    raise_faults([source], [Fault((BASE,), why)])


@cache
def _display_folder(path: Path) -> str:
    """Name a folder for people; once, since to look where links lead takes longer than to read a template."""
    return display_path(path)


@cache
def _read_once(folder: TemplateFolder, path: Path) -> Facts:
    return folder.read_toml(path)


@cache
def read_years(path: Path, tops: tuple[TemplateFolder, ...]) -> YearsEntry:
    """Tell for which years a form is in force, as far as its file can be read; where it cannot, for all.

    So a form with mistakes is in the way of those reports only that need it.
    """
    try:
        return msgspec.convert(merge_sources(read_chain(path, tops, cached=True)).get("years", {}), YearsEntry)
    except (UserError, msgspec.ValidationError):
        try:
            line = _YEARS.search(tops[0].read_text(path))
            return msgspec.convert(toml_rs.loads(line[0])["years"] if line else {}, YearsEntry)
        except (UserError, toml_rs.TOMLDecodeError, msgspec.ValidationError):
            return YearsEntry()


@cache
def read_locale(language: str, tops: tuple[TemplateFolder, ...]) -> Locale:
    """Read the locale of a language, else of the language without its region, with those on which it is based.

    Raises `UserError` that tells what is wrong or missing.
    """
    names = [f"locales/{tag}.toml" for tag in (language, language.partition("-")[0])]
    paths = [(top, top.path / name) for name in names for top in tops]
    path = next((path for top, path in paths if path.is_file()), None)
    if path is None:
        known = sorted({path.stem for top in tops for path in top.path.glob("locales/*.toml")})
        raise UserError(
            _("no-such-locale", language=language, name=names[0]) + suggest(language, known),
            _("languages-available", known=join_words(known)),
        )
    sources = read_chain(path, tops, cached=True)
    file = load(LocaleFile, sources)
    shipped = tops[-1].path
    if not path.is_relative_to(shipped):
        every_word = _read_once(tops[-1], shipped / COMPLETE_LOCALE).tree["words"]
        if faults := [*find_faults(file, every_word), *find_text_faults(file.text)]:
            raise_faults(sources, faults)
    return Locale(language, file)


def read_format(suffix: str, known: Mapping[str, tuple[Path, TemplateFolder]]) -> Format:
    """Read an output format from its `format.toml`; raises `UserError` that tells what is wrong.

    `known` are these files of all formats by their suffixes, each with its folder of templates.
    """
    path, folder = known[suffix]
    source = folder.read_toml(path)
    file = load(FormatFile, [source])
    made_from = None
    if file.source in known and file.source != suffix:
        made_from = read_format(file.source, {file.source: known[file.source]})
    if found := list(_faults(file, path.parent, made_from)):
        raise_faults([source], found)
    fields = msgspec.structs.asdict(file)
    return Format(suffix=suffix, folder=str(path.parent), made_from=made_from, **fields)


def _faults(file: FormatFile, folder: Path, made_from: Format | None) -> Iterator[Fault]:
    """Find names that are none of a file of the folder, and a source that is no PDF."""
    for key, name in file.files.items():
        if not is_portable_path(name) or not (folder / name).exists():
            yield Fault((key,), _("not-file-of-folder", name=name))
    if file.source and not (made_from and made_from.engine):
        yield Fault(("source",), _("source-not-typst-format", name=file.source))
    if (file.writer == OFD) != bool(file.source):
        yield Fault(("writer",), _("writer-needs-source", writer=OFD))
    if file.writer == OFD and not file.reference:
        yield Fault(("writer",), _("writer-needs-reference", writer=OFD))
