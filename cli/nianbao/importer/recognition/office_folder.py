"""The folder of an office, by a name that comes from an untrusted file."""

import re
import unicodedata

from nianbao.model.file_names import is_portable

_MAX_BYTES = 120  # of a name in UTF-8, half of what a disk allows; the longest name of an office has 90


def make_folder_name(name: str) -> str:
    """Return a name as that of one folder on any disk, nothing else; empty where nothing is left of it.

    Letters, digits and a few punctuation characters stay; no path, no name with a meaning for a system or a shell,
    and no invisible character.
    """
    plain = re.sub(
        r"[^\w\N{FULLWIDTH LEFT PARENTHESIS}\N{FULLWIDTH RIGHT PARENTHESIS}()·-]+",
        "",
        unicodedata.normalize("NFC", name),
    ).lstrip("-")
    short = plain.encode()[:_MAX_BYTES].decode(errors="ignore")
    return short if is_portable(short) or not short else f"{short}_"  # Windows has no folder with the name of a device
