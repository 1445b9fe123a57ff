"""Names of a data file with the slips of a person: blanks, dots and commas between the keys of a path."""

import re
from typing import Any

from nianbao.model.i18n import N_
from nianbao.model.parsing.signs import QUOTES

PART = re.compile(rf"\"[^\"\n]*+\"|'[^'\n]*+'|[^\s=:.,;\[\]{{}}()#/{re.escape(QUOTES)}]++")
# A group repeats within `(?>…)`: before Python 3.11.5 a possessive repeat takes the beginning of one more with it.
PATH = re.compile(rf"(?:{PART.pattern})(?>(?:[ \t]*+\.[ \t]*+(?:{PART.pattern}))*)")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
BARE_PATH = re.compile(rf"{BARE_KEY.pattern}(?>(?:\.{BARE_KEY.pattern})*)")
_BETWEEN_KEYS = re.compile(r"[ \t.,;]++")
_AROUND = " \t.,;"
# A name with dots before, behind or twice between its keys, and the sign behind it.
ODD_PATH = re.compile(
    rf"(?=\.|{BARE_KEY.pattern}(?>(?:\.{BARE_KEY.pattern})*)\.)(\.*+{BARE_KEY.pattern}(?>(?:\.++{BARE_KEY.pattern})*)\.*+)"
    r"[ \t]*+(=)(?!=)"
)


def join_keys(words: str) -> str:
    """Join the keys of a name that has blanks between them, or dots too many; empty if one of them is no key."""
    path = ".".join(_BETWEEN_KEYS.split(words.strip(_AROUND)))
    return path if BARE_PATH.fullmatch(path) else ""


def describe_odd_name(words: str) -> tuple[str, str | None, dict[str, Any]]:
    """Describe a name whose keys are not joined by single dots: the message, what it should be, and its values.

    Of blanks nobody can tell whether a dot belongs there, or the mark within a key.
    """
    path = join_keys(words)
    if not path:
        return N_("slip-key-words"), None, {}
    if any(sign in words for sign in ".,;"):
        return N_("slip-key-dots"), path, {}
    return N_("slip-key-blank"), None, {"path": path, "joined": path.replace(".", "_")}
