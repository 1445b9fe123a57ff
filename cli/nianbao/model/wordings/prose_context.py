"""What a sentence is about: topics and scopes by their words, and how it states changes and lists of parts."""

from typing import Annotated, Literal

from msgspec import Meta

from nianbao.model.loading.shapes import Shape, Text

_WORDS = Meta(description="field-words-pattern")


class Topic(Shape, frozen=True):
    """What figures are about, from its words on until those of another topic.

    With `lasts`, no other topic takes over before the sentence ends.
    """

    id: Annotated[Text, Meta(description="field-topic-id")]
    words: Annotated[Text, _WORDS]
    lasts: Annotated[bool, Meta(description="field-topic-lasts")] = False


class Scope(Shape, frozen=True):
    """Words after which figures are not those of this report: of another office, a part of it, another time.

    They are not compared; with `noted` a difference is a note. The words mean nothing for offices in whose name
    the pattern `own` is found. Figures behind words of `ends`, or behind a name of the office, are its own again.
    """

    what: Annotated[Text, Meta(description="field-scope-what")]
    words: Annotated[Text, _WORDS]
    own: Annotated[str, Meta(description="field-scope-own")] = ""
    noted: Annotated[bool, Meta(description="field-scope-noted")] = False
    ends: Annotated[str, Meta(description="field-scope-ends")] = ""


class Change(Shape, frozen=True):
    """Phrases that compare the figure stated before them with last year's.

    `of`: the number is a percentage of last year's, the difference from it, or last year's figure itself.
    """

    says: Annotated[tuple[Text, ...], _WORDS]
    of: Annotated[Literal["percent", "difference", "figure"], Meta(description="field-change-of")]
    down: Annotated[bool, Meta(description="field-change-down")] = False


class Author(Shape, frozen=True):
    """Where the name of another office stands as if it were the author.

    In brackets behind words of `own`; or in the place of one who does something, which begins behind `begins`, and
    who does what only the author does: words of `acts` behind it. Behind words of `partner` it is another party.
    Around its own name with a slip, `makes` says that the author makes something; # is the name.
    """

    own: Annotated[str, Meta(description="field-author-own")] = ""
    begins: Annotated[str, Meta(description="field-author-begins")] = ""
    acts: Annotated[str, Meta(description="field-author-acts")] = ""
    partner: Annotated[str, Meta(description="field-author-partner")] = ""
    makes: Annotated[str, Meta(description="field-author-makes")] = ""


class Parts(Shape, frozen=True):
    """How a sentence lists the parts of a figure: words that begin the list, that leave it open, and that end it."""

    begin: Annotated[str, Meta(description="field-parts-begin")] = ""
    open: Annotated[str, Meta(description="field-parts-open")] = ""
    end: Annotated[str, Meta(description="field-parts-end")] = ""
    units: Annotated[str, Meta(description="field-parts-units")] = ""
