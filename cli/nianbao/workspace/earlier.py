"""The reports of the periods before one, which pictures over several periods draw."""

from functools import partial

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
    """Return whether an edition of the kind has pictures over several periods that no office need ask for."""
    for path in store.kind.editions().values():
        try:
            text = path.read_text(encoding="utf-8")
            pictures = toml_rs.loads(text).get(PICTURES, []) if f"[[{PICTURES}]]" in text else []
        except (OSError, ValueError):  # whoever uses the edition is told
            continue
        if any(one.get("periods", 1) != 1 and not one.get("optional") for one in pictures if isinstance(one, dict)):
            return True
    return False
