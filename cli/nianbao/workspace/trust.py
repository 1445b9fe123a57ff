"""Trust in templates: those of a folder are used only where a person, or CI, trusts exactly these files.

Templates are code: Lua, Jinja and Typst. Records of trust have hashes of the content, and are kept outside of the
folder. Trusted templates are copied to the user's cache and used from there, so that nobody can change them between
the check and the use.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from stat import S_ISREG
from time import time

from nianbao.model.file_names import fold_name, is_portable_path
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.workspace.access import describe_reason
from nianbao.workspace.files import display_path, fingerprint, write
from nianbao.workspace.origins.own_templates import ADDED_SUFFIX, OwnTemplates, TrustRecord
from nianbao.workspace.shipped import TEMPLATES

VARIABLE = "NIANBAO_TRUST"  # fingerprints that are trusted, or 1 for any templates
ANY = "1"
_MAX_ENTRIES = 2_000  # files and folders below templates/
_MAX_BYTES = 64 << 20  # of all files together
_UNUSED_SECONDS = 30 * 24 * 3600  # after which an unused copy is removed
_LISTED_FILES = 5  # files that a message names
_OPEN_FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"))


def read_templates(root: Path) -> OwnTemplates | None:
    """Read the templates of a folder; None where it has none, or where they are those that come with nianbao.

    Raises `UserError` for what is no regular file below it, such as a link that leads elsewhere, for names that not
    every system supports, and for too many files or bytes.
    """
    top = Path(os.path.realpath(root / "templates"))  # which takes links in a circle, too
    if top == TEMPLATES.resolve() or not top.is_dir():
        return None
    _check_inside(top, root.resolve(), root / "templates")
    files = read_folder(top)
    return OwnTemplates(root, files) if files else None


def read_added_templates(folder: Path) -> OwnTemplates | None:
    """Read a folder of templates that `report.toml` adds; None where it is empty. Raises as `read_templates`."""
    files = read_folder(folder)
    return OwnTemplates(folder, files, is_added=True) if files else None


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder of templates, by its name below it; raises as `read_templates`."""
    try:
        return _read_files(folder.resolve())
    except OSError as error:
        path = display_path(Path(error.filename or folder))
        raise UserError(
            _("cannot-read-path", path=path, error=describe_reason(error)), _("remove-cause-and-rerun")
        ) from error


def _read_files(top: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}  # by the form that is the same on systems that ignore case
    remaining = _MAX_BYTES
    for path, real_path in _walk_files(top):
        name = path.relative_to(top).as_posix()
        first = names.setdefault(fold_name(name), name)
        if not is_portable_path(name) or first != name:
            raise _make_refused_error(path, _("name-not-portable"))
        files[name] = _read_content(real_path, remaining)
        remaining -= len(files[name])
    return files


def _walk_files(top: Path) -> Iterator[tuple[Path, Path]]:
    """Yield every file below a folder with its real path; raises `UserError` for a link that leads elsewhere."""
    folders, count = [top], 0
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                count += 1
                if count > _MAX_ENTRIES:
                    raise _make_refused_error(top, _("more-files-than", most=_MAX_ENTRIES))
                path = Path(entry.path)
                real_path = Path(os.path.realpath(path))  # as above: to read it says what is wrong
                _check_inside(real_path, top, path)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    yield path, real_path


def _check_inside(real_path: Path, top: Path, path: Path) -> None:
    """Raise `UserError` for a path whose real path is not in a folder."""
    if not real_path.is_relative_to(top):
        raise _make_refused_error(path, _("link-leads-outside"))


def _read_content(path: Path, limit: int) -> bytes:
    """Read a regular file; raises `UserError` for anything else, and where it has more than `limit` bytes."""
    with os.fdopen(os.open(path, os.O_RDONLY | _OPEN_FLAGS), "rb") as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _make_refused_error(path, _("not-regular-file"))
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _make_refused_error(path, _("templates-too-large", size=_MAX_BYTES >> 20))
    return content


def _make_refused_error(path: Path, why: str) -> UserError:
    printable = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in display_path(path))
    return UserError(_("cannot-use-path", path=printable, why=why), _("plain-files-only"))


# ── records of trust ─────────────────────────────────────────────────────────────────────────────────


def find_trusted_templates(root: Path) -> Path | None:
    """Return the copy from which the templates of a folder are used; None where it has none of its own.

    Raises `UserError` where they are not trusted as they are.
    """
    own = read_templates(root)
    return None if own is None else require_trust(own, root)


def require_trust(own: OwnTemplates, root: Path) -> Path:
    """Return the copy from which templates of a folder of reports are used; raises as `find_trusted_templates`."""
    if not is_trusted(own):
        raise _make_untrusted_error(own, root)
    return _copy_to_cache(own)


