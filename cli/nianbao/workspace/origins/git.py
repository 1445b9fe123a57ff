"""The only module that starts git: it clones one tag of a repository, and reads files as they were committed."""

import os
import subprocess
from pathlib import Path

from msgspec import Struct

from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace import access

_SECONDS = 120  # for a clone
# No program that the settings of a repository name is run: no hook, no monitor, no checker of signatures.
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false")
_PROTOCOLS = "file:https:ssh"  # of a clone


class CommittedFile(Struct, frozen=True):
    """A file as it was last committed: its bytes, and the short name and the day of that commit."""

    content: bytes
    commit: str
    day: str


def clone(url: str, tag: str, folder: Path) -> str:
    """Clone a tag without history; return its commit. No hook and no submodule of the repository runs."""
    words = [*_SAFE, "clone", "--quiet", "--depth", "1", "--branch", tag, "--", url, str(folder)]
    for command in (words, ["-C", str(folder), "rev-parse", "HEAD"]):
        commit, why = _run_git(command, url, _PROTOCOLS)
        if why:
            raise UserError(_("git-failed", url=url, why=why), _("check-url-and-tag"))
    return commit.decode().strip()


def read_last_commit(path: Path, name: str, revision: str = "HEAD") -> CommittedFile:
    """Read a file as it was last committed, or was at a commit, tag or branch; `name` is what people call it.

    Raises `UserError` where it never was committed.
    """
    inside = ["-C", str(path.parent), "--literal-pathspecs", *_SAFE]
    if not any((folder / ".git").exists() for folder in (path.parent.resolve(), *path.parent.resolve().parents)):
        raise UserError(_("not-in-git", name=name), _("begin-git-or-name-two"))
    show = ["log", "-1", "--format=%h %cs", "--end-of-options", revision, "--", path.name]
    found, why = _run_git([*inside, *show], name)
    if why or not found:
        reason = _("git-not-read-because", name=name, why=why) if why else _("file-not-committed", name=name)
        raise UserError(reason, _("commit-file-or-name-two"))
    commit, day = found.decode().split()
    blob = f"{commit}:./{path.name}"
    size, why = _run_git([*inside, "cat-file", "-s", blob], name)
    if not why and int(size) > access.LIMIT:
        why = access.describe_reason(access.make_size_error(access.LIMIT))
    content, why = (b"", why) if why else _run_git([*inside, "cat-file", "blob", blob], name)
    if why:
        raise UserError(_("git-not-read-because", name=name, why=why), _("commit-file-or-name-two"))
    return CommittedFile(content, commit, day)


def _run_git(words: list[str], name: str, protocols: str = "none") -> tuple[bytes, str]:
    """Run git; return what it printed, and the last line of its error, empty where it succeeded.

    It fetches nothing but by `protocols`: also not what a repository lacks.
    """
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": protocols}
    try:
        done = subprocess.run(  # noqa: S603  # no shell; URLs are of the schemes above
            ["git", *words],  # noqa: S607  # the git of the user
            capture_output=True,
            check=False,
            env=environment,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise UserError(_("git-not-found"), _("install-git-or-add-folder")) from None
    except subprocess.TimeoutExpired:
        raise UserError(_("git-too-slow", url=name, seconds=_SECONDS), _("install-git-or-add-folder")) from None
    if not done.returncode:
        return done.stdout, ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return b"", lines[-1] if lines else str(done.returncode)
