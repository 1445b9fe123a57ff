"""LibreOffice, where it is installed: converts old office files, without macros, links or a network."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from shutil import which

from nianbao.importer.readers.refusal import MAX_FILE_BYTES, UnreadableError
from nianbao.model.i18n import _
from nianbao.workspace.staging import make_scratch_folder

_SECONDS = 45  # for one file; most take three
_OTHER_PLACES = (  # where it is installed without being on the path
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:\\Program Files\\LibreOffice\\program\\soffice.exe",
)
_FILTERS = {"doc": "MS Word 97", "xls": "MS Excel 97", "rtf": "Rich Text Format"}  # else it takes any file for a text
_SETTINGS = (  # by the path of each, its name and value; a proxy that is none keeps every request on this machine
    ("org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("org.openoffice.Office.Calc/Content/Update", "Link", "1"),
    ("org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def find_libreoffice() -> str:
    """Return the path of LibreOffice, or an empty text where it is not installed."""
    found = which("soffice") or which("libreoffice")
    return found or next((place for place in _OTHER_PLACES if Path(place).is_file()), "")


def convert(content: bytes, suffix: str, target: str, what: str, fix: str) -> bytes:
    """Convert a file of one suffix to another.

    Raises `UnreadableError` where LibreOffice is not installed, with `what` the file is and how to `fix` that, and
    where it cannot convert the file in time.
    """
    program = find_libreoffice()
    if not program:
        raise UnreadableError(what, fix)
    scratch = make_scratch_folder()
    try:
        folder = scratch.path
        _write_settings(folder / "profile")
        source = folder / f"report.{suffix}"
        source.write_bytes(content)
        output = folder / "out"
        profile = (folder / "profile").as_uri()
        words = [program, f"-env:UserInstallation={profile}", "--headless", f"--infilter={_FILTERS[suffix]}"]
        _run([*words, "--convert-to", target, "--outdir", str(output), str(source)], folder)
        made = output / f"report.{target}"
        if not made.is_file() or made.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableError(_("libreoffice-cannot-convert", what=what), fix)
        return made.read_bytes()
    finally:
        scratch.close()


def _write_settings(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    folder = profile / "user"
    folder.mkdir(parents=True)
    namespace = 'xmlns:oor="http://openoffice.org/2001/registry"'
    (folder / "registrymodifications.xcu").write_text(f"<oor:items {namespace}>{items}</oor:items>", encoding="utf-8")


def _run(words: list[str], folder: Path) -> None:
    """Run LibreOffice with its temporary files in a folder, and end all of its processes after a time."""
    environment = os.environ | dict.fromkeys(("TMPDIR", "TMP", "TEMP", "HOME"), str(folder))
    null = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603  # no shell; the program of the user
        words, stdin=null, stdout=null, stderr=null, env=environment, process_group=0
    ) as process:
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS)
        finally:
            _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process with all that it started, also those that outlive it."""
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
