"""The language of messages: the one asked for with `--lang`, else that of the system."""

import gettext
import locale
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from nianbao.model import i18n
from nianbao.workspace.shipped import TEMPLATES

LANGUAGES = ("zh", "en")
DOMAIN = "nianbao"
CATALOGUES = TEMPLATES / "languages"
_OPTION = "--lang"


def use_language(name: str) -> None:
    """Use a language for all messages from now on, those of typer too, which calls gettext itself."""
    os.environ["LANGUAGE"] = name
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)
    i18n.use_catalogue(gettext.translation(DOMAIN, CATALOGUES, [name], fallback=True))


@contextmanager
def use_language_of_documents(tag: str) -> Iterator[None]:
    """Use for a while the language that documents have, by its tag, such as zh-CN: what is found is put into files.

    Without a catalogue of it the language stays as it is. Processes that are started meanwhile use it, too.
    """
    before, name = i18n.get_language(), tag.partition("-")[0]
    if name not in LANGUAGES or before in {name, ""}:
        yield
        return
    use_language(name)
    try:
        yield
    finally:
        use_language(before)


def is_outdated(name: str) -> bool:
    """Return whether the compiled catalogue of a language is missing, or older than its source (.po).

    A checkout has the sources, and hatch_build.py compiles them at each install; a wheel has no sources.
    """
    compiled = CATALOGUES / name / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        compile_time = compiled.stat().st_mtime_ns
    except OSError:
        return True
    try:
        return compile_time < compiled.with_suffix(".po").stat().st_mtime_ns
    except OSError:
        return False


def detect_language(environ: Mapping[str, str]) -> str:
    """Return the system's language: `zh` where it is Chinese or not set, else `en`.

    The variables are gettext's, in its order; Windows sets none of them, and is asked through `locale`.
    """
    values = (environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    windows = locale.getlocale()[0] if sys.platform == "win32" else ""  # elsewhere it returns English for C
    name = next(filter(None, values), None) or windows or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) or name.split(".")[0] in {"", "C", "POSIX"} else "en"


def extract_option(words: Sequence[str]) -> tuple[str, list[str]]:
    """Move `--lang` from anywhere in a command line to its start, where typer validates it.

    Returns the language, empty where there is none or it is unknown, and the words of the command line.
    """
    option: list[str] = []
    rest: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            rest += [word, *remaining]
        elif word == _OPTION:
            option = [word, *[value for value in [next(remaining, None)] if value is not None]]
        elif word.startswith(f"{_OPTION}="):
            option = word.split("=", 1)
        else:
            rest.append(word)
    language = option[1] if len(option) > 1 else ""
    return language if language in LANGUAGES else "", [*option, *rest]
