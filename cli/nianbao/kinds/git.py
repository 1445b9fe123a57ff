"""The only module that starts git: it clones one tag of a repository, without its history."""

import os
import subprocess
from pathlib import Path

from nianbao.model.finding import UserError
from nianbao.model.i18n import _

_SECONDS = 120  # for a clone


def clone(url: str, tag: str, folder: Path) -> str:
    """Clone a tag without history; return its commit. No hook and no submodule of the repository runs."""
    options = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"]
    for allowed in ("file", "https", "ssh"):
        options += ["-c", f"protocol.{allowed}.allow=always"]
    _run_git([*options, "clone", "--quiet", "--depth", "1", "--branch", tag, "--", url, str(folder)], url)
    return _run_git(["-C", str(folder), "rev-parse", "HEAD"], url)


def _run_git(words: list[str], url: str) -> str:
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        done = subprocess.run(  # noqa: S603  # no shell; the URL is one of the schemes above
            ["git", *words],  # noqa: S607  # the git of the user
            capture_output=True,
            check=False,
            env=environment,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise UserError(_("git-not-found"), _("install-git-or-add-folder")) from None
    except subprocess.TimeoutExpired:
        raise UserError(_("git-too-slow", url=url, seconds=_SECONDS), _("install-git-or-add-folder")) from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        raise UserError(_("git-failed", url=url, why=lines[-1]), _("check-url-and-tag"))
    return done.stdout.decode().strip()
