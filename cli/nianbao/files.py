"""Files on the disk: written whole or not at all, read as text, and named as a person here would."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from nianbao.finding import Stop
from nianbao.language import N_, _

PACKAGE = Path(__file__).parent
# In a wheel the templates lie inside the package, in a checkout beside cli/.
TEMPLATES = PACKAGE / "templates" if (PACKAGE / "templates").is_dir() else PACKAGE.parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that a build gave: where it is, and whether its bytes are new."""

    path: str
    changed: bool


def shown(path: Path) -> str:
    """Name a file as a person here would: from the current folder where it lies below it.

    A file below a folder that stands for one elsewhere is named as a person there would.
    """
    whole = path.resolve()
    for folder, there in _ELSEWHERE.items():
        if whole.is_relative_to(folder):
            return (there / whole.relative_to(folder)).as_posix()
    with suppress(ValueError):
        return whole.relative_to(Path.cwd()).as_posix()
    return path.as_posix()


@contextmanager
def standing_for(there: str, folder: Path) -> Iterator[None]:
    """Name what lies below a folder as people elsewhere do, whose files these are."""
    folder = folder.resolve()
    _ELSEWHERE[folder] = PurePosixPath(there)
    try:
        yield
    finally:
        del _ELSEWHERE[folder]


_ELSEWHERE: dict[Path, PurePosixPath] = {}


def write(contents: Mapping[Path, bytes]) -> list[Saved]:
    """Put whole files in place: write each beside its goal, then move them all."""
    changed = {path: content for path, content in contents.items() if not same(path, content)}
    staged: dict[Path, Path] = {}
    at = next(iter(contents), Path())
    try:
        for at, content in changed.items():
            at.parent.mkdir(parents=True, exist_ok=True)
            staged[at] = at.with_name(f".{at.name}.{os.getpid()}.part")
            staged[at].write_bytes(content)
            with suppress(FileNotFoundError):
                staged[at].chmod(at.stat().st_mode)
        for at, part in staged.items():
            part.replace(at)
    except OSError as error:
        raise Stop(
            _("写不了 {at}：{error}", at=shown(at), error=reason(error)), _("原来的文件没有改动；排除原因后再运行")
        ) from error
    finally:
        for part in staged.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return [Saved(shown(path), path in changed) for path in contents]


def fingerprint(*parts: bytes | str | None) -> str:
    """Return a short text by which content is known again: the same for the same parts only; a part may be missing."""
    digest = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(b"-" if raw is None else b"%d:%s" % (len(raw), raw))
    return digest.hexdigest()


def same(path: Path, content: bytes) -> bool:
    """Tell whether a file already holds these bytes."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def content(path: Path) -> bytes | None:
    """Read the bytes of a file; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


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
