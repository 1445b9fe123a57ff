"""The only access to files: an office's folder over the templates that come with nianbao."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from nianbao import register
from nianbao.facts import Facts
from nianbao.files import TEMPLATES, Saved, facts, same, shown, text, told, toml, write
from nianbao.finding import Finding, Stop
from nianbao.form import Form
from nianbao.form_file import read
from nianbao.language import _, series
from nianbao.look import merged
from nianbao.printing import Format
from nianbao.register import FILE as REGISTER
from nianbao.register import Register
from nianbao.rollup import Record

LOOK = "gongwen"
_YEAR = re.compile(r"\d{4}")


class Store:
    """A folder of reports: `data/` to read, `build/` to write, `templates/` where it has its own.

    `data/` holds the data files of one office, and a folder for each further one; `office` is the name of that
    folder, empty for the first. Every file of an office is read and written below folders of that name.
    """

    def __init__(self, root: Path, out: Path | None = None, office: str = "") -> None:
        self.root = root
        self.out = out or root / "build"
        self.office = office

    @classmethod
    def at(cls, root: Path | None, out: Path | None = None) -> "Store":
        """Open the folder given, else the nearest one from here upwards that has `data/`."""
        if root is not None and not root.is_dir():
            raise Stop(_("没有目录 {root}", root=root), _("检查 --root，或用 report init 新建"))
        here = Path.cwd()
        found = root or next((folder for folder in (here, *here.parents) if (folder / "data").is_dir()), here)
        return cls(found, out)

    @classmethod
    def of(cls, name: str, root: Path | None) -> tuple["Store", int]:
        """Open the folder that a year, or the path of a data file, is about; return the year too."""
        path = Path(name)
        if _YEAR.fullmatch(name):
            return cls.at(root), int(name)
        folder = path.resolve().parent
        data = next((above for above in (folder, folder.parent) if above.name == "data"), None)
        if not (_YEAR.fullmatch(path.stem) and path.suffix == ".toml" and data):
            raise Stop(
                _("{name} 不是年度，也不是数据文件", name=name), _("写年度，例如 2020，或数据文件，例如 data/2020.toml")
            )
        return cls(data.parent, office="" if data == folder else folder.name), int(path.stem)

    def of_office(self, office: str) -> "Store":
        """Open the same folder for another office."""
        return Store(self.root, self.out, office)

    # ── data ─────────────────────────────────────────────────────────────────

    def offices(self) -> dict[str, list[int]]:
        """Every office that has data files, by name, with its years, oldest first; the folder's own is ""."""
        folders = sorted(path for path in _entries(self.root / "data") if not path.name.startswith("."))
        found = {"": self.of_office("").years()} | {
            folder.name: self.of_office(folder.name).years() for folder in folders if folder.is_dir()
        }
        return {office: years for office, years in found.items() if years}

    def years(self) -> list[int]:
        """Every report year that has a data file, oldest first."""
        names = (path.name for path in _entries(self._folder))
        return sorted(int(name[:-5]) for name in names if name.endswith(".toml") and _YEAR.fullmatch(name[:-5]))

    def has(self, year: int) -> bool:
        """Tell whether a year has a data file."""
        return self._path(year).is_file()

    def data(self, year: int) -> str:
        """Name the data file of a year as a person here would."""
        return shown(self._path(year))

    @property
    def _folder(self) -> Path:
        return self.root / "data" / self.office

    def _path(self, year: int) -> Path:
        return self._folder / f"{year}.toml"

    def facts(self, year: int) -> Facts | Finding:
        """Read the data file of a year; raises `Stop` where there is none."""
        try:
            return facts(self._path(year), self.data(year))
        except FileNotFoundError:
            raise Stop(_("没有 {name}", name=self.data(year)), self._start(year)) from None

    def register(self) -> Register:
        """Read the register of offices, once as long as it stays as it is; empty where there is none."""
        path = self.root / "data" / REGISTER
        try:
            stat = path.stat()
        except OSError:
            return Register()
        return _read_register(path, stat.st_mtime_ns, stat.st_size)

    def folders(self) -> list[str]:
        """Name the folders of offices, whether they have reports or not."""
        found = (path.name for path in _entries(self.root / "data") if not path.name.startswith(".") and path.is_dir())
        return sorted(found)

    def record(self, year: int) -> Record | None:
        """Read how the data file of a year was added up; None where it was not, or nobody can tell any more."""
        path = self._record(year)
        return Record.read(text(path)) if path.is_file() else None

    def keep(self, year: int, text: str, record: Record, beside: Mapping[str, str]) -> Saved:
        """Put a data file in its place with the record of how it was added up, and what goes beside them."""
        path = self._path(year).resolve()  # a link stays one
        contents = {path: text, self._record(year): record.written()}
        contents |= {self._folder / name: more for name, more in beside.items()}
        return write({at: content.encode() for at, content in contents.items()})[0]

    def _record(self, year: int) -> Path:
        return self._folder / f".{year}.rollup.json"

    def _start(self, year: int) -> str:
        known = series(self.years())
        have = (
            _("已有的年度：{known}；", known=known)
            if known
            else _("{root} 里还没有数据文件；", root=shown(self._folder))
        )
        return _("{have}新建这一年：report new {year}", have=have, year=year)

    def rewrite(self, year: int, text: str, *, check: bool = False) -> Saved:
        """Put a text in the place of a data file, whole and only where it differs; to check is to say which."""
        path = self._path(year).resolve()  # a link stays one
        content = text.encode()
        return Saved(self.data(year), not same(path, content)) if check else write({path: content})[0]

    def text(self, name: str) -> str | None:
        """Read a file below the folder, or None where there is none."""
        path = self.root / name
        return text(path) if path.exists() else None

    def create(self, files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> list[Saved]:
        """Write new files below the folder; one that exists is left as it is and raises `Stop`.

        What goes `beside` them may stand in the place of an earlier one.
        """
        for name in files:
            if (self.root / name).exists():
                raise Stop(_("已经有 {root}，没有改动它", root=shown(self.root / name)), _("换一个目录，或先把它移走"))
        return write({self.root / name: text.encode() for name, text in {**files, **(beside or {})}.items()})

    # ── templates ────────────────────────────────────────────────────────────

    def template(self, name: str) -> str:
        """Read a template: the office's own, else the one that comes with nianbao."""
        path = self._find(name)
        if path is None or not path.is_file():
            raise Stop(_("没有模板 templates/{name}", name=name), _("检查格式文件里写的模板名"))
        return text(path)

    def editions(self) -> dict[str, Path]:
        """Every edition of a form that can be used: the file by its name, the office's own first."""
        return {path.stem: path for path in self._all("forms/*.toml")}

    def form(self, facts: Facts, year: int) -> Form | Finding:
        """Choose the form of a report: the edition that it names, else the one in force for its year."""
        editions = self.editions()
        named = facts.tree.get("edition")
        if named is not None:
            if named in editions:
                return self._form(editions[named], named)
            known = series(sorted(editions))
            message = _("没有 {named} 版格式，只有 {known}", named=named, known=known)
            quoted = _('版本要加引号：edition = "{named}"', named=named)
            fix = quoted if str(named) in editions else _("删去这一行就会用应当用的版本")
            return Finding("wrong-edition", "error", facts.place("edition"), message, "edition", fix=fix)
        return self.form_in_force(year)

    def edition(self, name: str) -> Form:
        """Read an edition of a form by its name; raises `Stop` that lists those there are."""
        editions = self.editions()
        if name not in editions:
            raise Stop(
                _("没有 {name} 版格式", name=name), _("可用的版本：{editions}", editions=series(sorted(editions)))
            )
        return self._form(editions[name], name)

    def form_in_force(self, year: int) -> Form:
        """Choose the form in force for a year, the office's own first; raises `Stop` where none is."""
        own = self._tops()[0] / "forms"
        forms = [(path.parent == own, self._form(path, name)) for name, path in self.editions().items()]
        forms = [(mine, form) for mine, form in forms if form.in_force(year)]
        forms = [(mine, form) for mine, form in forms if mine] or forms
        if len(forms) != 1:
            known = series(sorted(form.edition for _, form in forms) or sorted(self.editions()))
            raise Stop(
                _("{year} 年度可用的格式不止一个：{known}", year=year, known=known)
                if forms
                else _("{year} 年度没有可用的格式；已有 {known} 版", year=year, known=known),
                _('在数据文件里写明，例如 edition = "2021"'),
            )
        return forms[0][1]

    def relation_rules(self) -> set[str]:
        """Name the rules of every relation that a form states, whether they have a page or not."""
        forms = [self._form(path, name) for name, path in self.editions().items()]
        return {relation.rule for form in forms for own in form.relations.values() for relation in own}

    def settings(self) -> tuple[dict[str, Any], str]:
        """Read the office's own settings, `report.toml` beside `data/`, with the name to show."""
        path = self.root / "report.toml"
        return (toml(path) if path.is_file() else {}), shown(path)

    def formats(self) -> dict[str, Format]:
        """Every output format by its suffix, as its folder describes it."""
        found: dict[str, Format] = {}
        for path in self._all("formats/*/format.toml"):
            suffix = path.parent.name
            with told(path):
                found.setdefault(suffix, Format(suffix=suffix, folder=str(path.parent), **toml(path)))
        return found

    def look(self, name: str = LOOK) -> dict[str, Any]:
        """Read a look: sizes, margins and faces of the page; raises `Stop` that lists those there are."""
        known = {path.stem: path for path in self._all("looks/*.toml")}
        if name not in known:
            raise Stop(_("没有版式 {name}", name=name), _("可用的版式：{looks}", looks=series(sorted(known))))
        look = toml(known[name])
        base = str(look.pop("base", ""))
        if base == name:
            raise Stop(_("版式 {name} 以自己为底", name=name), _("改正这个文件后再运行"))
        return merged(self.look(base), look) if base else look

    def _form(self, path: Path, edition: str) -> Form:
        return _read_form(path, edition)

    def _find(self, name: str) -> Path | None:
        if ".." in name.split("/"):
            return None
        return next((top / name for top in self._tops() if (top / name).exists()), None)

    def _all(self, pattern: str) -> Iterator[Path]:
        seen: set[str] = set()
        for top in self._tops():
            for path in sorted(top.glob(pattern)):
                if (name := str(path.relative_to(top))) not in seen:
                    seen.add(name)
                    yield path

    def _tops(self) -> list[Path]:
        return list(dict.fromkeys([(self.root / "templates").resolve(), TEMPLATES.resolve()]))

    # ── output ───────────────────────────────────────────────────────────────

    def save(self, stem: str, contents: Mapping[str, bytes]) -> list[Saved]:
        """Write the files of one report, `build/<office>/<stem>.<suffix>`: all of them or, on an error, none."""
        return write({self.out / self.office / f"{stem}.{suffix}": content for suffix, content in contents.items()})


@lru_cache(maxsize=4)
def _read_register(path: Path, *_stamp: int) -> Register:
    return register.read(facts(path, shown(path)))


def _entries(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield from folder.iterdir()


@cache
def _read_form(path: Path, edition: str) -> Form:
    return read(toml(path), edition)
