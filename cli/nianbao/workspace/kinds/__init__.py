"""A kind of document: its folder of templates, in which an office may replace file by file what comes with nianbao."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nianbao.model.facts import Facts
from nianbao.model.file_names import is_portable_path
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.kind import Kind, load_kind
from nianbao.model.loading.form_loader import load_form
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.model.loading.loader import raise_faults
from nianbao.model.loading.reading import load_reading
from nianbao.model.locale import Locale
from nianbao.model.period import EXAMPLES, Period
from nianbao.model.report import Report, fill_form
from nianbao.model.values.faults import describe_value
from nianbao.workspace.kinds.rule_files import RuleFile, read_rules
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.template_files import TemplateFolder, read_chain, read_locale, read_years

if TYPE_CHECKING:
    from nianbao.model.file_sets.mapping import FileSet

KINDS, KIND_FILE, READING_FILE, FILES_FILE = "kinds", "kind.toml", "reading.toml", "files.toml"
T = TypeVar("T")
_LARGEST = 1 << 20  # bytes of a template that is filled


class KindFolder:
    """The templates of a kind, below `kinds/<id>/` of each folder of templates: the first that has a file is used."""

    def __init__(self, id_: str, tops: Sequence[TemplateFolder]) -> None:
        self.id = id_
        self._tops = tuple(tops)
        self._chosen: dict[tuple[Period, str | None], Form] = {}  # by the period, and the edition of a data file
        # One and the same function for every office of a folder, since what is compiled is kept by it.
        self.template: Callable[[str], tuple[str, str]] = self._read

    @property
    def name(self) -> str:
        """The name of its folder, below a folder of templates."""
        return f"{KINDS}/{self.id}"

    @cached_property
    def settings(self) -> Kind:
        """What its `kind.toml` says; raises `UserError` that lists the faults."""
        return self._settings_from(self._tops)

    @property
    def tops(self) -> tuple[TemplateFolder, ...]:
        """The folders of templates in which it is looked for, the office's own first."""
        return self._tops

    @property
    def origin(self) -> TemplateFolder:
        """The folder of templates from which its `kind.toml` is."""
        return next(top for top in self._tops if (top.path / self.name / KIND_FILE).is_file())

    def find_files(self, pattern: str) -> dict[str, tuple[TemplateFolder, Path]]:
        """Find the files of this kind whose names below its folder match a pattern, the office's own first."""
        found: dict[str, tuple[TemplateFolder, Path]] = {}
        for top in self._tops:
            folder = top.path / self.name
            for path in sorted(folder.glob(pattern)):
                if path.is_file():
                    found.setdefault(path.relative_to(folder).as_posix(), (top, path))
        return found

    @property
    def rules(self) -> Mapping[str, RuleFile]:
        """Its own rules by name; raises `UserError` that tells what is wrong with a file."""
        return read_rules(self.name, self._tops)

    def editions(self) -> dict[str, Path]:
        """Every edition of the form that can be used: the file by its name, the office's own first."""
        return self._editions

    @cached_property
    def _editions(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for top in self._tops:
            for path in sorted(top.path.glob(f"{self.name}/editions/*.toml")):
                found.setdefault(path.stem, path)
        return found

    def require_period(self, period: Period, data: str = "") -> None:
        """Raise `UserError` for a period of another unit than that of this kind, which a `data` file may have."""
        calendar = self.settings.calendar
        if not calendar.has(period):
            why = _("kind-has-no-such-period", kind=self.id, period=period)
            raise UserError(
                f"{Place(data)}: {why}" if data else why,
                _("write-like-example", example=EXAMPLES[calendar.unit]),
            )

    def form(self, facts: Facts, period: Period) -> Form | Finding:
        """Choose the form of a report: the edition that it names, else the one in force for its period."""
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
        return self.form_in_force(period)

    def fill(self, facts: Facts, period: Period, before: Report | None = None) -> Report | Finding:
        """Fill the form of a report with its facts; a file that names no form gives the finding that says so."""
        named = facts.tree.get("edition")
        key = (period, named) if isinstance(named, str | None) else None
        form = self._chosen.get(key) if key else None
        if form is None:  # to look for a form takes as long as to fill it
            found = self.form(facts, period)
            if isinstance(found, Finding):
                return found
            form = found
            if key:
                self._chosen[key] = form
        return fill_form(form, facts, before)

    def edition(self, name: str) -> Form:
        """Read an edition of the form by its name; raises `UserError` that lists those there are."""
        editions = self.editions()
        if name not in editions:
            raise UserError(
                _("no-such-edition", name=name), _("editions-available", editions=join_words(sorted(editions)))
            )
        return self._form(editions[name])

    def read_edition_files(self, name: str) -> list[Facts]:
        """Read the file of an edition and those that it is based on, to name places in them."""
        path = self.editions()[name]
        return read_chain(path, self._tops_from(path), cached=True)

    def read_settings_file(self) -> Facts:
        """Read its `kind.toml`, to name places in it."""
        return self.origin.read_toml(self.origin.path / self.name / KIND_FILE)

    def read_locale(self, language: str) -> Locale:
        """Read the locale of a language that its documents have."""
        return read_locale(language, self._tops)

    def form_in_force(self, period: Period, last: str = "") -> Form:
        """Choose the form in force for a period, the office's own first; raises `UserError` where none is.

        Where several are, such as those of provinces, it is the edition of the `last` report, else the first that the
        kind prefers.
        """
        forms = [self._form(path) for path in self._find_in_force(period, last)]
        if len(forms) != 1:
            known = join_words(sorted(form.edition for form in forms) or sorted(self.editions()))
            raise UserError(
                _("several-forms-for-year", year=period, known=known)
                if forms
                else _("no-form-for-year", year=period, known=known),
                _("name-edition"),
            )
        return forms[0]

    def list_in_force(self, period: Period) -> list[str]:
        """List the editions between which a report of a period would have to choose; one where nothing is left open."""
        return [path.stem for path in self._find_in_force(period)]

    def _find_in_force(self, period: Period, last: str = "") -> list[Path]:
        paths = [path for path in self.editions().values() if read_years(path, self._tops_from(path)).has(period)]
        own = next((top.path for top in self._tops if any(path.is_relative_to(top.path) for path in paths)), None)
        by_name = {path.stem: path for path in paths if own and path.is_relative_to(own)}
        preferred = [by_name[name] for name in (last, *self.settings.prefers) if name in by_name]
        return preferred[:1] or list(by_name.values())

    def forms(self) -> list[Form]:
        """Read every edition of the form that can be used.

        One that cannot be read is left out: whoever uses it is told.
        """
        found = []
        for path in self.editions().values():
            with suppress(UserError):
                found.append(self._form(path))
        return found

    def _form(self, path: Path) -> Form:
        tops = self._tops_from(path)
        return _read_form(path, tops, self._settings_from(tops), self._tops)

    def _settings_from(self, tops: tuple[TemplateFolder, ...]) -> Kind:
        path = next(path for top in tops if (path := top.path / self.name / KIND_FILE).is_file())
        return _read_kind(self.id, path, self._tops_from(path))

    def _tops_from(self, path: Path) -> tuple[TemplateFolder, ...]:
        """Return the folder of a template and those after it, where the bases of a form are looked for.

        An edition that comes with nianbao stays as it is, whatever an office changes in another one.
        """
        return self._tops[next(at for at, top in enumerate(self._tops) if path.is_relative_to(top.path)) :]

    def _read(self, name: str) -> tuple[str, str]:
        """Read a template, the office's own, else the one that comes with nianbao; return its path for people too."""
        shown = f"{self.name}/{name}"
        top = self._find(name)
        if top is None:
            raise UserError(_("no-such-template", name=shown), _("check-template-name"))
        path = top.path / self.name / name
        if path.stat().st_size > _LARGEST:
            raise UserError(_("template-too-large", path=top.display(path), size=_LARGEST >> 10), _("split-template"))
        return top.read_text(path), top.display(path)

    def _find(self, name: str) -> TemplateFolder | None:
        """Find the folder of a template, whose name leads neither upwards nor elsewhere: not by a link either."""
        if not is_portable_path(name):
            return None
        paths = ((top, top.path / self.name / name) for top in self._tops)
        return next((top for top, path in paths if path.is_file() and self._lies_below(path)), None)

    def _lies_below(self, path: Path) -> bool:
        return any(path.resolve().is_relative_to(top.path) for top in self._tops)


@cache
def _read_form(path: Path, tops: tuple[TemplateFolder, ...], kind: Kind, all_tops: tuple[TemplateFolder, ...]) -> Form:
    """Read an edition: it and its bases from `tops`, its locale from all folders of templates."""
    sources = read_chain(path, tops, cached=True)
    language = next((source.tree["language"] for source in sources if "language" in source.tree), kind.languages[0])
    if language not in kind.languages:
        why = _("kind-has-no-such-language", kind=kind.id, language=language)
        raise_faults(sources, [Fault(("language",), why + suggest(str(language), kind.languages))])
    rules = read_rules(f"{KINDS}/{kind.id}", tops).values()
    levels = {rule.name: rule.level for rule in rules if rule.level}
    is_shipped = all(top.path == TEMPLATES for top in tops)
    return load_form(path.stem, sources, kind, read_locale(language, all_tops), levels, is_shipped=is_shipped)


@cache
def _read_kind(id_: str, path: Path, tops: tuple[TemplateFolder, ...]) -> Kind:
    return load_kind(
        id_,
        [tops[0].read_toml(path)],
        partial(_read_file, id_, tops, READING_FILE, load_reading),
        partial(_read_file, id_, tops, FILES_FILE, _load_file_set),
    )


def _load_file_set(sources: Sequence[Facts]) -> "FileSet":
    from nianbao.model.file_sets.mapping import load_file_set  # noqa: PLC0415  # few kinds have files

    return load_file_set(sources)


def _read_file(
    id_: str, tops: tuple[TemplateFolder, ...], name: str, load_file: Callable[[Sequence[Facts]], T]
) -> T | None:
    """Read a file that a kind may have: the first there is in the folders of templates."""
    found = ((top, file) for top in tops if (file := top.path / KINDS / id_ / name).is_file())
    return next((load_file([top.read_toml(file)]) for top, file in found), None)
