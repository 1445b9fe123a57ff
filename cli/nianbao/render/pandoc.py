"""The only module that starts pandoc: one process that stays and renders pages, and one for each file that is read."""

import json
import logging
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing.util import Finalize
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, Any, cast

from nianbao.compose.markdown import DIALECT
from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.workspace.processes.limits import PATIENCE, LimitError
from nianbao.workspace.shipped import find_version
from nianbao.workspace.staging import TemporaryFolder, make_scratch_folder

RENDERER = Path(__file__).with_name("renderer.lua")
BLOCKS_WRITER = Path(__file__).with_name("blocks.lua")
_MAX_MEMORY_MB = 1024  # of a pandoc process
_RENDER_SECONDS = 20  # for one page
_READ_SECONDS = 30  # for one file
_OUT_OF_MEMORY_CODE = 251  # exit code of a GHC program that has not enough memory


class Pandoc:
    """A pandoc process that runs `renderer.lua`: it receives messages, and answers each page with several parts.

    It has a folder for its files, `folder`, which is removed with it.
    """

    def __init__(self) -> None:
        command = [find_pandoc(), "+RTS", f"-M{_MAX_MEMORY_MB}m", "-A16m", "-RTS", "lua", str(RENDERER)]
        pipe = subprocess.PIPE
        self._answers: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)  # so that pandoc never waits for us
        folder, process = make_scratch_folder(), None
        try:
            self.folder = str(folder.path)
            environment = os.environ | dict.fromkeys(("TMPDIR", "TMP", "TEMP"), self.folder)
            process = self._process = subprocess.Popen(  # noqa: S603  # the bundled pandoc, no shell
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, process_group=0
            )
            self._in, self._out = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
            self._listener.start()
            self._end = Finalize(self, _kill_and_clean_up, (process, folder), exitpriority=1)
        except BaseException as error:  # a signal to end this process may come at any of these lines
            _kill_and_clean_up(process, folder)
            if isinstance(error, OSError):
                raise _pandoc_error(error) from error
            raise

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, and give the process the CPU time that a page may take.

        Raises `UserError` where it has ended.
        """
        content = json.dumps(message, ensure_ascii=False).encode()
        _limit_resources(self._process, _RENDER_SECONDS)
        try:
            self._in.write(b"%d\n%s" % (len(content), content))
            self._in.flush()
        except OSError as error:
            raise self._exit_error() from error

    def receive(self) -> Iterator[tuple[str, bytes]]:
        """Yield the parts of an answer as they come, by name; the last is "." with what was dropped, as JSON.

        Raises `UserError` where pandoc reports an error, ends, or has not answered in time.
        """
        name, left = "", float(PATIENCE * _RENDER_SECONDS)  # the time that the caller takes for a part does not count
        while name != ".":
            start = monotonic()
            try:
                answer = self._answers.get(timeout=max(0, left))
            except Empty:
                raise _timeout_error() from None
            left -= monotonic() - start
            if answer is None:
                raise self._exit_error()
            name, content = answer
            if name == "!":
                if _OUT_OF_MEMORY_TEXT.search(content):
                    raise LimitError(_(_TOO_LARGE), _(_SHORTEN_FIX))
                raise _describe_error(content.decode(errors="replace"))
            yield name, content

    def close(self) -> None:
        """End the process."""
        self._end()
        self._listener.join()
        with suppress(OSError):  # the rest of a message that was not written
            self._in.close()

    def _exit_error(self) -> UserError:
        """Return why the process ended by itself."""
        code = self._process.wait()
        if code == _OUT_OF_MEMORY_CODE:
            return LimitError(_(_TOO_LARGE), _(_SHORTEN_FIX))
        if code == -_CPU_LIMIT_SIGNAL:
            return _timeout_error()
        if code < 0:  # a signal: it crashed, or the system had no more memory for it
            return LimitError(_("pandoc-crashed"), _(_SHORTEN_FIX))
        return _pandoc_error(_("ended-by-itself"))

    def _listen(self) -> None:
        with self._out as out:
            while (line := out.readline()).endswith(b"\n"):  # else it was ended while it wrote
                name, size = line.split()
                content = out.read(int(size))
                if len(content) == int(size):  # see above
                    self._answers.put((name.decode(), content))
        self._answers.put(None)


_SHORTEN_FIX = N_("shorten-or-reword-prose")
_TOO_LARGE = N_("pandoc-needs-too-much-memory")
_LUA_OF_FORMAT = re.compile(r"(?P<at>formats/[^/:\s]+/[^/:\s]+\.lua:\d+): (?P<why>.*)", re.DOTALL)
_OUT_OF_MEMORY_TEXT = re.compile(b"[Hh]eap exhausted|not enough memory")
_CPU_LIMIT_SIGNAL = getattr(signal, "SIGXCPU", 0)


def _timeout_error() -> UserError:
    return LimitError(_("pandoc-too-slow", seconds=_RENDER_SECONDS), _(_SHORTEN_FIX))


def _limit_resources(process: "subprocess.Popen[bytes]", seconds: int) -> None:
    """Limit a process to so many more seconds of CPU time, and its memory: so Linux ends it if we no longer can."""
    with suppress(ImportError, AttributeError, OSError):  # other systems cannot limit another process
        import resource  # noqa: PLC0415  # Windows has none

        fields = Path(f"/proc/{process.pid}/stat").read_bytes().rpartition(b")")[2].split()
        used = sum(map(int, fields[11:13])) // os.sysconf("SC_CLK_TCK")  # utime and stime, see proc(5)
        # The runtime of Haskell limits its own memory; that of Lua does not.
        limits = {resource.RLIMIT_CPU: used + seconds + 1, resource.RLIMIT_DATA: 2 * _MAX_MEMORY_MB * 2**20}
        for kind, limit in limits.items():
            _soft, hard = resource.prlimit(process.pid, kind)
            resource.prlimit(process.pid, kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group, and all processes that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except AttributeError:  # Windows has no groups
        process.kill()
    except (ProcessLookupError, PermissionError):  # macOS refuses where all have ended
        pass
    process.wait()


def _kill_and_clean_up(process: "subprocess.Popen[bytes] | None", folder: TemporaryFolder) -> None:
    if process:
        _kill(process)
    folder.close()


def _describe_error(text: str) -> UserError:
    """Return the error that pandoc reports: in Lua of a format without the trace of its calls, and with its place."""
    match = _LUA_OF_FORMAT.search(text)
    if not match:
        return _pandoc_error(text)
    why = " ".join(match["why"].partition("stack traceback:")[0].split())
    return UserError(_("lua-of-format-failed", at=f"templates/{match['at']}", why=why), _("mend-lua-of-format"))


def _pandoc_error(why: object) -> UserError:
    return UserError(_("pandoc-failed", error=why), _("see-doctor-for-pandoc"))


def find_pandoc() -> str:
    """Return the path of pandoc; raises `UserError` where there is none."""
    # Of several pandocs pypandoc takes the newest; the bundled one gives the same files on every machine. It is found
    # without pypandoc itself, which takes 20 ms to import.
    found = find_spec("pypandoc")
    folder = Path(found.origin).parent if found and found.origin else Path()
    bundled = folder / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")
    if bundled.exists() and "PYPANDOC_PANDOC" not in os.environ:
        return str(bundled)
    import pypandoc  # noqa: PLC0415  # slow to import

    logging.getLogger("pypandoc").setLevel(logging.CRITICAL + 1)  # errors are reported once, by us
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError as error:
        raise _pandoc_error(error) from error


def package_version() -> str:
    """Return what identifies the pandoc in use without running it: the version of its package, and its size."""
    return f"{find_version('pypandoc_binary')} {Path(find_pandoc()).stat().st_size}"


def list_versions() -> dict[str, str]:
    """Return the versions of pandoc and of Typst's package that would be used, by name."""
    try:
        done = subprocess.run([find_pandoc(), "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # bundled
        pandoc = done.stdout.split()[1]
    except (UserError, OSError, IndexError, subprocess.CalledProcessError):
        pandoc = _("pandoc-not-found")
    return {"pandoc": pandoc, "typst": find_version("typst")}


def read_blocks(
    content: bytes, reader: str, seconds: float = _READ_SECONDS, marks: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a file with one of pandoc's readers: return what it says of itself, and its blocks, as `blocks.lua` does.

    `marks` are those that texts get there: none, `notes` or `page`.

    Pandoc runs in its sandbox, so that no file fetches, includes or executes anything, with limited memory
    and time. Raises ValueError where it cannot read the file, MemoryError where it has not enough memory for it.
    """
    command = [find_pandoc(), "+RTS", f"-M{_MAX_MEMORY_MB}m", "-A32m", "-RTS", "--sandbox", "--quiet"]
    command += ["--from", reader, "--to", str(BLOCKS_WRITER), "--variable", f"dialect={DIALECT}"]
    command += ["--variable", f"marks={marks}"] if marks else []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0) as process:  # noqa: S603  # see above
        try:
            _limit_resources(process, round(seconds))
            output, errors = process.communicate(content, PATIENCE * seconds)
        except subprocess.TimeoutExpired as error:
            raise ValueError(_("not-read-in-time", seconds=round(seconds))) from error
        finally:
            _kill(process)
    if process.returncode:
        if process.returncode == -_CPU_LIMIT_SIGNAL:
            raise ValueError(_("not-read-in-time", seconds=round(seconds)))
        if process.returncode == _OUT_OF_MEMORY_CODE or _OUT_OF_MEMORY_TEXT.search(errors):
            raise MemoryError
        lines = errors.decode(errors="replace").strip().splitlines()
        raise ValueError(lines[-1] if lines else _("ended-by-itself"))
    document = json.loads(output)
    return document["about"] | {"pictures": document["pictures"]}, list(document["blocks"])


_COMPILE_LUA = (
    "local _, why = loadfile(os.getenv('NIANBAO_LUA_FILE'), 't') if why then io.stderr:write(why) os.exit(1) end"
)

_COMPILE_TEMPLATE = "pandoc.template.compile(io.open(os.getenv('NIANBAO_TEMPLATE_FILE'), 'rb'):read('a'))"


def find_lua_error(path: Path) -> str:
    """Compile a Lua file without running it; return what is wrong, an empty text where nothing is."""
    environment = os.environ | {"NIANBAO_LUA_FILE": str(path)}
    done = _run_briefly(["lua", "-e", _COMPILE_LUA], environment)
    return done.stderr.decode(errors="replace").strip() if done.returncode else ""


def find_template_error(path: Path) -> str:
    """Compile a template of pandoc; return what is wrong, an empty text where nothing is."""
    done = _run_briefly(["lua", "-e", _COMPILE_TEMPLATE], os.environ | {"NIANBAO_TEMPLATE_FILE": str(path)})
    return done.stderr.decode(errors="replace") if done.returncode else ""


def list_writers() -> list[str]:
    """List the output formats that pandoc has."""
    return _run_briefly(["--list-output-formats"], os.environ).stdout.decode().split()


def read_default_template(writer: str) -> str:
    """Return the template that pandoc has for a writer; an empty text where it has none."""
    done = _run_briefly(["--print-default-template", writer.partition("+")[0].partition("-")[0]], os.environ)
    return done.stdout.decode(errors="replace") if not done.returncode else ""


def _run_briefly(words: list[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[bytes]":
    command = [find_pandoc(), *words]
    return subprocess.run(command, capture_output=True, check=False, env=environment, timeout=_RENDER_SECONDS)  # noqa: S603  # bundled
