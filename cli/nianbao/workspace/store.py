"""The only access to data files and outputs: an office's folder, with its templates."""

import os
import re
from collections.abc import Hashable, Mapping
from copy import copy
from functools import lru_cache, partial
from pathlib import Path

from nianbao.model import offices
from nianbao.model.aggregate import RollupRecord
from nianbao.model.facts import Facts, limit_sizes
from nianbao.model.finding import Finding, Place, UserError, try_work
from nianbao.model.i18n import _, join_words
from nianbao.model.offices import REGISTER_FILE as REGISTER
from nianbao.model.offices import Register
from nianbao.model.report import Report
from nianbao.workspace.access import describe_reason
from nianbao.workspace.files import SavedFile, display_path, fingerprint, make_read_error, parse_facts
from nianbao.workspace.folder import Folder
from nianbao.workspace.templates import Templates

_YEAR = re.compile(r"\d{4}")
_DATA = re.compile(r"\d{4}\.toml")


class Store(Templates):
    """A folder of reports: `data/` to read, `build/` to write, `templates/` where it has its own.

    `data/` holds the data files of one office, and a folder for each further one; `office` is the name of that
    folder, empty for the first. Every file of an office is read and written below folders of that name.
    """

    def __init__(self, root: Path, out: Path | None = None, office: str = "", folder: Folder | None = None) -> None:
        super().__init__(root, folder)
        self.out = out or root / "build"
        self.within = out or root  # no output leaves it by a link; a person may name a folder that is one
        self.office = office

    @classmethod
    def open(cls, root: Path | None, out: Path | None = None) -> "Store":
        """Open the folder given, else the nearest one from here upwards that has `data/`.

        Raises `UserError` where it has templates of its own that nobody trusts.
        """
        store = cls(find_root(root), out)
        store.require_trust()
        return store

    @classmethod
    def find_report(cls, name: str, root: Path | None) -> tuple["Store", int]:
        """Open the folder that a year, or the path of a data file, is about; return the year too."""
        path = Path(name)
        if _YEAR.fullmatch(name):
            return cls(find_root(root)), int(name)
        # The file is where it is named: a link to another folder's is not a way to build there.
        found = ((folder, above) for folder in _list_folders(path) for above in (folder, folder.parent))
        folder, data = next((pair for pair in found if pair[1].name == "data"), (path.parent, None))
        if not (_YEAR.fullmatch(path.stem) and path.suffix == ".toml" and data):
            raise UserError(_("neither-year-nor-file", name=name), _("write-year-or-file"))
        return cls(data.parent, office="" if data == folder else folder.name), int(path.stem)

    def of_office(self, office: str) -> "Store":
        """Open the same folder, with what was read of its templates, for another office."""
        other = copy(self)
        other.office = office
        return other

    def with_folder(self, folder: Folder) -> "Store":
        """Open the same folder, with what was read of its templates, with other files of it."""
        other = copy(self)
        other.folder = folder
        return other

    # ── data ─────────────────────────────────────────────────────────────────

    def offices(self) -> dict[str, list[int]]:
        """Every office that has data files, by name, with its years, oldest first; the folder's own is ""."""
        found = {"": self._report_years("data")}
        found |= {
            name: self._report_years(f"data/{name}") for name in sorted(self.folder.names("data")) if name[0] != "."
        }
        return {office: years for office, years in found.items() if years}

    def years(self) -> list[int]:
        """Every report year that has a data file, oldest first."""
        return self._report_years(self._data_folder)

    @property
    def _data_folder(self) -> str:
        """Name the folder of the office's data files, below the root."""
        return f"data/{self.office}" if self.office else "data"

    def _report_years(self, folder: str) -> list[int]:
        return sorted(int(name[:4]) for name in self.folder.names(folder) if _DATA.fullmatch(name))

    def has(self, year: int) -> bool:
        """Tell whether a year has a data file."""
        return self.folder.exists(self.name(year))

    def data(self, year: int) -> str:
        """Name the data file of a year as a person here would."""
        return self._display_prefix + self.name(year)

    def name(self, year: int, office: str | None = None) -> str:
        """Name the data file of a year below the folder."""
        office = self.office if office is None else office
        return f"data/{office}/{year}.toml" if office else f"data/{year}.toml"

    def path(self, year: int) -> Path:
        """Return where the data file of a year is, or would be."""
        return self.root / self.name(year)

    def facts(self, year: int) -> Facts | Finding:
        """Read the data file of a year; raises `UserError` where there is none."""
        read = parse_facts(self.content(year), self.data(year))
        return limit_sizes(read) if isinstance(read, Facts) else read

    def report(self, year: int, *, last: bool = False) -> Report | Finding:
        """Read the report of a year; a file that is no TOML or names no form gives the finding that says so.

        With `last` it knows the report of the year before, unless that cannot be read. Raises `UserError` where there
        is no data file.
        """
        before = try_work(partial(self.report, year - 1), self.data(year - 1)) if last and self.has(year - 1) else None
        facts = self.facts(year)
        if isinstance(facts, Finding):
            return facts
        return self.fill(facts, year, before if isinstance(before, Report) else None)

    def register(self) -> Register:
        """Read the register of offices, once as long as it stays as it is; empty where there is none."""
        stamp = self.folder.stamp(f"data/{REGISTER}")
        if stamp is None:
            return Register()
        return _read_register(self.folder, f"{self._display_prefix}data/{REGISTER}", stamp)

    def folders(self) -> list[str]:
        """Name the folders of offices, whether they have reports or not."""
        names = self.folder.names("data")
        return sorted(name for name in names if not name.startswith(".") and self.folder.exists(f"data/{name}/"))

    def record(self, year: int) -> RollupRecord | None:
        """Read how the data file of a year was added up; None where it was not, or nobody can tell any more."""
        written = self.text(self._record(year))
        return None if written is None else RollupRecord.parse(written)

    def write_rollup(self, year: int, text: str, record: RollupRecord, beside: Mapping[str, str]) -> SavedFile:
        """Put a data file in its place with the record of how it was added up, and what goes beside them."""
        contents = {self.name(year): text, self._record(year): record.format()}
        contents |= {f"{self._data_folder}/{name}": more for name, more in beside.items()}
        return self.folder.write({name: content.encode() for name, content in contents.items()})[0]

    def _record(self, year: int) -> str:
        return f"{self._data_folder}/.{year}.rollup.json"

    def content(self, year: int) -> bytes:
        """Read the bytes of a year's data file; raises `UserError` where there is none."""
        name = self.data(year)
        if self.office != self.office.encode(errors="ignore").decode():  # bytes that are no text
            raise UserError(_("folder-name-not-utf8", data=name), _("rename-folder"))
        try:
            return self.folder.read(self.name(year))
        except FileNotFoundError:
            raise UserError(_("no-such-data-file", name=name), self._start(year)) from None
        except OSError as error:
            raise make_read_error(name, error) from error

    def read_related_files(self, year: int) -> list[bytes | None]:
        """Read the other files that a report is checked against; None for one that is not there."""
        found = [self.state(self.name(at, office)) for office, at in self.list_related_reports(year)[1:]]
        return [*found, self.state(self._record(year))] if len(found) > 1 else found

    def list_related_reports(self, year: int) -> list[tuple[str, int]]:
        """Name the data files by which a report is checked: its own, last year's, and those of the units below."""
        units = self.register().list_children(self.office) if self.office else ()
        return [(self.office, year), (self.office, year - 1), *((unit.id, year) for unit in units)]

    def _start(self, year: int) -> str:
        known = join_words(self.years())
        have = (
            _("years-there", known=known)
            if known
            else _("no-data-files-yet", root=display_path(self.root / "data" / self.office))
        )
        return _("begin-this-year", have=have, year=year)

    def rewrite(self, year: int, text: str, *, check: bool = False) -> SavedFile:
        """Put a text in the place of a data file, whole and only where it differs; to check is to say which."""
        content = text.encode()
        if check:
            return SavedFile(self.data(year), content != self.content(year))
        return self.folder.write({self.name(year): content})[0]

    def create(self, files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> list[SavedFile]:
        """Write new files below the folder; one that exists is left as it is and raises `UserError`.

        What goes `beside` them may stand in the place of an earlier one.
        """
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

    def output(self, year: int, suffix: str) -> Path:
        """Return where a file of a year's report is written, `build/<office>/<year>.<suffix>`."""
        return self.out / self.output_name(year, suffix)

    def output_name(self, year: int, suffix: str) -> str:
        """Name a file of a year's report, below the folder of outputs."""
        return f"{self.office}/{year}.{suffix}" if self.office else f"{year}.{suffix}"


def _list_folders(path: Path) -> tuple[Path, Path]:
    """Return the folder of a file as it is named, and as it is without links."""
    return Path(os.path.abspath(path.parent)), Path(os.path.realpath(path.parent))  # noqa: PTH100  # keeps links


def find_root(root: Path | None) -> Path:
    """Return the folder given, else the nearest one from here upwards that has `data/`, else this one."""
    if root is not None and not root.is_dir():
        raise UserError(_("no-such-folder", root=root), _("check-root-or-init"))
    here = Path.cwd()
    return root or next((folder for folder in (here, *here.parents) if (folder / "data").is_dir()), here)


@lru_cache(maxsize=4)
def _read_register(folder: Folder, called: str, _stamp: Hashable) -> Register:
    try:
        return offices.load_register(parse_facts(folder.read(f"data/{REGISTER}"), called))
    except OSError as error:
        return offices.load_register(Finding(offices.REGISTER_RULE, "error", Place(called), describe_reason(error)))
