"""Messages to the user: the source names them by keys, and the gettext catalogue of each language says them.

Texts that are not ours are their own key: the Chinese of a form in the English catalogue, the English of typer in the
Chinese one. What no catalogue has stays as it is.

What is put into files, such as the comments of a data file, its schema and an Excel form, is in the language of the
document, see `locale`: it belongs to the office and to git, not to the person who runs the command. Labels of a form's
tables are not translated.
"""

from collections.abc import Iterable
from gettext import NullTranslations

_catalogue = NullTranslations()


def use_catalogue(catalogue: NullTranslations) -> None:
    """Print all messages in the words of this catalogue from now on."""
    global _catalogue  # noqa: PLW0603  # a process has one user
    _catalogue = catalogue


def _(key: str, /, **values: object) -> str:
    """Return the message of a key in the user's language, with the values filled in by name.

    Without a catalogue, in a broken installation, it is the key and the values.
    """
    words = _catalogue.gettext(key)
    if words == key:
        return " ".join((key, *map(str, values.values())))
    return words.format(**values) if values else words


def get_language() -> str:
    """Return the language of the messages, such as zh; an empty text without a catalogue."""
    return _catalogue.info().get("language", "")


def N_(key: str, /) -> str:  # noqa: N802  # the usual name with gettext
    """Mark the key of a message; `_` returns the message later."""
    return key


def translate(text: str, /, **values: object) -> str:
    """Return a text of a form or of typer in the user's language, with the values filled in by name."""
    translation = _catalogue.gettext(text) if text else text  # for "" gettext returns the header of the catalogue
    return translation.format(**values) if values else translation


def join_words(words: Iterable[object]) -> str:
    """Join words with the separator of the user's language: 、 in Chinese."""
    return _("list-separator").join(map(str, words))
