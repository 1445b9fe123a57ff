"""The words that the program says: Chinese as they stand in the source, other languages from a gettext catalogue.

The report itself, a data file's comments and its schema stay Chinese, whoever ran the command: they belong
to the office and to git, not to the person at the keyboard. Labels of a form are quoted as the form has them.
"""

from collections.abc import Iterable
from gettext import NullTranslations

_catalogue = NullTranslations()


def use_catalogue(catalogue: NullTranslations) -> None:
    """Say everything from now on in a catalogue's language."""
    global _catalogue  # noqa: PLW0603  # one process speaks to one person
    _catalogue = catalogue


def _(words: str, /, **values: object) -> str:
    """Return words in the language spoken, with values put in by name; words that no catalogue knows stay."""
    translation = _catalogue.gettext(words) if words else words  # gettext answers "" with the catalogue's own heading
    return translation.format(**values) if values else translation


def N_(words: str, /) -> str:  # noqa: N802  # gettext's name for words that are said later
    """Mark words for the catalogue that `_` says later."""
    return words


def join_words(words: Iterable[object]) -> str:
    """Join words as the language does: with 、 in Chinese."""
    return _("、").join(map(str, words))
