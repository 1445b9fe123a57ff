"""Templates of TOML on the disk, each with the files that it is based on, as the loader reads them."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn

import msgspec
import toml_rs

from nianbao.model.facts import Facts
from nianbao.model.file_names import is_portable_path
from nianbao.model.finding import UserError
from nianbao.model.form_loader import YearsEntry
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import BASE, Fault, suggest
from nianbao.model.loading.loader import load, merge_sources, raise_faults
from nianbao.workspace.files import display_path, read_text, read_toml
from nianbao.workspace.formats import Format, FormatFile

_YEARS = re.compile(r"^years[ \t]*=.*", re.MULTILINE)


def read_chain(path: Path, tops: Sequence[Path], read: Callable[[Path], Facts] = read_toml) -> list[Facts]:
    """Read a file and those that it is based on, itself first, each based on the next.

    A base is looked for by its name in the folder of that kind below each of `tops`, and is never the file itself.
    Raises `UserError` where there is none, or where bases go round.
    """
    found = {path: read(path)}
    here = path
    while base := found[here].tree.get(BASE):
        known = {
            other.stem: other
            for top in reversed(tops)
            for other in top.glob(f"{path.parent.name}/*.toml")
            if other != here
        }
        if not isinstance(base, str):
            _raise_base_error(found[here], _("base 应为文字"))
        there = known.get(base, here if base == here.stem else None)
        if there is None:
            _raise_base_error(found[here], _("没有底本 {base}", base=base) + suggest(base, sorted(known)))
        if there in found:
            files = [*map(display_path, found), display_path(there)]
            _raise_base_error(
                found[here], _("底本绕成了圈：{chain}", chain=" → ".join(files[files.index(files[-1]) :]))
            )
        found[there] = read(there)
        here = there
    return list(found.values())


def _raise_base_error(source: Facts, why: str) -> NoReturn:
    raise_faults([source], [Fault((BASE,), why)])


@cache
def read_once(path: Path) -> Facts:
    """Read a file as `read_toml` does, and keep what it says: every report needs the forms."""
    return read_toml(path)


@cache
def read_years(path: Path, tops: tuple[Path, ...]) -> YearsEntry:
    """Tell for which years a form is in force, as far as its file can be read; where it cannot, for all.

    So a form with mistakes is in the way of those reports only that need it.
    """
    try:
        return msgspec.convert(merge_sources(read_chain(path, tops, read_once)).get("years", {}), YearsEntry)
    except (UserError, msgspec.ValidationError):
        try:
            line = _YEARS.search(read_text(path))
            return msgspec.convert(toml_rs.loads(line[0])["years"] if line else {}, YearsEntry)
        except (UserError, toml_rs.TOMLDecodeError, msgspec.ValidationError):
            return YearsEntry()


def read_format(path: Path) -> Format:
    """Read an output format from its `format.toml`; raises `UserError` that tells what is wrong."""
    source = read_toml(path)
    file = load(FormatFile, [source])
    if found := list(_faults(file, path.parent)):
        raise_faults([source], found)
    return Format(suffix=path.parent.name, folder=str(path.parent), **msgspec.structs.asdict(file))


def _faults(file: FormatFile, folder: Path) -> Iterator[Fault]:
    """Find names that are none of a file of the folder."""
    for key, name in file.files.items():
        if not is_portable_path(name) or not (folder / name).exists():
            yield Fault((key,), _("{name} 不是这个文件夹里的文件", name=name))
