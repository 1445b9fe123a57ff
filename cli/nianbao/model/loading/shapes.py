"""What may stand in a file of TOML, as types: the loader, the messages and the schemas for editors all follow them.

A type derived from `Shape` is a table of such a file. Its fields are the keys, their types and bounds what a value
may be, and their descriptions, in Chinese, what an editor says of them.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a file: every key is known, every value is of its type."""


Text: TypeAlias = Annotated[str, Meta(pattern=r"\S")]  # not blank
