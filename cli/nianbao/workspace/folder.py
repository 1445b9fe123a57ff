"""The files of a folder of reports by their names below it: on this machine's disk, or as another machine sent them."""

import errno
import os
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from nianbao.workspace import access
from nianbao.workspace.files import SavedFile, make_read_error, make_write_error, write


class Folder(Hashable, Protocol):
    """A folder of reports; names have `/` between their parts, such as `data/2020.toml`."""

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name, or with `/` at its end a folder."""

    def names(self, name: str) -> list[str]:
        """List the names in a folder below it, in no order; none where there is no such folder."""

    def read(self, name: str, limit: int = access.LIMIT) -> bytes:
        """Read a file; raises OSError where there is none, where it is refused, or has more bytes than the limit."""

    def stamp(self, name: str) -> Hashable:
        """Return what is another value once a file was changed; None where there is none."""

    def write(self, contents: Mapping[str, bytes]) -> list[SavedFile]:
        """Put whole files in place, all or none; raises `UserError` where one cannot be written."""


class DiskFolder(Struct, frozen=True):
    """A folder on this machine's disk; no link leads out of it."""

    root: Path

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name, or with `/` at its end a folder."""
        return os.path.exists(f"{self.root}/{name}")  # noqa: PTH110  # asked of thousands

    def names(self, name: str) -> list[str]:
        """List the names in a folder below it; none where it is no folder, or a link in a circle.

        Raises `UserError` where it cannot be read.
        """
        try:
            return os.listdir(f"{self.root}/{name}")  # noqa: PTH208  # a path for each of thousands takes longer
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise make_read_error(name, error) from error
            return []

    def read(self, name: str, limit: int = access.LIMIT) -> bytes:
        """Read a file as `access.read` does."""
        return access.read(self.root, name, limit)

    def stamp(self, name: str) -> Hashable:
        """Return the time of the last change in nanoseconds, and the size in bytes; None where there is no file."""
        try:
            found = os.stat(f"{self.root}/{name}")  # noqa: PTH116  # asked of thousands
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def write(self, contents: Mapping[str, bytes]) -> list[SavedFile]:
        """Put whole files in place, all or none; a link to another file of the folder stays one."""
        return write({(self.root / name).resolve(): content for name, content in contents.items()}, self.root)


@dataclass(frozen=True, slots=True)
class SentFolder:
    """A folder that another machine sent: what it is called there, and its files by name. It is not written."""

    called: str
    files: Mapping[str, bytes] = field(compare=False, repr=False)

    def exists(self, name: str) -> bool:
        """Tell whether a file was sent, or with `/` at its end one of a folder."""
        return name in self.files or (name.endswith("/") and any(sent.startswith(name) for sent in self.files))

    def names(self, name: str) -> list[str]:
        """List the names in a folder of which a file was sent."""
        above = f"{name}/"
        return list({sent.removeprefix(above).split("/")[0] for sent in self.files if sent.startswith(above)})

    def read(self, name: str, limit: int = access.LIMIT) -> bytes:
        """Return the bytes of a file; raises OSError where it was not sent, or has more bytes than the limit."""
        if name not in self.files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        if len(self.files[name]) > limit:
            raise access.make_size_error(limit)
        return self.files[name]

    def stamp(self, name: str) -> Hashable:
        """Return the bytes of a file, whose hash Python computes once; None where it was not sent."""
        return self.files.get(name)

    def write(self, contents: Mapping[str, bytes]) -> list[SavedFile]:
        """Refuse: what is written to a folder is written where it is."""
        raise make_write_error(Path(self.called, *list(contents)[:1]), OSError(errno.EROFS, os.strerror(errno.EROFS)))
