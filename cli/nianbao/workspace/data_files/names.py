"""Names of data files as people write them, and what each should be."""

import re
from collections.abc import Iterable
from unicodedata import normalize

from nianbao.model.i18n import _
from nianbao.model.period import Calendar, Period, parse_period

SUFFIX = ".toml"
HIDDEN_SUFFIX = ".txt"  # Windows adds it, and does not show it
_PERIOD = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)"
    r"(?:[-_. ]?(?P<part>[hq][1-4])|[-_. ](?P<month>\d\d?)(?:[-_. ](?P<day>\d\d?))?)?",
    re.ASCII,
)
_SUFFIXES = (".tml", ".tom", ".txt", ".ini", ".conf")  # of texts that may be data files
_BACKUPS = (".bak", ".orig", ".old", "~")
SHEETS = (".xlsx", ".xls", ".et", ".csv")


def simplify(name: str) -> str:
    """Return a name in small letters, with signs and digits of ordinary width."""
    return normalize("NFKC", name).strip().lower()


def guess_period(name: str, calendar: Calendar) -> Period | None:
    """Guess the period, of a calendar, that the name of a file is about; None where it does not say."""
    match = _PERIOD.search(simplify(name))
    if not match:
        return None
    month, day = (int(match[group] or 0) for group in ("month", "day"))
    parts = {
        "year": "",
        "half-year": (match["part"] or "").upper(),
        "quarter": (match["part"] or "").upper(),
        "month": f"{month:02}",
        "event": f"{month:02}-{day:02}",
    }
    names = (f"{match['year']}-{parts[unit]}".rstrip("-") for unit in reversed(calendar.units))
    periods = (parse_period(name) for name in names)
    return next((period for period in periods if period and calendar.has(period)), None)


def may_be_data_file(name: str) -> bool:
    """Return whether a file that is not read may be meant as a data file, or as one to be made of it."""
    simple = simplify(name)
    return SUFFIX in simple or simple.endswith((*_SUFFIXES, *SHEETS)) or "." not in simple


def is_backup(name: str) -> bool:
    """Return whether a program writes files of such names beside those that a person changes."""
    return simplify(name).endswith(_BACKUPS)


def suggest_period(  # noqa: PLR0913, PLR0917  # all that is said
    period: Period, folder: str, names: Iterable[str], calendar: Calendar, have: str, kind: str
) -> str:
    """Say what to do where a period has no data file: rename one that is not called so, or begin it.

    `kind` is that of the report, unless it is the default one.
    """
    near = sorted(name for name in names if may_be_data_file(name) and guess_period(name, calendar) == period)
    if near:
        return _("rename-data-file", data=f"{folder}/{near[0]}", name=f"{period}{SUFFIX}")
    return _("begin-this-year", have=have, year=f"{period} --kind {kind}" if kind else period)
