"""Messages to the user: Chinese in the source, other languages from a gettext catalogue.

The report itself, the comments of a data file and its schema stay Chinese, whatever the language of the user: they
belong to the office and to git, not to the person who runs the command. Labels of a form are not translated.
"""

from collections.abc import Iterable
from gettext import NullTranslations

_catalogue = NullTranslations()


def use_catalogue(catalogue: NullTranslations) -> None:
    """Translate all messages with this catalogue from now on."""
    global _catalogue  # noqa: PLW0603  # a process has one user
    _catalogue = catalogue


def _(words: str, /, **values: object) -> str:
    """Return a message in the user's language (as it is if no catalogue has it), with the values filled in by name."""
    translation = _catalogue.gettext(words) if words else words  # for "" gettext returns the header of the catalogue
    return translation.format(**values) if values else translation


def N_(words: str, /) -> str:  # noqa: N802  # the usual name with gettext
    """Mark a message for the catalogue; `_` translates it later."""
    return words


def join_words(words: Iterable[object]) -> str:
    """Join words with the separator of the user's language: 、 in Chinese."""
    return _("、").join(map(str, words))
