"""The forms, looks, formats and texts of a folder: its own templates before those that come with nianbao."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from nianbao.model.facts import Facts
from nianbao.model.file_names import is_portable_path
from nianbao.model.finding import Finding, UserError
from nianbao.model.form import Form
from nianbao.model.form_loader import YearsEntry, load_form
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Report, fill_form
from nianbao.model.value_types import describe_value
from nianbao.workspace.files import decode, display_path, make_read_error, parse_toml
from nianbao.workspace.folder import DiskFolder, Folder
from nianbao.workspace.formats import Format
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.template_files import TemplateFolder, read_chain, read_format, read_years
from nianbao.workspace.theme import load_look

LOOK = "gongwen"
_LARGEST = 1 << 20  # bytes of a template that is filled


class Templates:
    """The templates of a folder: its own below `templates/` if they are trusted, else those that come with nianbao.

    Its own are looked for when the first template is asked for, which raises `UserError` where nobody trusts them.
    """

    def __init__(self, root: Path, folder: Folder | None = None) -> None:
        self.root = root
        self.folder = folder or DiskFolder(root)
        self._display_prefix = "" if (called := display_path(root)) == "." else f"{called}/"
        self._folders: tuple[TemplateFolder, ...] = ()  # the own one first, once it was looked for
        self._editions: dict[str, Path] = {}
        self._chosen: dict[tuple[int, str | None], Form] = {}  # by the year, and the edition that a data file names
        # One and the same function for every office of a folder, since what is compiled is kept by it.
        self.template: Callable[[str], str] = self._read

    @property
    def _template_folders(self) -> tuple[TemplateFolder, ...]:
        if not self._folders:
            self.use(_find_own_templates(self.root))
        return self._folders

    def require_trust(self) -> None:
        """Look for the folder's own templates; raises `UserError` where nobody trusts them."""
        self.use(_find_own_templates(self.root))

    def skip_untrusted(self) -> UserError | None:
        """Look for the folder's own templates; where nobody trusts them, leave them out and return the error."""
        try:
            self.require_trust()
        except UserError as error:
            self.use(None)
            return error
        return None

    def use(self, own: Path | None) -> None:
        """Use the folder's own templates at a path; with None only those that come with nianbao."""
        found = (TemplateFolder(own.resolve(), f"{self._display_prefix}templates"),) if own else ()
        self._folders = (*found, TemplateFolder(TEMPLATES.resolve()))

    @property
    def own(self) -> Path | None:
        """The path of the folder's own templates; None where it has none, or they are left out."""
        return next((top.path for top in self._template_folders if top.shown), None)

    def _read(self, name: str) -> str:
        """Read a template: the office's own, else the one that comes with nianbao."""
        top = self._find(name)
        if top is None:
            raise UserError(_("no-such-template", name=name), _("check-template-name"))
        path = top.path / name
        if path.stat().st_size > _LARGEST:
            raise UserError(_("template-too-large", path=top.display(path), size=_LARGEST >> 10), _("split-template"))
        return top.read_text(path)

    def files(self) -> dict[str, Path]:
        """Every template that can be used, by its name: the file of the office's own first."""
        found: dict[str, Path] = {}
        for top in self._template_folders:
            for path in sorted(top.path.rglob("*")):
                if path.is_file():
                    found.setdefault(path.relative_to(top.path).as_posix(), path)
        return found

    def editions(self) -> dict[str, Path]:
        """Every edition of a form that can be used: the file by its name, the office's own first."""
        if not self._editions:
            self._editions.update((path.stem, path) for path in self._list_files("forms/*.toml"))
        return self._editions

    def form(self, facts: Facts, year: int) -> Form | Finding:
        """Choose the form of a report: the edition that it names, else the one in force for its year."""
        editions = self.editions()
        named = facts.tree.get("edition")
        if named is not None and not isinstance(named, str | int | Decimal):
            message = _("edition-should-be-text", value=describe_value(named))
            return Finding("wrong-edition", "error", facts.find_place("edition"), message, "edition")
        if named is not None:
            if isinstance(named, str) and named in editions:
                return self._form(editions[named])
            known = join_words(sorted(editions))
            message = _("edition-unknown-of-known", named=named, known=known)
            quoted = _("quote-edition", named=named)
            fix = quoted if str(named) in editions else _("right-edition-without-line")
            return Finding("wrong-edition", "error", facts.find_place("edition"), message, "edition", fix=fix)
        return self.form_in_force(year)

    def fill(self, facts: Facts, year: int, before: Report | None = None) -> Report | Finding:
        """Fill the form of a report with its facts; a file that names no form gives the finding that says so."""
        named = facts.tree.get("edition")
        key = (year, named) if isinstance(named, str | None) else None
        form = self._chosen.get(key) if key else None
        if form is None:  # to look for a form takes as long as to fill it
            found = self.form(facts, year)
            if isinstance(found, Finding):
                return found
            form = found
            if key:
                self._chosen[key] = form
        return fill_form(form, facts, before)

    def edition(self, name: str) -> Form:
        """Read an edition of a form by its name; raises `UserError` that lists those there are."""
        editions = self.editions()
        if name not in editions:
            raise UserError(
                _("no-such-edition", name=name), _("editions-available", editions=join_words(sorted(editions)))
            )
        return self._form(editions[name])

    def form_in_force(self, year: int) -> Form:
        """Choose the form in force for a year, the office's own first; raises `UserError` where none is."""
        own = self._template_folders[0].path / "forms"  # those that come with nianbao, where it has none of its own
        paths = [path for path in self.editions().values() if self._years(path).has_year(year)]
        paths = [path for path in paths if path.parent == own] or paths
        forms = [self._form(path) for path in paths]
        if len(forms) != 1:
            known = join_words(sorted(form.edition for form in forms) or sorted(self.editions()))
            raise UserError(
                _("several-forms-for-year", year=year, known=known)
                if forms
                else _("no-form-for-year", year=year, known=known),
                _("name-edition"),
            )
        return forms[0]

    def forms(self) -> list[Form]:
        """Read every edition of a form that can be used.

        One that cannot be read is left out: whoever uses it is told.
        """
        found = []
        for path in self.editions().values():
            with suppress(UserError):
                found.append(self._form(path))
        return found

    def text(self, name: str) -> str | None:
        """Read a file below the folder, or None where there is none."""
        if not self.folder.exists(name):
            return None
        try:
            return decode(self.folder.read(name), self._display_prefix + name)
        except OSError as error:
            raise make_read_error(self._display_prefix + name, error) from error

    def state(self, name: str) -> bytes | None:
        """Return the bytes of a file to be compared; None where there is none, the reason where it is refused."""
        try:
            return self.folder.read(name)
        except FileNotFoundError:
            return None
        except OSError as error:
            return str(error).encode()

    def settings(self) -> Facts:
        """Read the office's own settings, `report.toml` beside `data/`; without the file they are empty."""
        text = self.text("report.toml")
        name = f"{self._display_prefix}report.toml"
        return Facts(name, "", {}) if text is None else parse_toml(text, name)

    def formats(self) -> dict[str, Path]:
        """Every output format by its suffix: the file that describes it, the office's own first."""
        return {path.parent.name: path for path in self._list_files("formats/*/format.toml")}

    def format(self, suffix: str) -> Format:
        """Read the output format of a suffix that is one of `formats`; raises `UserError` that tells what is wrong."""
        path = self.formats()[suffix]
        return read_format(path, self._folders_from(path)[0])

    def look(self, name: str = LOOK) -> dict[str, Any]:
        """Read a look: sizes, margins and faces of the page; raises `UserError` that lists those there are."""
        known = {path.stem: path for path in self._list_files("looks/*.toml")}
        if name not in known:
            raise UserError(_("no-such-look", name=name), _("looks-available", looks=join_words(sorted(known))))
        return load_look(read_chain(known[name], self._template_folders))

    def _form(self, path: Path) -> Form:
        return _read_form(path, self._folders_from(path))

    def _years(self, path: Path) -> YearsEntry:
        return read_years(path, self._folders_from(path))

    def _folders_from(self, path: Path) -> tuple[TemplateFolder, ...]:
        """Return the folder of a template and those after it, where the bases of a form are looked for.

        An edition that comes with nianbao stays as it is, whatever an office changes in another one.
        """
        tops = self._template_folders
        return tuple(tops[next(at for at, top in enumerate(tops) if path.is_relative_to(top.path)) :])

    def _find(self, name: str) -> TemplateFolder | None:
        """Find the folder of a template, whose name leads neither upwards nor elsewhere: not by a link either."""
        if not is_portable_path(name):
            return None
        tops = self._template_folders
        return next((top for top in tops if (top.path / name).is_file() and _lies_below(top.path / name, tops)), None)

    def _list_files(self, pattern: str) -> Iterator[Path]:
        """Yield the templates whose names match a pattern, of several of one name only the first."""
        seen: set[str] = set()
        for top in self._template_folders:
            for path in sorted(top.path.glob(pattern)):
                if (name := str(path.relative_to(top.path))) not in seen:
                    seen.add(name)
                    yield path


def _find_own_templates(root: Path) -> Path | None:
    """Return where the folder's own templates can be read; None where it has none, or those of the program itself."""
    folder = root / "templates"
    if not folder.is_dir() or folder.resolve() == TEMPLATES.resolve():
        return None
    from nianbao.workspace import trust  # noqa: PLC0415  # most folders have no templates of their own

    return trust.find_trusted_templates(root)


def _lies_below(path: Path, tops: Sequence[TemplateFolder]) -> bool:
    return any(path.resolve().is_relative_to(top.path) for top in tops)


@cache
def _read_form(path: Path, tops: tuple[TemplateFolder, ...]) -> Form:
    return load_form(path.stem, read_chain(path, tops, cached=True))
