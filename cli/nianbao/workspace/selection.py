"""Select the reports that a command works on, by years, offices, data files, and patterns of offices."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from nianbao.model.file_names import fold_name
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.workspace.files import display_path
from nianbao.workspace.store import Store, find_root

ReportRef = tuple[Store, int]  # an office and a year
_YEAR = re.compile(r"\d{4}")
_LISTED_NAMES = 5  # names that a message lists


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected reports, each once; `missing` has those of patterns or of all offices that have no data file."""

    reports: list[ReportRef]
    missing: list[ReportRef]


def open_store(words: Sequence[str], root: Path | None, out: Path | None, warn: Callable[[str], None]) -> Store:
    """Open the folder `root`, else that of the first data file in `words`, else the nearest one from here upwards.

    Raises `UserError` where it has templates of its own that are not trusted. Such templates of another folder, which
    is known by the path of a data file only, are left out with a warning: the user named the data file, not them.
    """
    file = next((word for word in words if word.endswith(".toml")), None)
    if not file or root is not None:
        return Store.open(root, out)
    store = Store(Store.find_report(file, None)[0].root, out)
    if store.root.resolve() == find_root(None).resolve():
        store.require_trust()
    elif error := store.skip_untrusted():
        warn(_("shipped-templates-used", why=error.message))
    return store


def select(store: Store, words: Sequence[str], *, all_offices: bool = False) -> Selection:
    """Find the reports for words of a command line: years, offices or their folders, patterns of these, data files.

    Each year is combined with each office. Without a year the newest one of those offices is used; without an office
    the folder's own, or with `all_offices` every one. Raises `UserError` for a word that is none of these.
    """
    years = [int(word) for word in words if _YEAR.fullmatch(word)]
    files = [_parse_file(store, word) for word in words if word.endswith(".toml")]
    office_words = [word for word in words if not _YEAR.fullmatch(word) and not word.endswith(".toml")]
    known = store.offices() if office_words or all_offices or not words else {}
    by_name: list[str] = []
    by_pattern = list(known) if all_offices else []
    for word in office_words:
        matches = _match_offices(store, word, known)
        (by_pattern if _is_pattern(word) else by_name).extend(matches)
    if not by_name and not by_pattern and (years or not files):
        by_name = _find_own_office(store, known)
    offices = list(dict.fromkeys([*by_name, *by_pattern]))
    check_distinct(offices)
    if not years and not files:
        years = [max(year for office in offices for year in known.get(office, ()))]
    pairs = [(office, year) for year in years for office in offices]
    missing = [(office, year) for office, year in pairs if office not in by_name and year not in known[office]]
    reports = dict.fromkeys([*files, *(pair for pair in pairs if pair not in set(missing))])
    return Selection(
        [(store.of_office(office), year) for office, year in reports],
        [(store.of_office(office), year) for office, year in missing],
    )


def _parse_file(store: Store, word: str) -> tuple[str, int]:
    file_store, year = Store.find_report(word, store.root)
    if file_store.root.resolve() != store.root.resolve():
        raise UserError(_("not-below-root", word=word, root=display_path(store.root)), _("one-root-at-a-time"))
    return file_store.office, year


def _find_own_office(store: Store, known: Mapping[str, Sequence[int]]) -> list[str]:
    """Return the name of the folder's own office, ""; raises `UserError` where only other offices have data files."""
    others = sorted(known or store.offices())
    if others and "" not in others:
        some = join_words(others[:_LISTED_NAMES])
        raise UserError(
            _("no-office-named", count=len(others), some=some), _("add-all-or-name-office", first=others[0])
        )
    if not others:
        raise UserError(_("no-data-file-here"), _("run-in-report-folder"))
    return [""]


def _match_offices(store: Store, word: str, known: Mapping[str, Sequence[int]]) -> list[str]:
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
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import, and only needed for mistakes

    similar = get_close_matches(name, list(filter(None, known)), n=1)
    offices = _("offices-there", some=join_words(sorted(filter(None, known))[:_LISTED_NAMES])) if any(known) else ""
    tip = _("is-it-nearest", near=similar[0]) if similar else offices
    raise UserError(_("word-not-understood", word=word), tip or _("write-year-or-file"))


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
