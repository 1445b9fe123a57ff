"""The reports of the periods before one, which pictures over several periods draw."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import toml_rs

from nianbao.model.finding import try_work
from nianbao.model.period import Period
from nianbao.model.pictures import MAX_PERIODS, PICTURES
from nianbao.model.pictures.requests import list_pictures
from nianbao.model.report import Report
from nianbao.workspace.store import Store


def list_earlier(store: Store, period: Period, count: int) -> list[Period]:
    """List so many periods before one, oldest first; of events only those that have a report."""
    if store.kind.settings.calendar.unit == "event":
        return [one for one in store.periods() if one < period][-count:] if count else []
    found: list[Period] = []
    before = period.get_previous()
    while before and len(found) < count:
        found.insert(0, before)
        before = before.get_previous()
    return found


def read_earlier(store: Store, report: Report) -> dict[Period, Report | None]:
    """Read the reports before one that its pictures draw, oldest first; None for one that is missing or unreadable."""
    count = max((picture.periods for picture in list_pictures(report)), default=1) - 1
    earlier: dict[Period, Report | None] = {}
    for period in list_earlier(store, report.period, count) if report.period else []:
        read = try_work(partial(store.report, period), store.data(period)) if store.has(period) else None
        earlier[period] = read if isinstance(read, Report) else None
    return earlier


def list_drawn_periods(store: Store, period: Period, content: bytes) -> list[Period]:
    """List the periods before one whose data files its pictures may draw; `content` is that of its own data file."""
    if PICTURES.encode() not in content and not _prescribes_periods(store):
        return []
    return [one for one in list_earlier(store, period, MAX_PERIODS - 1) if store.has(one)]


def _prescribes_periods(store: Store) -> bool:
    """Return whether an edition of the kind has pictures over several periods that no office need ask for.

    To read the forms would take longer: an edition that is based on another may say a part of a picture only.
    """
    paths = store.kind.editions().values()
    entries = [entry for path in paths for entry in _read_pictures(path, path.stat().st_mtime_ns)]
    drawn = {str(entry.get("id")) for entry in entries if not entry.get("optional")}
    return any(entry.get("periods", 1) != 1 and str(entry.get("id")) in drawn for entry in entries)


@lru_cache(maxsize=64)  # a build asks for each of thousands of reports
def _read_pictures(path: Path, _modified: int) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        found = toml_rs.loads(text).get(PICTURES, []) if PICTURES in text else []
    except (OSError, ValueError):  # whoever uses the edition is told
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
