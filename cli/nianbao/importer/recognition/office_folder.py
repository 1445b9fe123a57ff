"""The folder of an office, by a name that a stranger chose."""

import re
import unicodedata

from nianbao.model.file_names import portable

_MAX_BYTES = 120  # of a name in UTF-8, which half of what a disk allows; the longest name of an office has 90


def make_folder_name(name: str) -> str:
    """Return a name as that of one folder on any disk, nothing else; empty where nothing is left of it.

    Letters, digits and a few signs stay; no path, no name with a meaning for a system or a shell, and nothing
    that is not seen.
    """
    plain = re.sub(r"[^\w（）()·-]+", "", unicodedata.normalize("NFC", name)).lstrip("-")
    short = plain.encode()[:_MAX_BYTES].decode(errors="ignore")
    return short if portable(short) or not short else f"{short}_"  # a device of Windows is no folder there
