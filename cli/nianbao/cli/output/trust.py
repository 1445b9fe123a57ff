"""The output of `report trust`: the templates that a folder has of its own, which are programs, which are trusted."""

from collections.abc import Sequence
from pathlib import Path

from nianbao.cli.output.findings import print_table
from nianbao.cli.terminal import echo
from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.workspace import trust
from nianbao.workspace.files import display_path, read_bytes
from nianbao.workspace.origins.own_templates import OwnTemplates, TrustRecord
from nianbao.workspace.shipped import TEMPLATES

_PROGRAM_TYPES = {
    ".lua": N_("type-lua"),
    ".j2": N_("type-jinja"),
    ".typ": N_("type-typst"),
    ".html": N_("type-pandoc"),
}


def print_templates(folder: Path, own: OwnTemplates | None) -> None:
    """Print the templates of a folder: the type of each, whether it replaces one of the program's, and what changed."""
    if own is None:
        echo(_("folder-without-templates", folder=display_path(folder)))
        return
    before = trust.find_record(own)
    changes = before.list_changes(own) if before else {}
    rows = [
        (name, _describe_type(name), _compare_with_own(name, data), changes.pop(name, ""))
        for name, data in own.files.items()
    ]
    rows += [(name, _describe_type(name), "", change) for name, change in changes.items()]
    headers = (_("head-file"), _("head-kind"), _("head-shipped-template"), _("head-since-trusted") if before else "")
    echo(_("templates-in-folder", folder=own.name, count=len(own.files)))
    print_table(headers, rows)


def print_trusted(own: OwnTemplates) -> None:
    """Print that templates are trusted now, and which environment variable does the same on a build server."""
    echo(_("folder-now-trusted", folder=own.name))
    echo(_("in-ci-set-variable", variable=trust.VARIABLE, value=own.fingerprint))


def print_trusted_folders(folders: Sequence[TrustRecord]) -> None:
    """Print the folders whose templates are trusted, and whether these have changed since."""
    if not folders:
        echo(_("no-folder-trusted"))
        return
    print_table(
        (_("head-trusted-folder"), _("head-trusted-on"), _("head-templates"), ""),
        [(*_make_row(one), _describe_state(one)) for one in folders],
    )


def print_removed(folder: Path, *, was: bool) -> None:
    """Print that the templates of a folder are no longer trusted, or never were."""
    text = N_("folder-trusted-no-longer") if was else N_("folder-was-not-trusted")
    echo(_(text, folder=display_path(folder)))


def _make_row(one: TrustRecord) -> tuple[str, str, str]:
    return one.folder, one.since, str(len(one.sums))


def _describe_state(one: TrustRecord) -> str:
    try:
        own = trust.read_recorded(one)
    except UserError:
        return _("folder-unreadable")
    if own is None:
        return _("folder-gone")
    return _("templates-changed") if one.list_changes(own) else ""


def _describe_type(name: str) -> str:
    file_type = _PROGRAM_TYPES.get(Path(name).suffix)
    if file_type is None and "/editions/" in name:
        file_type = N_("type-form")
    return _(file_type) if file_type else ""


def _compare_with_own(name: str, data: bytes) -> str:
    """Return for people whether a file replaces one that comes with the program."""
    ours = read_bytes(TEMPLATES / name)
    if ours is None:
        return _("shipped-none")
    return _("shipped-same") if ours == data else _("shipped-replaced")
