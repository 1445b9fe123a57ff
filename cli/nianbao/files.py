"""Files on the disk: written whole or not at all, read as text, and named as a person here would."""

import errno
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from filecmp import cmp
from functools import partial
from pathlib import Path

from nianbao.finding import Stop
from nianbao.language import N_, _, series

_HERE = Path(__file__).parent
# In a wheel the templates lie inside the package, in a checkout beside cli/.
TEMPLATES = _HERE / "templates" if (_HERE / "templates").is_dir() else _HERE.parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that a build gave: where it is, and whether its bytes are new."""

    path: str
    changed: bool


def shown(path: Path) -> str:
    """Name a file as a person here would: from the current folder where it lies below it."""
    with suppress(ValueError):
        return path.resolve().relative_to(Path.cwd()).as_posix()
    return path.as_posix()


def write(contents: Mapping[Path, bytes]) -> list[Saved]:
    """Put whole files in place: write each beside its goal, then move them all; those that are the same stay."""
    changed = {path: content for path, content in contents.items() if not same(path, content)}
    produce({path: partial(_put, content) for path, content in changed.items()})
    return [Saved(shown(path), path in changed) for path in contents]


def _put(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def produce(makers: Mapping[Path, Callable[[Path], object]], *, replace: bool = True) -> list[Saved]:
    """Put files in place that are too large for memory: each maker writes one beside its goal, then all are moved.

    Raises `Stop` where a file cannot be written, and, unless told to replace, where another one is there.
    """
    staged = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in makers}
    at = next(iter(makers), Path())
    try:
        for at, maker in makers.items():
            at.parent.mkdir(parents=True, exist_ok=True)
            maker(staged[at])
            with suppress(FileNotFoundError):
                staged[at].chmod(at.stat().st_mode)
        changed = {
            path: part for path, part in staged.items() if not (path.exists() and cmp(path, part, shallow=False))
        }
        others = [shown(path) for path in changed if path.exists()]
        if others and not replace:
            raise Stop(_("已经有 {files}，没有改动", files=series(others)), _("用 --out 写到别处，或用 --force 换掉"))
        for at, part in changed.items():
            part.replace(at)
    except OSError as error:
        raise Stop(
            _("写不了 {at}：{error}", at=shown(at), error=reason(error)), _("原来的文件没有改动；排除原因后再运行")
        ) from error
    finally:
        for part in staged.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return [Saved(shown(path), path in changed) for path in makers]


def same(path: Path, content: bytes) -> bool:
    """Tell whether a file already holds these bytes."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def text(path: Path) -> str:
    """Read a text; raises `Stop` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(_("读不了 {path}：{error}", path=shown(path), error=error)) from error


_REASONS = {
    errno.EACCES: N_("没有权限"),
    errno.EPERM: N_("没有权限"),
    errno.EROFS: N_("所在的盘是只读的"),
    errno.ENOSPC: N_("磁盘已满"),
    errno.EDQUOT: N_("超出磁盘配额"),
    errno.ENOTDIR: N_("上一级不是目录"),
    errno.EEXIST: N_("上一级不是目录"),
    errno.ENOENT: N_("没有上一级目录"),
    errno.EISDIR: N_("同名的是目录"),
    errno.ENAMETOOLONG: N_("文件名太长"),
}


def reason(error: OSError) -> str:
    """Say why the system refused a file."""
    return _(_REASONS.get(error.errno or 0, error.strerror or str(error)))
