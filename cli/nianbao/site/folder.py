"""The folder of a site: which files in it are ours, and their checksums in `SHA256SUMS`."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path

from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.workspace.access import is_regular, read
from nianbao.workspace.files import display_path, make_read_error, write

CHECKSUMS = "SHA256SUMS"
_MAX_CHECKSUMS_BYTES = 2**27  # of a million files
_LISTED = 5  # files that a message names


class SiteFolder:
    """The folder of a site, which is one of ours where it has `SHA256SUMS`; `checksums` has them by name of file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_ours = is_regular(path / CHECKSUMS)
        self.checksums = _read_checksums(path) if self.is_ours else {}

    def claim(self, names: Iterable[str]) -> None:
        """Make the folder one of ours; raises `UserError` where it is none, and files stand where `names` will."""
        if self.is_ours:
            return
        wanted = [*names, CHECKSUMS]
        folders = sorted({name.partition("/")[0] for name in wanted if "/" in name})
        others = [name for name in folders if os.path.lexists(self.path / name) and not (self.path / name).is_dir()]
        others += [name for name in wanted if os.path.lexists(self.path / name)]
        if others:
            shown = join_words([*others[:_LISTED], *(["…"] if len(others) > _LISTED else [])])
            raise UserError(
                _("site-folder-has-other-files", folder=display_path(self.path), files=shown), _("name-folder-for-site")
            )
        self._write_list({})
        self.is_ours = True

    def finish(self, changed: Mapping[str, bool]) -> list[str]:
        """Write the list of all files, by name whether they have changed, and remove those that are no longer on it.

        One that somebody else has changed stays. Returns the names of those that were removed.
        """
        gone = self.checksums.keys() - changed.keys()
        removed = sorted(name for name in gone if self._is_as_listed(name))
        for name in removed:
            (self.path / name).unlink()
            with suppress(OSError):  # other files are there
                for above in Path(name).parents[:-1]:
                    (self.path / above).rmdir()
        self._write_list({name: self.digest(name, changed=is_changed) for name, is_changed in changed.items()})
        return removed

    def digest(self, name: str, *, changed: bool) -> str:
        """Return the SHA-256 of a file; from the list where it has not changed."""
        return self._digest(name) if changed or name not in self.checksums else self.checksums[name]

    def _is_as_listed(self, name: str) -> bool:
        path = self.path / name
        return (
            is_regular(path)
            and path.resolve().is_relative_to(self.path.resolve())
            and (self._digest(name) == self.checksums[name])
        )

    def _digest(self, name: str) -> str:
        with (self.path / name).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()

    def _write_list(self, sums: Mapping[str, str]) -> None:
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
        write({self.path / CHECKSUMS: lines.encode()}, self.path)


def _read_checksums(folder: Path) -> dict[str, str]:
    try:
        text = read(folder, CHECKSUMS, _MAX_CHECKSUMS_BYTES).decode(errors="replace")
    except OSError as error:
        raise make_read_error(display_path(folder / CHECKSUMS), error) from error
    pairs = (line.split("  ", 1) for line in text.splitlines())
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}  # noqa: PLR2004  # a digest and a name
