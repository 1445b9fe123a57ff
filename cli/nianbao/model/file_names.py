"""Names of files and folders that are valid, and stay the same, on Windows, macOS and Linux."""

import re
import unicodedata

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")  # of a kind or a rule: words in lower case with hyphens between them
_WINDOWS_DEVICES = r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?"
_FORBIDDEN = frozenset('<>:"/\\|?*')
# Most of `is_portable` as a regular expression of any engine, for the schemas of editors; `-` is last in its class.
PORTABLE_PATTERN = r"""^[^.<>:"/\\|?*]([^<>:"/\\|?*]*[^<>:"/\\|?*. ])?$"""
_LENGTH_LIMIT = 240  # bytes: file systems allow 255, and suffixes are added


def is_portable(name: str) -> bool:
    """Return whether a name is valid for a file or a folder on every file system, and the same name on each.

    It is no device of Windows (`CON`, `LPT1`), does not end with a dot or a space, which Windows drops, and has no
    character that Windows forbids or that is not printable.
    """
    if not name or name in {".", ".."} or name != name.rstrip(". ") or re.fullmatch(_WINDOWS_DEVICES, name):
        return False
    is_printable = all(character.isprintable() for character in name)
    return is_printable and not _FORBIDDEN & set(name) and len(name.encode(errors="replace")) <= _LENGTH_LIMIT


def is_portable_path(path: str) -> bool:
    """Return whether every part of a path, split at `/`, is a portable name; so no part is empty, `.` or `..`."""
    return all(map(is_portable, path.split("/")))


def fold_name(name: str) -> str:
    """Return a name without what some file systems ignore: case, Unicode form, dots and spaces at the end."""
    return unicodedata.normalize("NFKC", name).casefold().rstrip(". ")
