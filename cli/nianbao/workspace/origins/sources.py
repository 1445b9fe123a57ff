"""Where templates come from besides the program: the folder of reports, folders that it adds, installed packages."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nianbao.model.facts import Facts
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.kind import DEFAULT_KIND
from nianbao.model.loading.inheritance import Fault
from nianbao.model.loading.loader import raise_faults
from nianbao.workspace.files import display_path
from nianbao.workspace.kinds import KINDS
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.template_files import TemplateFolder

ENTRY_POINTS = "nianbao.kinds"  # the group of entry points by which a package says that it holds kinds
PACKAGE_PREFIX = "nianbao_kind_"  # the names of such packages: others are not looked at
# What an office's own templates had before there were kinds of document, and where it is now, below a kind.
_MOVED = {"forms": "editions", "narrative": "texts", "report.md.j2": "page.md.j2", "starter": "starter"}
_METADATA = re.compile(rf"({PACKAGE_PREFIX}\w+)-([^-]+)\.dist-info")
_ENTRY = re.compile(r"^[\w.-]+\s*=\s*(\w+(?:\.\w+)*)\s*$", re.MULTILINE)
_GROUP = re.compile(rf"^\[{re.escape(ENTRY_POINTS)}\]\s*$(.*?)(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


def find_own_templates(root: Path, shown: str) -> list[TemplateFolder]:
    """Return the folder's own templates; none where it has none, or those of the program itself.

    Raises `UserError` where nobody trusts them.
    """
    folder = root / "templates"
    if not folder.is_dir() or folder.resolve() == TEMPLATES.resolve():
        return []
    for old, new in _MOVED.items():
        if (folder / old).is_file() or any((folder / old).glob("*")):
            raise UserError(
                _("templates-no-longer-there", path=display_path(folder / old)),
                _("move-templates-to-kind", kind=f"{KINDS}/{DEFAULT_KIND}", new=new, kinds=KINDS),
            )
    from nianbao.workspace import trust  # noqa: PLC0415  # most folders have no templates of their own

    path = trust.find_trusted_templates(root)
    return [TemplateFolder(path.resolve(), shown, origin="own")] if path else []


def find_added_templates(root: Path, settings: Facts) -> list[TemplateFolder]:
    """Return the folders of templates that `report.toml` adds; raises `UserError` for one that is not trusted."""
    from nianbao.workspace import trust  # noqa: PLC0415  # most folders add none

    found = []
    for folder in list_added_folders(root, settings):
        own = trust.read_added_templates(folder)
        if own is not None:
            path = trust.require_trust(own, root)
            found.append(TemplateFolder(path.resolve(), own.name, origin="added"))
    return found


def list_added_folders(root: Path, settings: Facts) -> list[Path]:
    """List the folders that `report.toml` names as `templates`; raises `UserError` for one that is not there."""
    named = settings.tree.get("templates", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise_faults([settings], [Fault(("templates",), _("added-templates-should-be-folders"))])
    faults = [
        Fault(("templates", number), _("no-such-template-folder", name=name))
        for number, name in enumerate(named)
        if not (root / name).is_dir()
    ]
    if faults:
        raise_faults([settings], faults)
    return [root / name for name in named]


def find_packages() -> Iterator[TemplateFolder]:
    """Yield the templates of installed packages of kinds, which are data: no package is imported."""
    for folder in sys.path:
        for name in sorted(_list_names(folder)):
            if match := _METADATA.fullmatch(name):
                shown = f"{match[1].replace('_', '-')} {match[2]}"
                for package in _read_entry_points(Path(folder, name)):
                    path = Path(folder, *package.split("."))
                    if path.is_dir():
                        yield TemplateFolder(path.resolve(), display_path(path), origin="package", package=shown)


def _list_names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # at each start, where Path takes longer
    except OSError:
        return []


def _read_entry_points(metadata: Path) -> list[str]:
    try:
        group = _GROUP.search((metadata / "entry_points.txt").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []
    return _ENTRY.findall(group[1]) if group else []


def describe_origin(folder: TemplateFolder) -> str:
    """Say for people where templates are from."""
    names = {"package": folder.package, "program": _("origin-program")}
    return names.get(folder.origin, folder.shown or display_path(folder.path))
