"""The output of `report trust`: the templates that a folder has of its own, which are programs, which are trusted."""

from collections.abc import Sequence
from pathlib import Path

from nianbao.cli.output.findings import print_table
from nianbao.cli.terminal import echo
from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.workspace import trust
from nianbao.workspace.files import display_path, read_bytes
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.trust import OwnTemplates, TrustRecord

_PROGRAM_TYPES = {
    ".lua": N_("Lua 程序"),
    ".j2": N_("Jinja 模板"),
    ".typ": N_("Typst 程序"),
    ".html": N_("pandoc 模板"),
}


def print_templates(folder: Path, own: OwnTemplates | None) -> None:
    """Print the templates of a folder: the type of each, whether it replaces one of the program's, and what changed."""
    if own is None:
        echo(_("{folder} 没有自己的模板，用的是程序自带的，不需要信任", folder=display_path(folder)))
        return
    before = trust.find_record(own.root)
    changes = before.list_changes(own) if before else {}
    rows = [
        (name, _describe_type(name), _compare_with_own(name, data), changes.pop(name, ""))
        for name, data in own.files.items()
    ]
    rows += [(name, _describe_type(name), "", change) for name, change in changes.items()]
    headers = (_("文件"), _("是什么"), _("程序自带的"), _("上次信任以后") if before else "")
    echo(_("{folder} 里有 {count} 个模板：", folder=own.name, count=len(own.files)))
    print_table(headers, rows)


def print_trusted(own: OwnTemplates) -> None:
    """Print that templates are trusted now, and which environment variable does the same on a build server."""
    echo(_("已信任 {folder}；其中任何一个字节变了，就要再信任一次", folder=own.name))
    echo(_("CI 里不用这个命令，设 {variable}={value}", variable=trust.VARIABLE, value=own.fingerprint))


def print_trusted_folders(folders: Sequence[TrustRecord]) -> None:
    """Print the folders whose templates are trusted, and whether these have changed since."""
    if not folders:
        echo(_("还没有信任过哪个目录"))
        return
    print_table((_("目录"), _("信任日期"), _("模板"), ""), [(*_make_row(one), _describe_state(one)) for one in folders])


def print_removed(folder: Path, *, was: bool) -> None:
    """Print that the templates of a folder are no longer trusted, or never were."""
    text = N_("不再信任 {folder} 的模板") if was else N_("本来就没有信任 {folder} 的模板")
    echo(_(text, folder=display_path(folder)))


def _make_row(one: TrustRecord) -> tuple[str, str, str]:
    return one.folder, one.since, str(len(one.sums))


def _describe_state(one: TrustRecord) -> str:
    try:
        own = trust.read_templates(Path(one.folder))
    except UserError:
        return _("读不了")
    if own is None:
        return _("没有了")
    return _("变了") if one.list_changes(own) else ""


def _describe_type(name: str) -> str:
    file_type = _PROGRAM_TYPES.get(Path(name).suffix)
    if file_type is None and name.startswith("forms/"):
        file_type = N_("格式，带 Jinja 文字")
    return _(file_type) if file_type else ""


def _compare_with_own(name: str, data: bytes) -> str:
    """Return for people whether a file replaces one that comes with the program."""
    ours = read_bytes(TEMPLATES / name)
    if ours is None:
        return _("没有同名的")
    return _("相同") if ours == data else _("换掉")
