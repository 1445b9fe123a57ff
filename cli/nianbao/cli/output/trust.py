"""What `report trust` says: which templates a folder has of its own, which of them are programs, what is trusted."""

from collections.abc import Sequence
from pathlib import Path

from nianbao.cli.output.findings import print_table
from nianbao.cli.terminal import echo
from nianbao.model.finding import Stop
from nianbao.model.i18n import N_, _
from nianbao.workspace import trust
from nianbao.workspace.files import TEMPLATES, content
from nianbao.workspace.files import shown as named
from nianbao.workspace.trust import Own, Trusted

_PROGRAM_TYPES = {
    ".lua": N_("Lua 程序"),
    ".j2": N_("Jinja 模板"),
    ".typ": N_("Typst 程序"),
    ".html": N_("pandoc 模板"),
}


def print_templates(folder: Path, own: Own | None) -> None:
    """List the templates of a folder: what each is, whether it stands in for the program's, and what changed."""
    if own is None:
        echo(_("{folder} 没有自己的模板，用的是程序自带的，不需要信任", folder=named(folder)))
        return
    before = trust.recorded(own.root)
    changes = before.changes(own) if before else {}
    rows = [
        (name, _describe_type(name), _compare_with_own(name, found), changes.pop(name, ""))
        for name, found in own.files.items()
    ]
    rows += [(name, _describe_type(name), "", change) for name, change in changes.items()]
    heads = (_("文件"), _("是什么"), _("程序自带的"), _("上次信任以后") if before else "")
    echo(_("{folder} 里有 {count} 个模板：", folder=own.name, count=len(own.files)))
    print_table(heads, rows)


def print_trusted(own: Own) -> None:
    """Say that templates are trusted, and how a machine without a person may do the same."""
    echo(_("已信任 {folder}；其中任何一个字节变了，就要再信任一次", folder=own.name))
    echo(_("CI 里不用这个命令，设 {variable}={value}", variable=trust.VARIABLE, value=own.fingerprint))


def print_trusted_folders(found: Sequence[Trusted]) -> None:
    """List the folders of which templates are trusted, and whether they still are what they were."""
    if not found:
        echo(_("还没有信任过哪个目录"))
        return
    print_table((_("目录"), _("信任日期"), _("模板"), ""), [(*_make_row(one), _describe_state(one)) for one in found])


def print_removed(folder: Path, *, was: bool) -> None:
    """Say that the templates of a folder are trusted no longer."""
    words = N_("不再信任 {folder} 的模板") if was else N_("本来就没有信任 {folder} 的模板")
    echo(_(words, folder=named(folder)))


def _make_row(one: Trusted) -> tuple[str, str, str]:
    return one.folder, one.since, str(len(one.sums))


def _describe_state(one: Trusted) -> str:
    try:
        own = trust.read(Path(one.folder))
    except Stop:
        return _("读不了")
    if own is None:
        return _("没有了")
    return _("变了") if one.changes(own) else ""


def _describe_type(name: str) -> str:
    kind = _PROGRAM_TYPES.get(Path(name).suffix)
    if kind is None and name.startswith("forms/"):
        kind = N_("格式，带 Jinja 文字")
    return _(kind) if kind else ""


def _compare_with_own(name: str, found: bytes) -> str:
    """Say whether a file stands in the place of one that comes with the program."""
    ours = content(TEMPLATES / name)
    if ours is None:
        return _("没有同名的")
    return _("相同") if ours == found else _("换掉")
