"""The kinds, looks and formats of a folder: its own templates before those that come with nianbao."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nianbao.model.facts import Facts
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.kind import DEFAULT_KIND
from nianbao.model.loading.inheritance import suggest
from nianbao.workspace.files import decode, display_path, make_read_error, parse_toml
from nianbao.workspace.folder import DiskFolder, Folder
from nianbao.workspace.formats import Format
from nianbao.workspace.kinds import KIND_FILE, KINDS, KindFolder
from nianbao.workspace.origins.sources import (
    find_added_templates,
    find_own_templates,
    find_packages,
    list_added_folders,
)
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.template_files import TemplateFolder, read_chain, read_format
from nianbao.workspace.theme import load_look

if TYPE_CHECKING:
    from nianbao.workspace.origins.own_templates import OwnTemplates


class Templates:
    """The templates of a folder: its own below `templates/` if they are trusted, else those that come with nianbao.

    Its own are looked for when the first template is asked for, which raises `UserError` where nobody trusts them.
    """

    def __init__(self, root: Path, folder: Folder | None = None) -> None:
        self.root = root
        self.folder = folder or DiskFolder(root)
        self._display_prefix = "" if (called := display_path(root)) == "." else f"{called}/"
        self._folders: tuple[TemplateFolder, ...] = ()  # the own one first, once it was looked for
        self._kinds: dict[str, KindFolder] = {}  # those that were asked for, by their ids
        self._kind_id = ""  # of these reports; empty: the default one
        self._default_kind = ""  # once it was asked for

    @property
    def _template_folders(self) -> tuple[TemplateFolder, ...]:
        if not self._folders:
            self.require_trust()
        return self._folders

    def require_trust(self) -> None:
        """Look for the folder's own templates, and those that it adds; raises `UserError` where nobody trusts them."""
        own = find_own_templates(self.root, f"{self._display_prefix}templates")
        settings = self.settings()
        added = find_added_templates(self.root, settings) if "templates" in settings.tree else []
        self.use_folders([*own, *added, *find_packages()])

    def list_own_templates(self) -> "list[OwnTemplates]":
        """Read the folder's own templates, and those that it adds, trusted or not; raises as `trust.read_templates`."""
        from nianbao.workspace import trust  # noqa: PLC0415  # most commands do not need it

        added = map(trust.read_added_templates, list_added_folders(self.root, self.settings()))
        return [own for own in (trust.read_templates(self.root), *added) if own]

    def skip_untrusted(self) -> UserError | None:
        """Look for the folder's own templates; where nobody trusts them, leave them out and return the error."""
        try:
            self.require_trust()
        except UserError as error:
            self.use_folders(list(find_packages()))
            return error
        return None

    def use(self, own: Path | None) -> None:
        """Use the folder's own templates at a path; with None only those that come with nianbao."""
        shown = f"{self._display_prefix}templates"
        self.use_folders([TemplateFolder(own.resolve(), shown, origin="own")] if own else [])

    def use_folders(self, folders: Sequence[TemplateFolder]) -> None:
        """Use some folders of templates, the first before the others, and then those that come with nianbao."""
        self._folders = (*folders, TemplateFolder(TEMPLATES.resolve()))
        self._kinds.clear()

    @property
    def own(self) -> Path | None:
        """The path of the folder's own templates; None where it has none, or they are left out."""
        return next((top.path for top in self._template_folders if top.origin == "own"), None)

    @property
    def template_folders(self) -> tuple[TemplateFolder, ...]:
        """All folders of templates, the first before the others, the last of them those that come with nianbao."""
        return self._template_folders

    @property
    def more_folders(self) -> list[TemplateFolder]:
        """The folders of templates besides those that come with nianbao."""
        return list(self._template_folders[:-1])

    def files(self) -> dict[str, Path]:
        """Every template that can be used, by its name: the file of the office's own first."""
        found: dict[str, Path] = {}
        for top in self._template_folders:
            for path in sorted(top.path.rglob("*")):
                if path.is_file():
                    found.setdefault(path.relative_to(top.path).as_posix(), path)
        return found

    def load(self, name: str) -> tuple[str, str]:
        """Read a template by its name; return its path for people, too. Raises `UserError` where there is none."""
        for top in self._template_folders:
            if (path := top.path / name).is_file():
                return top.read_text(path), top.display(path)
        raise UserError(_("no-such-template", name=name), _("check-template-name"))

    @property
    def kind(self) -> KindFolder:
        """The kind of document of these reports; raises `UserError` where `report.toml` names one that is not there."""
        named = self._kind_id or self.default_kind
        if not self._kind_id and named not in self._kinds and named not in (known := self.list_kinds()):
            settings = self.settings()
            why = _("no-such-kind", kind=named) + suggest(named, known)
            place = f"{settings.find_place('kind')}: " if "kind" in settings.tree else ""
            raise UserError(place + why, _("kinds-available", kinds=join_words(known)))
        return self.find_kind(named)

    @property
    def kind_folder(self) -> str:
        """Name the folder of this kind among files of several: its id, or empty for the default kind."""
        return self._kind_id

    @property
    def default_kind(self) -> str:
        """The kind that `report.toml` names as `kind`, else that of the first data files there were."""
        if not self._default_kind:
            named = self.settings().tree.get("kind", DEFAULT_KIND)
            if not isinstance(named, str):
                place = self.settings().find_place("kind")
                raise UserError(_("kind-must-be-text", place=place), _("write-kind-name", kind=DEFAULT_KIND))
            self._default_kind = named
        return self._default_kind

    def set_default_kind(self, kind: str) -> None:
        """Use a kind as the default one of a folder that has no `report.toml` yet; raises `UserError` for no kind."""
        self._default_kind = self.find_kind(kind).id

    def list_looks(self) -> dict[str, Path]:
        """Every look that can be used: the file by its name, the office's own first."""
        return {path.stem: path for path in self._list_files("looks/*.toml")}

    def list_kinds(self) -> list[str]:
        """List the ids of the kinds of document that can be used."""
        return sorted({path.parent.name for path in self._list_files(f"{KINDS}/*/{KIND_FILE}")})

    def has_kind(self, name: str) -> bool:
        """Return whether a kind can be used; to list them all takes longer than to read a data file."""
        return any((top.path / KINDS / name / KIND_FILE).is_file() for top in self._template_folders)

    def find_kind(self, name: str) -> KindFolder:
        """Return a kind by its id; raises `UserError` that lists those there are."""
        if name not in self._kinds:
            known = self.list_kinds()
            if name not in known:
                raise UserError(
                    _("no-such-kind", kind=name) + suggest(name, known), _("kinds-available", kinds=join_words(known))
                )
            self._kinds[name] = KindFolder(name, self._template_folders)
        return self._kinds[name]

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
        files = self.formats().items()
        folders = {
            path: next(top for top in self._template_folders if path.is_relative_to(top.path)) for _, path in files
        }
        return read_format(suffix, {known: (path, folders[path]) for known, path in files})

    def look(self, name: str = "") -> dict[str, Any]:
        """Read a look, by default that of the kind: sizes, margins and faces of the page.

        Raises `UserError` that lists those there are.
        """
        name = name or self.kind.settings.look
        known = self.list_looks()
        if name not in known:
            raise UserError(_("no-such-look", name=name), _("looks-available", looks=join_words(sorted(known))))
        return load_look(read_chain(known[name], self._template_folders))

    def _list_files(self, pattern: str) -> Iterator[Path]:
        """Yield the templates whose names match a pattern, of several of one name only the first."""
        seen: set[str] = set()
        for top in self._template_folders:
            for path in sorted(top.path.glob(pattern)):
                if (name := str(path.relative_to(top.path))) not in seen:
                    seen.add(name)
                    yield path
