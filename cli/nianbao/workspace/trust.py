"""Whose templates run: those of a folder only where a person, or CI, trusts these very files.

Templates are code: Lua, Jinja and Typst. What is trusted is remembered by content, outside of the folder. What was
trusted is laid out in the user's cache, and runs from there: nobody can change it between the look and the use.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from time import time

from nianbao.model.file_names import fold, is_plain
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.workspace.files import TEMPLATES, describe_reason, display_path, fingerprint, write

VARIABLE = "NIANBAO_TRUST"  # fingerprints that are trusted, or 1 for whatever there is
ANY = "1"
_MAX_ENTRIES = 2_000  # files and folders below templates/
_MAX_BYTES = 64 << 20  # bytes of them all
_UNUSED_SECONDS = 30 * 24 * 3600  # seconds after which a copy is removed
_LISTED_FILES = 5  # files that a message names
_OPEN_FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"))


@dataclass(frozen=True)
class OwnTemplates:
    """The templates that a folder has of its own, as they were read: the bytes of each file by its name."""

    root: Path
    files: Mapping[str, bytes]

    @cached_property
    def sums(self) -> dict[str, str]:
        """What each file is known by."""
        return {name: sha256(content).hexdigest() for name, content in sorted(self.files.items())}

    @cached_property
    def fingerprint(self) -> str:
        """What all of them together are known by."""
        return sha256(json.dumps(self.sums).encode()).hexdigest()

    @property
    def name(self) -> str:
        """How a person here would name their folder."""
        return display_path(self.root / "templates")


@dataclass(frozen=True, slots=True)
class TrustRecord:
    """What was trusted: the folder, since which day, and its templates by what each is known by."""

    folder: str
    since: str
    sums: Mapping[str, str]

    def list_changes(self, own: OwnTemplates) -> dict[str, str]:
        """Say of each file that is not as it was what became of it."""
        names = sorted(self.sums.keys() | own.sums.keys())
        return {name: self._change(name, own) for name in names if self.sums.get(name) != own.sums.get(name)}

    def _change(self, name: str, own: OwnTemplates) -> str:
        if name not in self.sums:
            return _("新增")
        return _("改动") if name in own.sums else _("删去")


def read_templates(root: Path) -> OwnTemplates | None:
    """Read the templates that a folder has of its own; None where it has none, or those of the program itself.

    Raises `UserError` for what is no plain file below it, such as a link that leads elsewhere, and where it is too
    much.
    """
    top = (root / "templates").resolve()
    if top == TEMPLATES.resolve() or not top.is_dir():
        return None
    _check_inside(top, root.resolve(), root / "templates")
    try:
        files = _read_files(top)
    except OSError as error:
        where = display_path(Path(error.filename or top))
        raise UserError(
            _("读不了 {path}：{error}", path=where, error=describe_reason(error)), _("排除原因后再运行")
        ) from error
    return OwnTemplates(root, files) if files else None


def _read_files(top: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    seen: dict[str, str] = {}
    left = _MAX_BYTES
    for path, whole in _walk_files(top):
        name = path.relative_to(top).as_posix()
        twin = seen.setdefault(fold(name), name)
        if not is_plain(name) or twin != name:
            raise _make_refused_error(path, _("这个名称不是每个系统都能用"))
        found[name] = _read_content(whole, left)
        left -= len(found[name])
    return found


def _walk_files(top: Path) -> Iterator[tuple[Path, Path]]:
    """Give every file below a folder, and where it really is; raises `UserError` for a link that leads elsewhere."""
    folders, count = [top], 0
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                count += 1
                if count > _MAX_ENTRIES:
                    raise _make_refused_error(top, _("文件超过 {most} 个", most=_MAX_ENTRIES))
                path = Path(entry.path)
                whole = path.resolve()
                _check_inside(whole, top, path)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    yield path, whole


def _check_inside(whole: Path, top: Path, path: Path) -> None:
    """Raise `UserError` for a path which leads, as a whole, out of a folder."""
    if not whole.is_relative_to(top):
        raise _make_refused_error(path, _("是指到目录之外的链接"))


def _read_content(path: Path, most: int) -> bytes:
    """Read a plain file; raises `UserError` for anything else, and where it is larger than `most` bytes."""
    with os.fdopen(os.open(path, os.O_RDONLY | _OPEN_FLAGS), "rb") as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _make_refused_error(path, _("不是普通文件"))
        content = file.read(most + 1)
    if len(content) > most:
        raise _make_refused_error(path, _("模板一共超过 {size} MB", size=_MAX_BYTES >> 20))
    return content


def _make_refused_error(path: Path, why: str) -> UserError:
    path_shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in display_path(path))
    return UserError(_("不能用 {path}：{why}", path=path_shown, why=why), _("templates/ 里只放普通文件；移走它再运行"))


# ── who trusts what ──────────────────────────────────────────────────────────────────────────────────


def find_trusted_templates(root: Path) -> Path | None:
    """Return where the templates that a folder has of its own can be read from; None where it has none.

    Raises `UserError` where nobody trusts them as they are.
    """
    own = read_templates(root)
    if own is None:
        return None
    if not is_trusted(own):
        raise _make_untrusted_error(own)
    return _copy_to_cache(own)


def is_trusted(own: OwnTemplates) -> bool:
    """Tell whether a person trusts these very files, or the variable does."""
    said = os.environ.get(VARIABLE, "").replace(",", " ").split()
    if ANY in said or own.fingerprint in said:
        return True
    before = find_record(own.root)
    return before is not None and before.sums == own.sums


def _make_untrusted_error(own: OwnTemplates) -> UserError:
    before = find_record(own.root)
    trust = "report trust" if own.root.resolve() == Path.cwd() else f"report trust --root {display_path(own.root)}"
    if before is None:
        names = list(own.files)
        few = join_words(names[:_LISTED_FILES])
        return UserError(
            _("{folder} 里有 {count} 个模板（{few} 等），还没有信任", folder=own.name, count=len(names), few=few),
            _("模板是程序，会运行。看过以后运行 {trust}；不要它们就移走 templates/", trust=trust),
        )
    changes = [f"{change} {name}" for name, change in before.list_changes(own).items()]
    more = _("，共 {count} 个", count=len(changes)) if len(changes) > _LISTED_FILES else ""
    return UserError(
        _(
            "{folder} 里的模板自从信任以后变了：{changes}",
            folder=own.name,
            changes=join_words(changes[:_LISTED_FILES]) + more,
        ),
        _("看过改动以后再运行一次 {trust}", trust=trust),
    )


def find_record(root: Path) -> TrustRecord | None:
    """Return what was trusted of a folder; None where nothing was, or nobody can tell any more."""
    return _read_record(_get_record_path(root))


def list_records() -> list[TrustRecord]:
    """Return everything that was trusted, by folder."""
    found = map(_read_record, sorted(_get_record_folder().glob("*.json")))
    return sorted((one for one in found if one), key=lambda one: one.folder)


def _read_record(path: Path) -> TrustRecord | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return TrustRecord(str(told["folder"]), str(told["since"]), dict(told["files"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def save_record(own: OwnTemplates) -> None:
    """Trust templates as they were read, from now on."""
    told = {
        "folder": str(own.root.resolve()),
        "since": date.today().isoformat(),  # noqa: DTZ011  # the person's own day
        "files": own.sums,
    }
    write({_get_record_path(own.root): json.dumps(told, ensure_ascii=False, indent=1).encode()}, _get_record_folder())


def delete_record(root: Path) -> bool:
    """Trust the templates of a folder no longer; tell whether they were."""
    path = _get_record_path(root)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def _get_record_path(root: Path) -> Path:
    return _get_record_folder() / f"{fingerprint(str(root.resolve()))}.json"


def _get_record_folder() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415  # most folders have no templates

    return user_state_path("nianbao", appauthor=False) / "trusted"


# ── the copy that runs ───────────────────────────────────────────────────────────────────────────────


def _copy_to_cache(own: OwnTemplates) -> Path:
    """Lay templates out in the user's cache as they were read, unless they are there; return the folder."""
    from platformdirs import user_cache_path  # noqa: PLC0415  # see above

    copies = user_cache_path("nianbao", appauthor=False) / "templates"
    folder = (copies / own.fingerprint).resolve()
    try:
        if not _has_files(folder, own):
            copies.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_unused_copies(copies)
            staged = Path(tempfile.mkdtemp(prefix=".", dir=copies))
            try:
                write({staged / name: content for name, content in own.files.items()}, staged)
                shutil.rmtree(folder, ignore_errors=True)  # one that is damaged
                with suppress(OSError):  # another process was faster
                    staged.rename(folder)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
            if not _has_files(folder, own):
                raise _make_refused_error(folder, _("里面的文件和信任的不一样"))
        os.utime(folder)
    except OSError as error:
        raise UserError(
            _("写不了 {at}：{error}", at=copies, error=describe_reason(error)), _("排除原因后再运行")
        ) from error
    return folder


def _has_files(folder: Path, own: OwnTemplates) -> bool:
    try:
        return _read_files(folder) == own.files
    except (OSError, UserError):
        return False


def _remove_unused_copies(copies: Path) -> None:
    """Remove copies that nobody has used for a while, and those of runs that were killed."""
    for path in copies.iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < time() - _UNUSED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
