"""The period that a report is about: a year, a half of one, a quarter, a month, or the day of an event."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct

PeriodUnit: TypeAlias = Literal["year", "half-year", "quarter", "month", "event"]

FIRST_YEAR, LAST_YEAR = 1980, 9998  # dates of Word files begin in 1980; the due date is a year later
_MONTHS = {"half-year": 6, "quarter": 3, "month": 1}  # of a period
# By unit: what follows the year in the name of a period.
_PATTERNS: dict[PeriodUnit, str] = {
    "year": "",
    "half-year": r"-H[12]",
    "quarter": r"-Q[1-4]",
    "month": r"-(?:0[1-9]|1[0-2])",
    "event": r"-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
}
NAME = re.compile(rf"([0-9]{{4}})({'|'.join(_PATTERNS.values())})")  # of a period of any unit
_LAST_OF_ALL_MONTHS = 28  # the last day that every month has
_UNITS: dict[str, PeriodUnit] = {"H": "half-year", "Q": "quarter"}  # by the first letter of the part
# By unit: the parts of a year that are periods, as their names have them; events have none.
PARTS: dict[PeriodUnit, tuple[str, ...]] = {
    "year": ("",),
    "half-year": ("H1", "H2"),
    "quarter": ("Q1", "Q2", "Q3", "Q4"),
    "month": tuple(f"{month:02}" for month in range(1, 13)),
}
EXAMPLES: dict[PeriodUnit, str] = {
    "year": "2024",
    "half-year": "2024-H1",
    "quarter": "2024-Q3",
    "month": "2024-07",
    "event": "2024-07-15",
}


class Period(Struct, frozen=True, order=True):
    """A period; its text is the name of its data file: 2024, 2024-H1, 2024-Q3, 2024-07, or 2024-07-15 for an event."""

    year: int
    part: str = ""

    def __str__(self) -> str:
        return f"{self.year:04}-{self.part}" if self.part else f"{self.year:04}"

    @property
    def number(self) -> int:
        """Which half, quarter or month of the year it is, from 1; 0 for a year or an event."""
        return int(self.part.lstrip("HQ")) if self.part and "-" not in self.part else 0

    @property
    def unit(self) -> PeriodUnit:
        """The unit of the period, by its part of the year."""
        return "year" if not self.part else _UNITS.get(self.part[0]) or ("event" if "-" in self.part else "month")

    def get_previous(self) -> "Period | None":
        """Return the period before this one; None for an event, which says nothing of the one before."""
        return self._shift(-1)

    def get_next(self) -> "Period | None":
        """Return the period after this one; None for an event."""
        return self._shift(1)

    def _shift(self, count: int) -> "Period | None":
        unit = self.unit
        if unit == "event":
            return None
        if unit == "year":
            return Period(self.year + count) if 0 < self.year + count <= LAST_YEAR else None
        size = 12 // _MONTHS[unit]  # periods in a year
        years, position = divmod(self.number - 1 + count, size)
        return Period(self.year + years, f"{position + 1:02}" if unit == "month" else f"{self.part[0]}{position + 1}")


class Calendar(Struct, frozen=True):
    """How a kind of document counts its periods: their unit, and the day on which its years begin.

    A year that begins in the middle of a calendar year is named after the one in which it ends, as fiscal years are.
    `also` has further units, where some authors report by one unit and others by another.
    """

    unit: PeriodUnit = "year"
    month: int = 1
    day: int = 1
    also: tuple[PeriodUnit, ...] = ()

    @property
    def units(self) -> tuple[PeriodUnit, ...]:
        """The units of its periods, the usual one first."""
        return (self.unit, *self.also)

    def has(self, period: Period) -> bool:
        """Return whether a period is of its units, is there, and is of a year that a file can be dated in."""
        if period.unit not in self.units or not FIRST_YEAR <= period.year <= LAST_YEAR:
            return False
        return period.unit != "event" or _is_day(str(period))

    def get_first_day(self, period: Period) -> date:
        """Return the first day of a period; raises ValueError for one that does not exist, such as 2023-02-29."""
        if period.unit == "event":
            return date.fromisoformat(str(period))
        start = date(period.year - ((self.month, self.day) != (1, 1)), self.month, self.day)
        return add_months(start, (period.number - 1) * _MONTHS[period.unit]) if period.number else start

    def get_last_day(self, period: Period) -> date:
        """Return the last day of a period; raises ValueError for one that does not exist."""
        if period.unit == "event":
            return date.fromisoformat(str(period))
        months = 12 if period.unit == "year" else _MONTHS[period.unit]
        return add_months(self.get_first_day(period), months) - timedelta(days=1)

    def find_ended(self, day: date) -> Period:
        """Return the last period, of the usual unit, that has ended before a day; for events, the event of that day."""
        if self.unit == "event":
            return Period(day.year, f"{day:%m-%d}")
        periods = [Period(year, part) for year in range(day.year - 2, day.year + 2) for part in PARTS[self.unit]]
        return max(period for period in periods if self.get_last_day(period) < day)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or the last day of a shorter one."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = monthrange(year, month + 1)[1] if day.day > _LAST_OF_ALL_MONTHS else day.day
    return date(year, month + 1, min(day.day, last))


def parse_period(text: str) -> Period | None:
    """Return the period of a name such as 2024, 2024-H1, 2024-Q3, 2024-07 or 2024-07-15; None for any other text."""
    match = NAME.fullmatch(text)
    return Period(int(match[1]), match[2].removeprefix("-")) if match else None
