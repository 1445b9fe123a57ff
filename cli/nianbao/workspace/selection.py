"""Select the reports that a command works on, by years, offices, data files, and patterns of offices."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from nianbao.model.file_names import fold_name
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.loading.inheritance import find_nearest
from nianbao.model.period import EXAMPLES, Period, parse_period
from nianbao.workspace.data_files.locating import is_of_gone_kind, locate_file, make_stray_file_error
from nianbao.workspace.data_files.unread import UnreadFile, find_empty, find_unread_of, find_unread_of_all
from nianbao.workspace.files import display_path
from nianbao.workspace.kinds.typed_periods import parse_typed_period
from nianbao.workspace.store import Store, find_root

ReportRef = tuple[Store, Period]  # a kind of an office, and a period
_LISTED_NAMES = 5  # names that a message lists


class Selection(Struct, frozen=True):
    """The selected reports, each once; `missing` has those of patterns or of all offices that have no data file.

    `store` is the folder, of the kind of all these reports.
    """

    store: Store
    reports: list[ReportRef]
    missing: list[ReportRef]


def open_store(words: Sequence[str], root: Path | None, out: Path | None, warn: Callable[[str], None]) -> Store:
    """Open the folder `root`, else that of the first data file in `words`, else the nearest one from here upwards.

    Raises `UserError` where it has templates of its own that are not trusted. Such templates of another folder, which
    is known by the path of a data file only, are left out with a warning: the user named the data file, not them.
    """
    file = next(filter(is_data_file, words), None)
    if not file or root is not None:
        return Store.open(root, out)
    found = _split_data_path(Path(file))
    if not found:
        raise make_stray_file_error(file)
    store = Store(found[0], out)
    if store.root.resolve() == find_root(None).resolve():
        store.require_trust()
    elif error := store.skip_untrusted():
        warn(_("shipped-templates-used", why=error.message))
    return store


def select(store: Store, words: Sequence[str], *, all_offices: bool = False, listed: Iterable[str] = ()) -> Selection:
    """Find the reports for words of a command line: periods, kinds, offices or their folders, patterns, data files.

    Each period is combined with each office. Without a kind it is the default one, and without a period the newest one
    of those offices; without an office it is the folder's own, or with `all_offices` every one. Offices that are
    `listed` may be meant too, though they have no data files. Raises `UserError` for
    a word that is none of these, for two kinds, and for a period that the kind does not have.
    """
    files = [_parse_file(store, word) for word in words if is_data_file(word)]
    store, words = choose_kind(store, [word for word in words if not is_data_file(word)], files)
    periods, office_words = split_periods(store, words)
    _require_kinds(store, office_words)
    for period in periods:
        store.kind.require_period(period)
    known = store.offices() if office_words or all_offices or not (words or files) else {}
    if office_words or all_offices:
        known = {**{office: [] for office in listed}, **known}
    by_name: list[str] = []
    by_pattern = list(known) if all_offices else []
    for word in office_words:
        matches = match_offices(store, word, known)
        (by_pattern if _is_pattern(word) else by_name).extend(matches)
    if not by_name and not by_pattern and (periods or not files):
        by_name = _find_own_office(store, known)
    offices = list(dict.fromkeys([*by_name, *by_pattern]))
    check_distinct(offices)
    if not periods and not files:
        periods = [max(period for office in offices for period in known.get(office, ()))]
    pairs = [(office, period) for period in periods for office in offices]
    missing = [(office, period) for office, period in pairs if office not in by_name and period not in known[office]]
    found = {file_store.key(period): (file_store, period) for file_store, period in files}
    found |= {
        of_office.key(period): (of_office, period)
        for office, period in pairs
        if (office, period) not in missing and (of_office := store.of_office(office))
    }
    return Selection(store, list(found.values()), [(store.of_office(office), period) for office, period in missing])


def _require_kinds(store: Store, words: Sequence[str]) -> None:
    """Raise `UserError` for a folder below `data/` whose files are of a kind that is not there."""
    names = map(make_folder_name, words)
    gone = [name for name in names if store.folder.exists(f"data/{name}/") and is_of_gone_kind(store, name)]
    if gone and (unread := find_unread_of(store, gone, ())):
        raise _describe_unread(unread)


def choose_kind(store: Store, words: Sequence[str], files: Sequence[ReportRef] = ()) -> tuple[Store, list[str]]:
    """Take the kind out of the words of a command line, or of its data files; without one it is that of the store.

    Raises `UserError` for two kinds.
    """
    kinds = frozenset(store.list_kinds())
    named = list(dict.fromkeys(word for word in words if word in kinds))
    named += dict.fromkeys(file.kind.id for file, _period in files if file.kind.id not in named)
    if len(named) > 1:
        raise UserError(_("one-kind-at-a-time", kinds=join_words(named)), _("run-several-times"))
    return store.of_kind(named[0]) if named else store, [word for word in words if word not in kinds]


def read_period(store: Store, word: str) -> Period:
    """Return the period of a word; raises `UserError` for a word that is none, and for one that the kind has not."""
    period = parse_typed_period(store.kind, word)
    if not period:
        example = EXAMPLES[store.kind.settings.calendar.unit]
        raise UserError(_("not-a-period", word=word), _("write-like-example", example=example))
    store.kind.require_period(period)
    return period


def split_periods(store: Store, words: Sequence[str]) -> tuple[list[Period], list[str]]:
    """Split the words of a command line into periods and the others."""
    typed = {word: parse_typed_period(store.kind, word) for word in words}
    return [period for word in words if (period := typed[word])], [word for word in words if not typed[word]]


def is_data_file(word: str) -> bool:
    """Tell whether a word is the path of a data file; where none can be, the name of one is just a period."""
    if not word.endswith(".toml"):
        return False
    path = Path(word)
    return not (path.name == word and parse_period(path.stem) and not _split_data_path(path))


def is_in_data_folder(path: Path) -> bool:
    """Tell whether a path is one of a data file that commands find: below a folder `data/`."""
    return _split_data_path(path) is not None


def _split_data_path(path: Path) -> tuple[Path, list[str]] | None:
    """Split the path of a data file into the folder that has `data/`, and the names of the folders below `data/`.

    None where it is not below such a folder.
    """
    for folder in _list_folders(path):
        for depth, above in enumerate((folder, *folder.parents)[:3]):
            if above.name == "data":
                return above.parent, list(folder.parts[len(folder.parts) - depth :])
    return None


def _list_folders(path: Path) -> tuple[Path, Path]:
    """Return the folder that a file is named in, then the one it is in: a link is no way to build in another folder."""
    return Path(os.path.abspath(path.parent)), Path(os.path.realpath(path.parent))  # noqa: PTH100  # keeps links


def _parse_file(store: Store, word: str) -> ReportRef:
    found = _split_data_path(Path(word))
    if not found:
        raise make_stray_file_error(word)
    root, parts = found
    if root.resolve() != store.root.resolve():
        raise UserError(_("not-below-root", word=word, root=display_path(store.root)), _("one-root-at-a-time"))
    return locate_file(store, parts, Path(word).name)


def _find_own_office(store: Store, known: Mapping[str, Sequence[Period]]) -> list[str]:
    """Return the name of the folder's own office, ""; raises `UserError` where only other offices have data files."""
    others = sorted(known or store.offices())
    if others and "" not in others:
        some = join_words(others[:_LISTED_NAMES])
        key = N_("no-office-named") if len(others) <= _LISTED_NAMES else N_("no-office-named-of-many")
        raise UserError(_(key, count=len(others), some=some), _("add-all-or-name-office", first=others[0]))
    if "" not in others and others and (unread := find_unread_of(store, [""], ())):
        raise _describe_unread(unread)
    if not others:
        unread = find_unread_of_all(store, ())
        raise _describe_unread(unread) if unread else _make_no_file_error(store)
    return [""]


