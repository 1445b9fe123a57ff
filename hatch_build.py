"""Compile the catalogues of what the program says when it is built or installed, so that git keeps each text once."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = "templates/languages/*/LC_MESSAGES/*.po"
NO_DATE = datetime(1980, 1, 1, tzinfo=UTC)  # Babel writes a date, and the same text must give the same bytes


def compile_catalogue(source: Path) -> None:
    """Write the `.mo` beside a `.po`, whole or not at all.

    Raises Babel's `PoFileError` where the text is no catalogue.
    """
    with source.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    made = io.BytesIO()
    write_mo(made, catalogue)
    part = source.with_suffix(".mo.part")
    part.write_bytes(made.getvalue())
    part.replace(source.with_suffix(".mo"))


class CatalogueHook(BuildHookInterface):
    """Compiles every catalogue before hatchling makes a wheel or an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Compile the catalogues of the checkout or of the unpacked sdist."""
        for source in sorted(Path(self.root).glob(CATALOGUES)):
            compile_catalogue(source)
