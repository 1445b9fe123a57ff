"""Add a kind to a folder's own templates, from a folder or from a tag of a git repository, and lock what it was."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import tomli_w
from msgspec import Struct

from nianbao.model.facts import Facts
from nianbao.model.file_names import ID
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.kind import Kind, load_kind
from nianbao.workspace import trust
from nianbao.workspace.files import SavedFile, decode, display_path, parse_toml
from nianbao.workspace.kinds import KIND_FILE, KINDS
from nianbao.workspace.origins.git import clone
from nianbao.workspace.store import Store

LOCK_FILE = "templates/kinds.lock.toml"
_LOCK_COMMENT = "# Written by `report kind add`: where each kind is from, and the SHA-256 of its files.\n\n"
_GIT = "git+"
_URL = re.compile(r"(?:file|https|ssh)://[^\s/]*/\S+")
_TAG = re.compile(r"[A-Za-z0-9][\w./-]*")


class AddedKind(Struct, frozen=True):
    """A kind that was added: its id, the files, and the commit that it is from, if it is from git."""

    id: str
    saved: list[SavedFile]
    commit: str


def add_kind(store: Store, source: str) -> AddedKind:
    """Copy a kind into the folder's own templates, and write where it is from to the lock file.

    With it come looks and locales beside it that the folder does not have.
    `source` is a folder with `kind.toml`, or `git+URL@TAG`. Raises `UserError` for a source that cannot be read or has
    no kind, for a kind that is there already, and for one that needs a newer nianbao.
    """
    if not source.startswith(_GIT):
        return _add_folder(store, Path(os.path.realpath(source)), display_path(Path(source)), "")
    url, _at, tag = source.removeprefix(_GIT).rpartition("@")
    if not _URL.fullmatch(url) or not _TAG.fullmatch(tag):
        raise UserError(
            _("kind-source-not-understood", source=source),
            _("write-like-example", example="git+https://example.org/kinds.git@v1.0"),
        )
    with tempfile.TemporaryDirectory(prefix="nianbao-") as temporary:
        folder = Path(temporary, Path(url).name.removesuffix(".git") or "kind")
        commit = clone(url, tag, folder)
        return _add_folder(store, folder, source, commit)


def _add_folder(store: Store, folder: Path, source: str, commit: str) -> AddedKind:
    kind = _find_kind(folder, source)
    files = {name: content for name, content in trust.read_folder(kind).items() if not name.startswith(".git/")}
    settings = _check_kind(store, kind.name, files, source)
    top = f"templates/{KINDS}/{kind.name}"
    lock = _read_lock(store)
    entry = {"source": source, "commit": commit, "sha256": _digest(files)}
    lock[kind.name] = {key: value for key, value in entry.items() if value}
    contents = {f"{top}/{name}": content for name, content in files.items()}
    if kind.parent.name == KINDS:
        contents |= _read_beside(store, kind.parent.parent, settings)
    contents[LOCK_FILE] = (_LOCK_COMMENT + tomli_w.dumps(dict(sorted(lock.items())))).encode()
    return AddedKind(kind.name, store.folder.write(contents), commit)


def _find_kind(folder: Path, source: str) -> Path:
    """Find the folder of a kind: the one given, else the only one below its `kinds/` or `templates/kinds/`."""
    if (folder / KIND_FILE).is_file():
        return folder
    found = [path.parent for place in (KINDS, f"templates/{KINDS}") for path in folder.glob(f"{place}/*/{KIND_FILE}")]
    if len(found) == 1:
        return found[0]
    if found:
        names = join_words(sorted(path.relative_to(folder).as_posix() for path in found))
        raise UserError(_("several-kinds-in-source", source=source, names=names), _("name-folder-of-one-kind"))
    raise UserError(_("no-kind-in-source", source=source), _("kind-has-kind-toml"))


def _read_beside(store: Store, top: Path, settings: Kind) -> dict[str, bytes]:
    """Read what a kind needs of the templates that it is among, and the folder lacks: locales, and looks with bases."""
    there = {
        f"{part}/{name}": content
        for part in ("locales", "looks")
        if (top / part).is_dir() and (top / part).resolve().is_relative_to(top.resolve())
        for name, content in trust.read_folder(top / part).items()
    }
    looks = [f"looks/{settings.look}.toml"]
    while content := there.get(looks[-1]):
        base = f"looks/{parse_toml(decode(content, looks[-1]), looks[-1]).tree.get('base')}.toml"
        if base in looks:
            break
        looks.append(base)
    wanted = [*looks, *(f"locales/{language}.toml" for language in settings.languages)]
    known = {name for name in wanted for one in store.template_folders if (one.path / name).exists()}
    return {f"templates/{name}": there[name] for name in wanted if name in there and name not in known}


def _check_kind(store: Store, id_: str, files: Mapping[str, bytes], source: str) -> Kind:
    """Return a kind; raise `UserError` for one that is there already, of a wrong id, or that cannot be read."""
    if not ID.fullmatch(id_):
        raise UserError(_("kind-id-should-be", kind=id_), _("write-like-example", example="us-foia"))
    if id_ in store.list_kinds() or (store.root / "templates" / KINDS / id_).exists():
        raise UserError(_("kind-exists", kind=id_, place=display_path(store.root)), _("remove-kind-before-adding"))
    name = f"{source}/{KIND_FILE}"
    return load_kind(id_, [parse_toml(decode(files[KIND_FILE], name), name)])


def _digest(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of the names of some files and those of their content."""
    sums = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    return sha256(json.dumps(sums).encode()).hexdigest()


def _read_lock(store: Store) -> dict[str, dict[str, str]]:
    text = store.text(LOCK_FILE)
    facts = Facts(LOCK_FILE, "", {}) if text is None else parse_toml(text, LOCK_FILE)
    return {name: entry for name, entry in facts.tree.items() if isinstance(entry, dict)}


def find_changed_kinds(store: Store) -> list[str]:
    """List the kinds of the lock file whose files are no longer those that were added."""
    changed = []
    for name, entry in _read_lock(store).items():
        folder = store.root / "templates" / KINDS / name
        if folder.is_dir() and _digest(trust.read_folder(folder)) != entry.get("sha256"):
            changed.append(name)
    return changed
