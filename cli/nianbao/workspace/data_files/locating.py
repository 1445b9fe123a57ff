"""Which office, kind and period a data file is of, by where it lies; also of a kind that is not there any more."""

from collections.abc import Sequence
from pathlib import Path

from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.period import Period, parse_period
from nianbao.workspace.data_files.names import SUFFIX
from nianbao.workspace.store import Store


def locate_file(store: Store, parts: Sequence[str], name: str) -> tuple[Store, Period]:
    """Open the folder for a data file, by the names of the folders between `data` and it, and its own name.

    Raises `UserError` where it is not a data file, or of a kind that is not there.
    """
    period, kinds = parse_period(name.removesuffix(SUFFIX)), store.list_kinds()
    shown = "/".join(("data", *parts, name))
    if not period or len(parts) > 2:  # noqa: PLR2004  # an office and a kind
        raise make_unknown_file_error(shown)
    kind = parts[-1] if parts and (parts[-1] in kinds or len(parts) > 1) else ""
    if kind and kind not in kinds:
        raise _make_gone_error(store, shown, kind)
    office = parts[0] if parts and parts[0] != kind else ""
    found = store.of_office(office).of_kind(kind)
    if not kind and office and is_of_gone_kind(store, office):
        raise _make_gone_error(store, shown, office)
    found.kind.require_period(period, shown)
    return found, period


def is_of_gone_kind(store: Store, office: str) -> bool:
    """Return whether the name of a folder below `data/` can only be that of a kind that is not there.

    It is named as kinds are, is no registered office, and its data files are of periods that the default kind does not
    have.
    """
    if not store.may_name_kind(office):
        return False
    names = store.folder.names(f"data/{office}")
    periods = [parse_period(name.removesuffix(SUFFIX)) for name in names if name.endswith(SUFFIX)]
    has = store.of_kind("").kind.settings.calendar.has
    return any(periods) and not any(has(period) for period in periods if period)


def _make_gone_error(store: Store, shown: str, kind: str) -> UserError:
    return UserError(
        _("kind-of-data-file-is-gone", data=shown, kind=kind),
        _("kinds-available-or-move-file", kinds=join_words(store.list_kinds())),
    )


def make_unknown_file_error(name: str) -> UserError:
    """Return the error for a word that is neither a period nor a data file."""
    return UserError(_("neither-year-nor-file", name=name), _("write-year-or-file"))


def make_stray_file_error(name: str) -> UserError:
    """Return the error for the path of a file that is below no folder `data/`, or is not there."""
    if Path(name).is_file():
        return UserError(_("data-file-outside-data", name=name), _("move-into-data"))
    return make_unknown_file_error(name)
