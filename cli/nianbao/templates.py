"""What the law, the looks and the formats say: an office's own templates over those that come with nianbao."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from nianbao.facts import Facts
from nianbao.files import TEMPLATES, shown, text, told, toml
from nianbao.finding import Finding, Stop
from nianbao.form import Form
from nianbao.form_file import read
from nianbao.kind import said
from nianbao.language import _, series
from nianbao.look import merged
from nianbao.printing import Format

LOOK = "gongwen"


class Templates:
    """The templates of a folder: its own below `templates/`, else those that come with nianbao."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tops = list(dict.fromkeys([(root / "templates").resolve(), TEMPLATES.resolve()]))
        self._editions: dict[str, Path] = {}
        # One and the same function for every office of a folder, since what is compiled is kept by it.
        self.template: Callable[[str], str] = self._read

    def _read(self, name: str) -> str:
        """Read a template: the office's own, else the one that comes with nianbao."""
        path = self._find(name)
        if path is None or not path.is_file():
            raise Stop(_("没有模板 templates/{name}", name=name), _("检查格式文件里写的模板名"))
        return text(path)

    def files(self) -> dict[str, Path]:
        """Every template that can be used, by its name: the file of the office's own first."""
        found: dict[str, Path] = {}
        for top in self._tops:
            for path in sorted(top.rglob("*")):
                if path.is_file():
                    found.setdefault(path.relative_to(top).as_posix(), path)
        return found

    def editions(self) -> dict[str, Path]:
        """Every edition of a form that can be used: the file by its name, the office's own first."""
        if not self._editions:
            self._editions.update((path.stem, path) for path in self._all("forms/*.toml"))
        return self._editions

    def form(self, facts: Facts, year: int) -> Form | Finding:
        """Choose the form of a report: the edition that it names, else the one in force for its year."""
        editions = self.editions()
        named = facts.tree.get("edition")
        if named is not None and not isinstance(named, str | int | Decimal):
            message = _("edition 应为文字，这里是{value}", value=said(named))
            return Finding("wrong-edition", "error", facts.place("edition"), message, "edition")
        if named is not None:
            if isinstance(named, str) and named in editions:
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
        own = self._tops[0] / "forms"
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
        return next((top / name for top in self._tops if (top / name).exists()), None)

    def _all(self, pattern: str) -> Iterator[Path]:
        seen: set[str] = set()
        for top in self._tops:
            for path in sorted(top.glob(pattern)):
                if (name := str(path.relative_to(top))) not in seen:
                    seen.add(name)
                    yield path


@cache
def _read_form(path: Path, edition: str) -> Form:
    with told(path):
        return read(toml(path), edition)
