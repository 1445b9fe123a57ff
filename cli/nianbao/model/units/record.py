"""The record of a rollup, kept beside the data file that it wrote: `.2024.rollup.json`."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct, field

from nianbao.model.report import Number
from nianbao.model.value_types import format_number

_FIGURE_PATTERN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,20})?")


class RollupRecord(Struct, frozen=True):
    """How a data file was added up: the sums that were written, by which later edits are recognized.

    `units` are the units directly below that were in the sums: folder and name, as the register had them, None in a
    record of an earlier version. `incomplete` are the folders of units on every level that are missing from the sums,
    or that the office above has to know of, by the groups of `UnitGroups`.
    """

    figures: Mapping[str, Number]
    includes_own: bool = True  # the figures of the office itself (本级) are in the sums
    includes_broken: bool = False  # reports with errors are in the sums too
    units: Mapping[str, str] | None = None
    incomplete: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "RollupRecord | None":
        """Parse the text of a record's file; None for a text that is no record."""
        try:
            raw = json.loads(text)
            figures = {address: _parse_number(figure) for address, figure in raw["figures"].items()}
            units = {str(office): str(name) for office, name in raw["units"].items()} if "units" in raw else None
            incomplete = {group: list(map(str, offices)) for group, offices in raw.get("incomplete", {}).items()}
            return cls(figures, raw["own"] is True, raw["broken"] is True, units, incomplete)
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return None

    def format(self) -> str:
        """Format the record as JSON: figures other than 0, as texts, so that no digit is lost."""
        figures = {address: format_number(figure) for address, figure in self.figures.items() if figure}
        record = {
            "own": self.includes_own,
            "broken": self.includes_broken,
            "incomplete": dict(self.incomplete),
            "units": dict(self.units or {}),
            "figures": figures,
        }
        return json.dumps(record, indent=1) + "\n"


def _parse_number(text: str) -> int | Decimal:
    """Parse a figure of a record; raises ValueError for what no sum is: an exponent, or too many digits."""
    if not _FIGURE_PATTERN.fullmatch(text):
        raise ValueError(text)
    return Decimal(text) if "." in text else int(text)
