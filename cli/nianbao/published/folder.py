"""The folder of an office, by a name that a stranger chose."""

import re
import unicodedata

_BYTES = 120  # of a name in UTF-8, which half of what a disk allows; the longest name of an office has 90
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|conin|conout|(?:com|lpt)[0-9¹²³])")  # by Windows


def folder_name(name: str) -> str:
    """Return a name as that of one folder on any disk, nothing else; empty where nothing is left of it.

    Letters, digits and a few signs stay; no path, no name with a meaning for a system or a shell, and nothing
    that is not seen.
    """
    plain = re.sub(r"[^\w（）()·-]+", "", unicodedata.normalize("NFC", name)).lstrip("-")
    short = plain.encode()[:_BYTES].decode(errors="ignore")
    return f"{short}_" if _RESERVED.fullmatch(short) else short
