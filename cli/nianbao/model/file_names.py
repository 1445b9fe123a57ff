"""Which names every disk takes as they are: those of Windows, of macOS and of Linux alike."""

import re
import unicodedata

_WINDOWS_DEVICES = r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?"
_FORBIDDEN = frozenset('<>:"/\\|?*')
_LENGTH_LIMIT = 240  # bytes: 255 are the most that a disk takes, and suffixes are added


def is_portable(name: str) -> bool:
    """Tell whether a name can be that of a file or a folder on every disk, and is the same name on each.

    It is no device of Windows (`CON`, `LPT1`), ends with neither a dot nor a space, which Windows drops, and holds
    none of the characters that Windows forbids or that a terminal does not print.
    """
    if not name or name in {".", ".."} or name != name.rstrip(". ") or re.fullmatch(_WINDOWS_DEVICES, name):
        return False
    is_printable = all(character.isprintable() for character in name)
    return is_printable and not _FORBIDDEN & set(name) and len(name.encode(errors="replace")) <= _LENGTH_LIMIT


def is_portable_path(path: str) -> bool:
    """Tell whether a path, parted by `/`, leads downwards only, and every part of it is portable."""
    return all(map(is_portable, path.split("/")))


def fold_name(name: str) -> str:
    """Return what names have in common that a disk may take for one: not case, form, or dots at the end."""
    return unicodedata.normalize("NFKC", name).casefold().rstrip(". ")
