"""The only access to data files and outputs: an office's folder, with its templates."""

import os
import re
from collections.abc import Mapping
from copy import copy
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from nianbao.model.facts import Facts, limit_sizes
from nianbao.model.file_names import ID
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.i18n import _, join_words
from nianbao.model.offices import REGISTER_FILE as REGISTER
from nianbao.model.offices import Register
from nianbao.model.period import NAME, Period, parse_period
from nianbao.model.report import Report
from nianbao.model.units.record import RollupRecord
from nianbao.workspace.data_files.keys import find_foreign_key
from nianbao.workspace.data_files.names import suggest_period
from nianbao.workspace.data_files.register import read_register
from nianbao.workspace.files import SavedFile, display_path, fingerprint, make_read_error, parse_facts
from nianbao.workspace.folder import Folder
from nianbao.workspace.staging import remove_abandoned_beside
from nianbao.workspace.templates import Templates

_DATA = re.compile(rf"({NAME.pattern})\.toml")


class ReportKey(NamedTuple):
    """What tells a report from all others of a folder: its office, its kind, empty for the default one, its period."""

    office: str
    kind: str
    period: Period

    def __str__(self) -> str:
        return " ".join(filter(None, map(str, self)))


class Store(Templates):
    """A folder of reports: `data/` to read, `build/` to write, `templates/` where it has its own.

    `data/` holds the data files of one office, and a folder for each further one; `office` is the name of that
    folder, empty for the first. Data files of another kind than the default one are in a folder with its id below
    that of the office. Every file of an office is read and written below folders of these names.
    """

    def __init__(self, root: Path, out: Path | None = None, office: str = "", folder: Folder | None = None) -> None:
        super().__init__(root, folder)
        self.out = out or root / "build"
        self.within = out or root  # no output leaves it by a link; a person may name a folder that is one
        self.office = office
        self._data_folders: dict[str, str] = {}  # by office: the folder of data files of the default kind

    @classmethod
    def open(cls, root: Path | None, out: Path | None = None) -> "Store":
        """Open the folder given, else the nearest one from here upwards that has `data/`.

        Raises `UserError` where it has templates of its own that nobody trusts.
        """
        store = cls(find_root(root), out)
        store.require_trust()
        return store

    def of_office(self, office: str) -> "Store":
        """Open the same folder, with what was read of its templates, for the same kind of another office."""
        other = copy(self)
        other.office = office
        return other

    def of_kind(self, kind: str) -> "Store":
        """Open the same folder, with what was read of its templates, for another kind; empty: the default one."""
        other = copy(self)
        other._kind_id = "" if kind == self.default_kind else kind  # noqa: SLF001  # of the same class
        return other

    def of_report(self, key: ReportKey) -> "Store":
        """Open the same folder for the office and the kind of a report."""
        other = self.of_office(key.office)
        other._kind_id = key.kind  # noqa: SLF001  # of the same class
        return other

    def with_folder(self, folder: Folder) -> "Store":
        """Open the same folder, with what was read of its templates, with other files of it."""
        other = copy(self)
        other.folder, other._data_folders = folder, {}  # noqa: SLF001  # of the same class
        return other

    def key(self, period: Period) -> ReportKey:
        """Return what tells the report of a period from all others of this folder."""
        return ReportKey(self.office, self._kind_id, period)

    # ── data ─────────────────────────────────────────────────────────────────

    def offices(self) -> dict[str, list[Period]]:
        """Every office that has data files of this kind, by name, with its periods, oldest first; its own is ""."""
        kinds = frozenset(self.list_kinds())
        names = [name for name in sorted(self.folder.names("data")) if name[0] != "." and name not in kinds]
        found = {name: self.of_office(name).periods() for name in ("", *names)}
        return {office: periods for office, periods in found.items() if periods}

    def periods(self) -> list[Period]:
        """Every period that has a data file, oldest first."""
        has = self.kind.settings.calendar.has
        matches = map(_DATA.fullmatch, self.folder.names(self.data_folder))
        periods = (parse_period(match[1]) for match in matches if match)
        return sorted(period for period in periods if period and has(period))

    @property
    def data_folder(self) -> str:
        """Name the folder of the data files of this office and kind, below the root."""
        return self._name_folder(self.office)

    def _name_folder(self, office: str) -> str:
        """Name the folder of the data files of an office; those of the default kind may lie in the office's own."""
        above = f"data/{office}" if office else "data"
        if self._kind_id:
            return f"{above}/{self._kind_id}"
        if office not in self._data_folders:
            below = f"{above}/{self.default_kind}"
            self._data_folders[office] = below if self.folder.exists(f"{below}/") else above
        return self._data_folders[office]

    def has(self, period: Period) -> bool:
        """Tell whether a period has a data file."""
        return self.folder.exists(self.name(period))

    def data(self, period: Period) -> str:
        """Name the data file of a period as a person here would."""
        return self.display(self.name(period))

    def display(self, name: str) -> str:
        """Name a file below the folder as a person here would."""
        return self._display_prefix + name

    def name(self, period: Period, office: str | None = None) -> str:
        """Name the data file of a period below the folder."""
        return f"{self._name_folder(self.office if office is None else office)}/{period}.toml"

    def path(self, period: Period) -> Path:
        """Return where the data file of a period is, or would be."""
        return self.root / self.name(period)

    def facts(self, period: Period) -> Facts | Finding:
        """Read the data file of a period; raises `UserError` where there is none."""
        read = parse_facts(self.content(period), self.data(period))
        return limit_sizes(read) if isinstance(read, Facts) else read

    def report(self, period: Period, *, last: bool = False) -> Report | Finding:
        """Read the report of a period; a file that is no TOML or names no form gives the finding that says so.

        With `last` it knows the report of the period before, unless that cannot be read. Raises `UserError` where there
        is no data file.
        """
        earlier = self.get_previous(period) if last else None
        before = try_work(partial(self.report, earlier), self.data(earlier)) if earlier else None
        facts = self.facts(period)
        if isinstance(facts, Finding):
            return facts
        filled = self.kind.fill(facts, period, before if isinstance(before, Report) else None)
        if self._kind_id or not self.may_name_kind(self.office):
            return filled
        return self._explain(filled)

    def _explain(self, filled: Report | Finding) -> Report | Finding:
        """Say where a data file is none of the default kind that its folder may be of a kind that is gone."""
        if isinstance(filled, Finding):
            fix = _("folder-may-be-of-gone-kind", kind=self.office)
            return replace(filled, fix=fix) if filled.rule == "wrong-edition" else filled
        key = find_foreign_key(filled)
        if not key:
            return filled
        fix = _("kinds-available-or-add-kind", kinds=join_words(self.list_kinds()), kind=self.office)
        message = _("data-of-gone-kind", kind=self.office, key=key, default=self.kind.id)
        return Finding("wrong-edition", "error", filled.facts.find_place(key), message, key, fix=fix)

    def may_name_kind(self, name: str) -> bool:
        """Tell whether a folder below `data/` is named as kinds are, and is neither one of them nor registered."""
        return bool(ID.fullmatch(name)) and name not in self.register().units and not self.has_kind(name)

    def get_previous(self, period: Period) -> Period | None:
        """Return the period before one, of an event the last one before it; None where that has no data file."""
        if self.kind.settings.calendar.unit == "event":
            return max((one for one in self.periods() if one < period), default=None)
        previous = period.get_previous()
        return previous if previous and self.has(previous) else None

    def register(self, period: Period | None = None) -> Register:
        """Read the register of offices, of the year of a period or as it is now; empty where there is none."""
        stamp = self.folder.stamp(f"data/{REGISTER}")
        if stamp is None:
            return Register()
        now = read_register(self.folder, self.display(f"data/{REGISTER}"), stamp)
        return now.of_year(period.year) if period else now

    def folders(self) -> list[str]:
        """Name the folders of offices, whether they have reports or not."""
        kinds, names = frozenset(self.list_kinds()), self.folder.names("data")
        offices = (name for name in names if not name.startswith(".") and name not in kinds)
        return sorted(name for name in offices if self.folder.exists(f"data/{name}/"))

    def record(self, period: Period) -> RollupRecord | None:
        """Read how the data file of a period was added up; None where it was not, or nobody can tell any more."""
        written = self.text(self._record(period))
        return None if written is None else RollupRecord.parse(written)

    def write_rollup(self, period: Period, text: str, record: RollupRecord, beside: Mapping[str, str]) -> SavedFile:
        """Put a data file in its place with the record of how it was added up, and what goes beside them."""
        contents = {self.name(period): text, self._record(period): record.format()}
        contents |= {f"{self.data_folder}/{name}": more for name, more in beside.items()}
        return self.folder.write({name: content.encode() for name, content in contents.items()})[0]

    def _record(self, period: Period) -> str:
        return f"{self.data_folder}/.{period}.rollup.json"

    def content(self, period: Period) -> bytes:
        """Read the bytes of a period's data file; raises `UserError` where there is none."""
        name = self.data(period)
        if self.office != self.office.encode(errors="ignore").decode():  # bytes that are no text
            raise UserError(_("folder-name-not-utf8", data=name), _("rename-folder"))
        try:
            return self.folder.read(self.name(period))
        except FileNotFoundError:
            raise UserError(_("no-such-data-file", name=name), self._suggest_new_period(period)) from None
        except OSError as error:
            raise make_read_error(name, error) from error

    def read_related_files(self, period: Period) -> list[bytes | None]:
        """Read the other files that a report is checked against; None for one that is not there."""
        found = [self.state(self.name(at, office)) for office, at in self.list_related_reports(period)[1:]]
        if len(found) <= 1:
            return found
        register = self.register(period)
        above = [
            self.office,
            *(unit.id for unit in register.list_below(self.office) if register.list_children(unit.id)),
        ]
        return [*found, *(self.state(self.of_office(office)._record(period)) for office in above)]  # noqa: SLF001

    def list_related_reports(self, period: Period) -> list[tuple[str, Period]]:
        """Name the data files by which a report is checked: its own, the last one, and those of all units below.

        The last one is named where it has no data file, too, unless there is none before.
        """
        units = self.register(period).list_below(self.office) if self.office else ()
        last = self.get_previous(period) or period.get_previous()
        before = [(self.office, last)] if last else []
        return [(self.office, period), *before, *((unit.id, period) for unit in units)]

    def _suggest_new_period(self, period: Period) -> str:
        known, folder = join_words(self.periods()), display_path(self.root / "data" / self.office)
        have = _("years-there", known=known) if known else _("no-data-files-yet", root=folder)
        names, calendar = self.folder.names(self.data_folder), self.kind.settings.calendar
        return suggest_period(period, self.display(self.data_folder), names, calendar, have, self._kind_id)

    def rewrite(self, period: Period, content: bytes) -> SavedFile:
        """Put other bytes in the place of a data file, whole and only where they differ."""
        return self.folder.write({self.name(period): content})[0]

    def create(self, files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> list[SavedFile]:
        """Write new files below the folder; one that exists is left as it is and raises `UserError`.

        What goes `beside` them may stand in the place of an earlier one.
        """
        remove_abandoned_beside(self.root / name for name in files)  # also where nothing is written now
        for name in files:
            if os.path.lexists(self.root / name):
                raise UserError(_("folder-exists", root=display_path(self.root / name)), _("take-other-folder"))
        return self.folder.write({name: text.encode() for name, text in {**files, **(beside or {})}.items()})

    # ── output ───────────────────────────────────────────────────────────────

    @property
    def build_record(self) -> Path:
        """Return where it is recorded what was built: below `build/`, also of outputs that go elsewhere."""
        build = self.root / "build"
        if self.out.resolve() == build.resolve():
            return build / ".record.sqlite"
        return build / f".record-{fingerprint(str(self.out.resolve()))[:8]}.sqlite"

    def output(self, period: Period, suffix: str) -> Path:
        """Return where a file of a period's report is written, `build/<office>/<kind>/<period>.<suffix>`."""
        return self.out / self.output_name(period, suffix)

    def output_name(self, period: Period, suffix: str) -> str:
        """Name a file of a period's report, below the folder of outputs."""
        return "/".join(filter(None, (self.office, self._kind_id, f"{period}.{suffix}")))


def find_root(root: Path | None) -> Path:
    """Return the folder given, else the nearest one from here upwards that has `data/`, else this one."""
    if root is not None and not root.is_dir():
        raise UserError(_("no-such-folder", root=root), _("check-root-or-init"))
    here = Path.cwd()
    return root or next((folder for folder in (here, *here.parents) if (folder / "data").is_dir()), here)
