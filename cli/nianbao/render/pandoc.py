"""The only door to pandoc: one that stays and prints page after page, and one for each file that is read."""

import json
import logging
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.util import Finalize
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, Any, cast

from nianbao.compose.markdown import DIALECT
from nianbao.model.finding import Stop
from nianbao.model.i18n import N_, _
from nianbao.workspace.limits import Exceeded
from nianbao.workspace.staging import Folder, scratch

RENDERER = Path(__file__).with_name("renderer.lua")
BLOCKS_WRITER = Path(__file__).with_name("blocks.lua")
_MAX_MEMORY_MB = 1024  # MB that pandoc may take
_RENDER_SECONDS = 20  # seconds that it may take to print a page
_READ_SECONDS = 30  # seconds that it may take to read a file
_OUT_OF_MEMORY_CODE = 251  # how a program of GHC ends that has not enough memory


class Pandoc:
    """A pandoc that runs `renderer.lua`: told messages, it answers each page with its parts, one after the other.

    It has a folder for its files, `work`, which goes with it.
    """

    def __init__(self) -> None:
        command = [find_pandoc(), "+RTS", f"-M{_MAX_MEMORY_MB}m", "-A16m", "-RTS", "lua", str(RENDERER)]
        folder = scratch()
        self.work = str(folder.path)
        environment = os.environ | dict.fromkeys(("TMPDIR", "TMP", "TEMP"), self.work)
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the bundled pandoc, no shell
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, process_group=0
            )
        except OSError as error:
            folder.close()
            raise _pandoc_error(error) from error
        self._in, self._out = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        self._answers: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)  # so that pandoc never waits for us
        self._listener.start()
        self._end = Finalize(self, _kill_and_clean_up, (self._process, folder), exitpriority=1)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, after which it may take so long as a page may."""
        content = json.dumps(message, ensure_ascii=False).encode()
        _limit_resources(self._process, _RENDER_SECONDS)
        try:
            self._in.write(b"%d\n%s" % (len(content), content))
            self._in.flush()
        except OSError as error:
            raise self._exit_error() from error

    def receive(self) -> Iterator[tuple[str, bytes]]:
        """Give the parts of an answer as they come, by suffix, at last what was left out, by "."; raises `Stop`."""
        name, left = "", float(_RENDER_SECONDS)  # what is done with the parts meanwhile does not count
        while name != ".":
            began = monotonic()
            try:
                answer = self._answers.get(timeout=max(0, left))
            except Empty:
                raise _timeout_error() from None
            left -= monotonic() - began
            if answer is None:
                raise self._exit_error()
            name, content = answer
            if name == "!":
                if _OUT_OF_MEMORY_TEXT.search(content):
                    raise Exceeded(_(_TOO_LARGE), _(_SHORTEN_FIX))
                raise _pandoc_error(content.decode(errors="replace"))
            yield name, content

    def close(self) -> None:
        """End it."""
        self._end()
        self._listener.join()
        with suppress(OSError):  # what it was not told any more
            self._in.close()

    def _exit_error(self) -> Stop:
        """Say why it ended by itself."""
        code = self._process.wait()
        if code == _OUT_OF_MEMORY_CODE:
            return Exceeded(_(_TOO_LARGE), _(_SHORTEN_FIX))
        return _timeout_error() if code == -_CPU_LIMIT_SIGNAL else _pandoc_error(_("它自己停了"))

    def _listen(self) -> None:
        with self._out as out:
            while line := out.readline():
                name, size = line.split()
                content = out.read(int(size))
                if len(content) == int(size):  # else it was ended in the middle
                    self._answers.put((name.decode(), content))
        self._answers.put(None)


_SHORTEN_FIX = N_("正文太长，或括号、引用嵌套太多：缩短、改写后再运行")
_TOO_LARGE = N_("pandoc 印它要用的内存太多")
_OUT_OF_MEMORY_TEXT = re.compile(b"[Hh]eap exhausted|not enough memory")
_CPU_LIMIT_SIGNAL = getattr(signal, "SIGXCPU", 0)


def _timeout_error() -> Stop:
    return Exceeded(_("pandoc {seconds} 秒还没有印完", seconds=_RENDER_SECONDS), _(_SHORTEN_FIX))


def _limit_resources(process: "subprocess.Popen[bytes]", seconds: int) -> None:
    """Give a process so much more time of a core, and memory: where nobody is left to end it, Linux does."""
    with suppress(ImportError, AttributeError, OSError):  # elsewhere nobody does
        import resource  # noqa: PLC0415  # Windows has none

        said = Path(f"/proc/{process.pid}/stat").read_bytes().rpartition(b")")[2].split()
        taken = sum(map(int, said[11:13])) // os.sysconf("SC_CLK_TCK")
        # The runtime of Haskell keeps its own bound of memory; that of Lua has none.
        bounds = {resource.RLIMIT_CPU: taken + seconds + 1, resource.RLIMIT_DATA: 2 * _MAX_MEMORY_MB * 2**20}
        for what, bound in bounds.items():
            _soft, hard = resource.prlimit(process.pid, what)
            resource.prlimit(process.pid, what, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group, and all that it has begun."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except AttributeError:  # Windows has no groups
        process.kill()
    except (ProcessLookupError, PermissionError):  # macOS refuses where all have ended
        pass
    process.wait()


def _kill_and_clean_up(process: "subprocess.Popen[bytes]", folder: Folder) -> None:
    _kill(process)
    folder.close()


def _pandoc_error(why: object) -> Stop:
    return Stop(_("pandoc 没有写成：{error}", error=why), _("运行 report doctor 看 pandoc 是否装好"))


def find_pandoc() -> str:
    """Find pandoc; raises `Stop` where there is none."""
    import pypandoc  # noqa: PLC0415  # heavy; imported where it is used

    # Of several pandocs pypandoc takes the newest; the bundled one prints the same on every machine.
    bundled = Path(pypandoc.__file__).parent / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")
    if bundled.exists() and "PYPANDOC_PANDOC" not in os.environ:
        return str(bundled)
    logging.getLogger("pypandoc").setLevel(logging.CRITICAL + 1)  # what goes wrong is said once, by us
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError as error:
        raise _pandoc_error(error) from error


def package_version() -> str:
    """Tell which pandoc prints, without asking it."""
    from importlib.metadata import version as of  # noqa: PLC0415  # few ask

    return f"{of('pypandoc_binary')} {Path(find_pandoc()).stat().st_size}"


def list_versions() -> dict[str, str]:
    """Return the versions of pandoc and Typst's package that would be used."""
    from importlib.metadata import version  # noqa: PLC0415  # few ask

    try:
        said = subprocess.run([find_pandoc(), "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # bundled
        found = said.stdout.split()[1]
    except (Stop, OSError, IndexError, subprocess.CalledProcessError):
        found = _("没有找到；重新安装 pypandoc_binary")
    return {"pandoc": found, "typst": version("typst")}


def read_blocks(content: bytes, reader: str, seconds: float = _READ_SECONDS) -> tuple[str, list[dict[str, Any]]]:
    """Read a file with one of pandoc's readers: its title, and its blocks as `blocks.lua` tells them.

    Pandoc runs in its sandbox, so that no file fetches, includes or executes anything, with bounded memory
    and time. Raises ValueError where it cannot read the file, MemoryError where it has not enough for it.
    """
    command = [find_pandoc(), "+RTS", f"-M{_MAX_MEMORY_MB}m", "-A32m", "-RTS", "--sandbox", "--quiet"]
    command += ["--from", reader, "--to", str(BLOCKS_WRITER), "--variable", f"dialect={DIALECT}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0) as process:  # noqa: S603  # see above
        try:
            _limit_resources(process, round(seconds))
            made, errors = process.communicate(content, seconds)
        except subprocess.TimeoutExpired as error:
            raise ValueError(_("{seconds} 秒还没有读完", seconds=round(seconds))) from error
        finally:
            _kill(process)
    if process.returncode:
        if process.returncode == _OUT_OF_MEMORY_CODE or _OUT_OF_MEMORY_TEXT.search(errors):
            raise MemoryError
        said = errors.decode(errors="replace").strip().splitlines()
        raise ValueError(said[-1] if said else _("它自己停了"))
    told = json.loads(made)
    return told["title"], list(told["blocks"])