def _make_no_file_error(store: Store) -> UserError:
    """Return the error that there is no data file; where there are some of other kinds, these are named."""
    kinds = [kind for kind in store.list_kinds() if store.of_kind(kind).offices()]
    tip = _("name-kind-of-data-files", kinds=join_words(kinds), first=kinds[0]) if kinds else _("run-in-report-folder")
    return UserError(_("no-data-file-here"), tip)


def match_offices(store: Store, word: str, known: Mapping[str, Sequence[Period]]) -> list[str]:
    """Find the offices that a word means: a name, a folder below `data/`, or a pattern of either.

    Raises `UserError` where there is none.
    """
    path = Path(word)
    is_in_data = path.parent.resolve() == (store.root / "data").resolve()
    name = path.name if is_in_data else make_folder_name(word)
    matches = [office for office in known if office == name or (_is_pattern(name) and fnmatchcase(office, name))]
    matches = [office for office in matches if office]
    if matches:
        return matches
    if name in store.folders() and (unread := find_unread_of(store, [name], ()) or find_empty(store, [name])):
        raise _describe_unread(unread)
    if word.lower() in store.formats():
        raise UserError(_("format-among-reports", word=word), _("join-formats-by-commas", word=word))
    similar = find_nearest(name, list(filter(None, known)))
    offices = _("offices-there", some=join_words(sorted(filter(None, known))[:_LISTED_NAMES])) if any(known) else ""
    tip = _("is-it-nearest", near=similar) if similar else offices
    raise UserError(_("word-not-understood", word=word), tip or _("write-year-or-file"))


def _describe_unread(unread: Sequence[UnreadFile]) -> UserError:
    """Return the error that names files which are not read, and what to do about the first."""
    return UserError("\n".join(file.message for file in unread[:_LISTED_NAMES]), unread[0].fix)


def find_unread(selection: Selection, *, all_offices: bool = False) -> list[Finding]:
    """Find the files of the selected offices that are not read: of the periods, of later ones, and of the one before.

    The file of the period before counts where there is none that is read.
    """
    chosen = [*selection.reports, *selection.missing]
    periods = {period for _store, period in chosen}
    before = ((store, period.get_previous()) for store, period in chosen)
    periods |= {period for store, period in before if period and not store.has(period)}
    if all_offices:
        unread = find_unread_of_all(selection.store, periods)
    else:
        unread = find_unread_of(selection.store, (store.office for store, _period in chosen), periods)
    return [file.make_finding() for file in unread]


def make_folder_name(word: str) -> str:
    r"""Return the name of a folder below `data/`, which a shell may have completed: `data/city/`, `data\city\`."""
    return word.replace("\\", "/").removeprefix("./").removeprefix("data/").rstrip("/")


def _is_pattern(word: str) -> bool:
    return any(character in word for character in "*?[")


def check_distinct(offices: Sequence[str]) -> None:
    """Raise `UserError` for offices whose names are the same on some disks: their files would overwrite each other."""
    seen: dict[str, str] = {}
    for office in offices:
        first = seen.setdefault(fold_name(office), office)
        if first != office:
            raise UserError(_("folder-names-too-alike", one=first, other=office), _("rename-one-folder"))
