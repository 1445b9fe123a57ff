"""Types of TOML files, from which the loader, its messages and the schemas for editors are made.

A type derived from `Shape` is a table of such a file. Its fields are the keys, with the types and bounds of their
values; the descriptions of the fields are keys of messages, which editors show in the user's language.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a TOML file; unknown keys and values of other types are refused."""


Text: TypeAlias = Annotated[str, Meta(pattern=r"\S")]  # not blank
