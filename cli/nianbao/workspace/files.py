"""Files on the disk: written whole or not at all, read as text, and named as a person here would."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from filecmp import cmp
from functools import partial
from hashlib import blake2b
from io import StringIO
from pathlib import Path

from msgspec import Struct

from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.parsing.encoding import find_no_data_file, find_other_encoding
from nianbao.workspace import staging
from nianbao.workspace.access import RefusedError, describe_reason, is_regular, read, resolve_target


class SavedFile(Struct, frozen=True):
    """A file that a build gave: where it is, and whether its bytes are new."""

    path: str
    changed: bool


def display_path(path: Path) -> str:
    """Name a file as a person here would: from the current folder where it lies below it."""
    whole = Path(os.path.realpath(path))  # which takes links in a circle, too
    with suppress(ValueError):
        return whole.relative_to(Path.cwd()).as_posix()
    return path.as_posix()


def write(contents: Mapping[Path, bytes], top: Path) -> list[SavedFile]:
    """Put whole files in place below a folder, all or none; those that are the same stay. Raises as `write_by`."""
    changed = {path: content for path, content in contents.items() if not has_content(path, content)}
    staging.remove_abandoned_beside(contents)
    write_by({path: partial(_write_bytes, content) for path, content in changed.items()}, top)
    return [SavedFile(display_path(path), path in changed) for path in contents]


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def write_by(
    makers: Mapping[Path, Callable[[Path], object]], top: Path, *, replace: bool = True, threads: int = 1
) -> list[SavedFile]:
    """Put files in place that are too large for memory: each maker writes one beside its goal, then all are moved.

    With several `threads` as many makers work at once. What stands in a goal's place is replaced, a link too. Raises
    `UserError` where a file cannot be written, where links lead out of the folder `top`, and, unless told to replace,
    where another one is there.
    """
    with ExitStack() as left:
        folders: dict[Path, Path] = {}
        staged: dict[Path, tuple[Path, Path]] = {}
        for path in makers:
            with _report_write_errors(path):
                goal = resolve_target(path, top)
                if goal.parent not in folders:
                    goal.parent.mkdir(parents=True, exist_ok=True)
                    folders[goal.parent] = left.enter_context(staging.make_folder_beside(goal.parent))
                staged[path] = goal, folders[goal.parent] / path.name
        _make_files(makers, staged, threads)
        changed = {path: pair for path, pair in staged.items() if _is_different(*pair)}
        others = [display_path(path) for path, (goal, _part) in changed.items() if os.path.lexists(goal)]
        if others and not replace:
            raise UserError(_("files-already-there", files=join_words(others)), _("write-elsewhere-or-force"))
        for path, (goal, part) in changed.items():
            with _report_write_errors(path):
                part.replace(goal)
    return [SavedFile(display_path(path), path in changed) for path in makers]


def _make_files(
    makers: Mapping[Path, Callable[[Path], object]], staged: Mapping[Path, tuple[Path, Path]], threads: int
) -> None:
    def make(path: Path) -> None:
        with _report_write_errors(path):
            makers[path](staged[path][1])
            _keep_mode(*staged[path])

    if threads == 1:
        for path in makers:
            make(path)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # few commands need it

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, makers))


@contextmanager
def _report_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise make_write_error(path, error) from error


def _keep_mode(goal: Path, part: Path) -> None:
    if is_regular(goal):
        part.chmod(goal.stat().st_mode & 0o777)


def _is_different(goal: Path, part: Path) -> bool:
    return not (is_regular(goal) and cmp(goal, part, shallow=False))


def make_write_error(path: Path, error: OSError) -> UserError:
    """Say why a file cannot be written, and what to do."""
    fix = _("not-written-through-link") if isinstance(error, RefusedError) else _("files-untouched-rerun")
    return UserError(_("cannot-write", at=display_path(path), error=describe_reason(error)), fix)


def fingerprint(*parts: bytes | str | None) -> str:
    """Return a short text by which content is known again: the same for the same parts only; a part may be missing."""
    digest = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(b"-" if raw is None else b"%d:%s" % (len(raw), raw))
    return digest.hexdigest()


def has_content(path: Path, content: bytes) -> bool:
    """Tell whether a regular file, no link to one, already holds these bytes."""
    try:
        return is_regular(path) and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def is_larger(path: Path, limit: int) -> bool:
    """Tell whether there is a file of more bytes than the limit."""
    try:
        return path.stat().st_size > limit
    except OSError:
        return False


def read_bytes(path: Path) -> bytes | None:
    """Read the bytes of a file of ours or of the system's; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def read_text(path: Path, top: Path | None = None) -> str:
    """Read a text; one of a folder `top` only as `access.read` does. Raises `UserError` where it cannot be read."""
    try:
        raw = read(top, path.relative_to(top).as_posix()) if top else path.read_bytes()
    except OSError as error:
        raise make_read_error(display_path(path), error) from error
    return decode(raw, display_path(path))


def decode(raw: bytes, name: str) -> str:
    """Decode a text of UTF-8, with the ends of lines that Python has; raises `UserError` that names the file."""
    if finding := find_other_encoding(raw, name):
        raise make_reading_error(finding)
    return StringIO(raw.decode("utf-8"), newline=None).read()


def make_reading_error(finding: Finding) -> UserError:
    """Make the error for a file of settings or templates that cannot be read: every finding on a line of its own."""
    lines = [f"{one.place}: {one.message}" for one in finding.split()]
    return UserError("\n".join(lines), finding.fix or _("mend-file"))


def make_read_error(name: str, error: OSError) -> UserError:
    """Say why a file cannot be read."""
    fix = _("put-regular-file-there" if isinstance(error, RefusedError) else "remove-cause-and-rerun")
    return UserError(_("cannot-read-name", name=name, error=describe_reason(error)), fix)


def parse_facts(content: bytes, name: str) -> Facts | Finding:
    """Read the bytes of a file of facts; what is no UTF-8 text gives the finding that says so."""
    return find_no_data_file(content, name) or parse(content.decode("utf-8"), name)


def parse_toml(text: str, name: str) -> Facts:
    """Parse a text of TOML, its decimals as floats; raises `UserError` that says where it is broken."""
    found = parse(text, name, float, is_data=False)
    if isinstance(found, Finding):
        raise make_reading_error(found)
    return found