def is_trusted(own: OwnTemplates) -> bool:
    """Return whether exactly these files are trusted, by a record or by the environment variable."""
    values = os.environ.get(VARIABLE, "").replace(",", " ").split()
    if ANY in values or own.fingerprint in values:
        return True
    record = find_record(own)
    return record is not None and record.sums == own.sums


def _make_untrusted_error(own: OwnTemplates, root: Path) -> UserError:
    record = find_record(own)
    command = "report trust" if root.resolve() == Path.cwd() else f"report trust --root {display_path(root)}"
    if record is None:
        names = list(own.files)
        few = join_words(names[:_LISTED_FILES])
        return UserError(
            _("templates-not-trusted", folder=own.name, count=len(names), few=few),
            _("read-and-trust-templates", trust=command),
        )
    changes = [f"{change} {name}" for name, change in record.list_changes(own).items()]
    more = _("total-in-all", count=len(changes)) if len(changes) > _LISTED_FILES else ""
    return UserError(
        _("templates-changed-since-trusted", folder=own.name, changes=join_words(changes[:_LISTED_FILES]) + more),
        _("read-changes-and-trust", trust=command),
    )


def find_record(own: OwnTemplates) -> TrustRecord | None:
    """Return the record of a folder of templates; None where there is none, or where it cannot be read."""
    return _read_record(_get_record_path(own.record_name))


def read_recorded(record: TrustRecord) -> OwnTemplates | None:
    """Read the templates that a record is about, as they are now; raises as `read_templates`."""
    if record.folder.endswith(ADDED_SUFFIX):
        return read_added_templates(Path(record.folder.removesuffix(ADDED_SUFFIX)))
    return read_templates(Path(record.folder))


def list_records() -> list[TrustRecord]:
    """Return all records that can be read, sorted by folder."""
    records = map(_read_record, sorted(_get_record_folder().glob("*.json")))
    return sorted((record for record in records if record), key=lambda record: record.folder)


def _read_record(path: Path) -> TrustRecord | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return TrustRecord(str(values["folder"]), str(values["since"]), dict(values["files"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def save_record(own: OwnTemplates) -> None:
    """Trust templates as they were read, from now on; raises `UserError` where the record cannot be written."""
    values = {
        "folder": own.record_name,
        "since": date.today().isoformat(),  # noqa: DTZ011  # the day where the user is
        "files": own.sums,
    }
    write(
        {_get_record_path(own.record_name): json.dumps(values, ensure_ascii=False, indent=1).encode()},
        _get_record_folder(),
    )


def delete_record(folder: str) -> bool:
    """Stop trusting the templates of a folder, by `record_name`; return whether there was a record."""
    path = _get_record_path(folder)
    had_record = path.exists()
    path.unlink(missing_ok=True)
    return had_record


def _get_record_path(folder: str) -> Path:
    return _get_record_folder() / f"{fingerprint(folder)}.json"


def _get_record_folder() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415  # most folders have no templates

    return user_state_path("nianbao", appauthor=False) / "trusted"


# ── the copy that is used ────────────────────────────────────────────────────────────────────────────


def _copy_to_cache(own: OwnTemplates) -> Path:
    """Copy templates, as they were read, to the user's cache unless they are there already; return the folder."""
    from platformdirs import user_cache_path  # noqa: PLC0415  # see above

    copies = user_cache_path("nianbao", appauthor=False) / "templates"
    folder = (copies / own.fingerprint).resolve()
    try:
        if not _has_files(folder, own):
            copies.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_unused_copies(copies)
            temporary = Path(tempfile.mkdtemp(prefix=".", dir=copies))
            try:
                write({temporary / name: content for name, content in own.files.items()}, temporary)
                with suppress(OSError):  # another process was faster, and uses its copy by now
                    temporary.rename(folder)
                if not _has_files(folder, own):  # a damaged copy
                    shutil.rmtree(folder, ignore_errors=True)
                    with suppress(OSError):
                        temporary.rename(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
            if not _has_files(folder, own):
                raise _make_refused_error(folder, _("files-not-as-trusted"))
        os.utime(folder)
    except OSError as error:
        raise UserError(
            _("cannot-write", at=copies, error=describe_reason(error)), _("remove-cause-and-rerun")
        ) from error
    return folder


def _has_files(folder: Path, own: OwnTemplates) -> bool:
    try:
        return _read_files(folder) == own.files
    except (OSError, UserError):
        return False


def _remove_unused_copies(copies: Path) -> None:
    """Remove copies that were not used for `_UNUSED_SECONDS`, and as old incomplete ones of killed runs."""
    for path in copies.iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < time() - _UNUSED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
