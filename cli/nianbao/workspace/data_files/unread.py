"""Find files below `data/` that no report is made of, and say what they should be called."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from msgspec import Struct

from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.i18n import _
from nianbao.model.offices import REGISTER_FILE
from nianbao.model.period import EXAMPLES, Calendar, Period, parse_period
from nianbao.workspace.data_files import names
from nianbao.workspace.data_files.locating import locate_file
from nianbao.workspace.store import Store

_DEPTH = 2  # of folders below `data/`: an office and a kind
RULE = "unread-file"


class UnreadFile(Struct, frozen=True):
    """A file that is not read, or a folder of an office without any, the period that it seems to be of, and why."""

    file: str
    period: Period | None
    message: str
    fix: str

    def make_finding(self) -> Finding:
        """Make the finding that says so."""
        return Finding(RULE, "warning", Place(self.file), self.message, fix=self.fix)


def find_unread_files(store: Store) -> Iterator[UnreadFile]:
    """Find every file below `data/` that is not read; the mistakes of a kind only once."""
    told: set[str] = set()
    kinds = store.list_kinds()
    for parts in _list_folders(store):
        files: list[UnreadFile] = []
        with suppress(UserError):  # what is wrong with a kind, the list of kinds says
            files = list(_judge_folder(store, kinds, parts))
        for file in files:
            if file.message not in told:
                told.add(file.message)
                yield file


def find_unread_of(store: Store, offices: Iterable[str], periods: Collection[Period]) -> list[UnreadFile]:
    """Find the files of offices that are not read: those of the kind of the store that may be of these periods.

    Files of later periods count, too, and those of which nobody can tell.
    """
    kind, kinds = store.kind.id, store.list_kinds()
    found: list[UnreadFile] = []
    for office in dict.fromkeys(offices):
        above = (office,) if office else ()
        folders = [(*above, kind), *([above] if kind == store.default_kind else [])]
        found += [file for parts in folders for file in _judge_folder(store, kinds, parts)]
    first = min(periods, default=None)
    return [file for file in found if not (file.period and first) or file.period >= first]


def find_unread_of_all(store: Store, periods: Collection[Period]) -> list[UnreadFile]:
    """Find the files of every office that are not read, as `find_unread_of` does, and offices without any file."""
    offices = store.folders()
    return [*find_unread_of(store, ["", *offices], periods), *find_empty(store, offices, max(periods, default=None))]


def find_empty(store: Store, offices: Iterable[str], period: Period | None = None) -> list[UnreadFile]:
    """Find the folders of offices that have no file; the name of one for a period is proposed."""
    example = EXAMPLES[store.kind.settings.calendar.unit]
    return [
        UnreadFile(
            store.display(f"data/{office}/"),
            period,
            _("office-without-data", office=office),
            _("put-data-file-there", name=f"{period or example}{names.SUFFIX}"),
        )
        for office in offices
        if not any(name[0] != "." and not name.endswith(".json") for name in store.folder.names(f"data/{office}"))
    ]


def _list_folders(store: Store, parts: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List the folders of offices and of their kinds, by the names of the folders between `data` and the files."""
    yield parts
    if len(parts) < _DEPTH:
        above = "/".join(("data", *parts))
        for name in sorted(store.folder.names(above)):
            if name[0] != "." and store.folder.exists(f"{above}/{name}/"):
                yield from _list_folders(store, (*parts, name))


def _judge_folder(store: Store, kinds: Collection[str], parts: tuple[str, ...]) -> Iterator[UnreadFile]:
    folder = "/".join(("data", *parts))
    listed = store.folder.names(folder)
    calendar = _find_calendar(store, kinds, parts)
    for name in sorted(listed):
        period = parse_period(name.removesuffix(names.SUFFIX)) if name.endswith(names.SUFFIX) else None
        if (period and calendar.has(period) and len(parts) < _DEPTH) or name[0] == "." or name == REGISTER_FILE:
            continue
        if names.may_be_data_file(name) and not store.folder.exists(f"{folder}/{name}/"):
            file = _judge(store, calendar, parts, name, listed)
            if file:
                yield file


def _find_calendar(store: Store, kinds: Collection[str], parts: tuple[str, ...]) -> Calendar:
    """Find the periods of the reports in a folder: those of the kind that it is named after, else of the usual one."""
    named = [part for part in parts if part in kinds]
    return store.of_kind(named[-1] if named else "").kind.settings.calendar


def _judge(
    store: Store, calendar: Calendar, parts: tuple[str, ...], name: str, beside: Collection[str]
) -> UnreadFile | None:
    """Say why a file is not read; None for one that is, and for what is no data file."""
    shown = store.display("/".join(("data", *parts, name)))
    if parse_period(name.removesuffix(names.SUFFIX)) and name.endswith(names.SUFFIX):
        try:
            locate_file(store, parts, name)
        except UserError as error:  # of a kind that is not there, or that has no such period
            return UnreadFile(shown, None, error.message, error.fix)
        return None
    period = names.guess_period(name, calendar)
    if period:
        return None if names.is_backup(name) and f"{period}.toml" in beside else _rename(shown, name, period, beside)
    if not name.endswith(names.SUFFIX):
        return None
    fix = _("name-data-file", name=f"{EXAMPLES[calendar.unit]}{names.SUFFIX}")
    return UnreadFile(shown, None, _("data-file-without-period", data=shown), fix)


def _rename(shown: str, name: str, period: Period, beside: Collection[str]) -> UnreadFile:
    """Say what a file should be called."""
    right = f"{period}{names.SUFFIX}"
    if right in beside:
        fix = _("replace-or-delete", name=right)
        return UnreadFile(shown, period, _("data-file-beside", data=shown, name=right), fix)
    if names.simplify(name).endswith(names.SHEETS):
        fix = _("import-sheet", data=shown)
    elif names.simplify(name).endswith(names.HIDDEN_SUFFIX):
        fix = _("rename-hidden-suffix", data=shown, name=right)
    else:
        fix = _("rename-data-file", data=shown, name=right)
    return UnreadFile(shown, period, _("data-file-misnamed", data=shown, name=right), fix)
