"""Which language to speak: the one asked for, else the one of the system."""

import gettext
import locale
import os
import sys
from collections.abc import Mapping, Sequence

from nianbao.model import i18n
from nianbao.workspace.files import TEMPLATES

LANGUAGES = ("zh", "en")
DOMAIN = "nianbao"
CATALOGUES = TEMPLATES / "languages"
_OPTION = "--lang"


def use_language(name: str) -> None:
    """Say everything from now on in a language, the words of typer too, which asks gettext itself."""
    os.environ["LANGUAGE"] = name
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)
    i18n.use_catalogue(gettext.translation(DOMAIN, CATALOGUES, [name], fallback=True))


def is_outdated(name: str) -> bool:
    """Tell whether a catalogue is missing, or older than the text that it is compiled from.

    A checkout has the texts, and hatch_build.py compiles them at each install; a wheel holds no texts.
    """
    compiled = CATALOGUES / name / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        made = compiled.stat().st_mtime_ns
    except OSError:
        return True
    try:
        return made < compiled.with_suffix(".po").stat().st_mtime_ns
    except OSError:
        return False


def detect_language(environ: Mapping[str, str]) -> str:
    """Return the system's language: Chinese where it is Chinese or says nothing, else English.

    The variables are gettext's, in its order; Windows has none of them, and tells Python.
    """
    named = (environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    windows = locale.getlocale()[0] if sys.platform == "win32" else ""  # elsewhere it calls C English
    said = next(filter(None, named), None) or windows or ""
    return "zh" if said.lower().startswith(("zh", "chinese")) or said.split(".")[0] in {"", "C", "POSIX"} else "en"


def extract_option(words: Sequence[str]) -> tuple[str, list[str]]:
    """Take `--lang` from wherever it stands in a command line, and put it first, where typer judges it."""
    found: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            rest += [word, *left]
        elif word == _OPTION:
            found = [word, *[value for value in [next(left, None)] if value is not None]]
        elif word.startswith(f"{_OPTION}="):
            found = word.split("=", 1)
        else:
            rest.append(word)
    asked = found[1] if len(found) > 1 else ""
    return asked if asked in LANGUAGES else "", [*found, *rest]
