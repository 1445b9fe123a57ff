"""The only door to pandoc: one that stays and prints page after page, and one for each file that is read."""

import json
import logging
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, cast

from nianbao.finding import Stop
from nianbao.language import _
from nianbao.markdown import DIALECT

PRESS = Path(__file__).with_name("press.lua")
BLOCKS = Path(__file__).with_name("readers") / "blocks.lua"
_MEMORY = 1024  # MB that pandoc may take
_SECONDS = 60  # that it may take to read a file, or to print a page


class Pandoc:
    """A pandoc that runs `press.lua`: told messages, it answers each page with its parts, one after the other."""

    def __init__(self) -> None:
        command = [path(), "+RTS", f"-M{_MEMORY}m", "-A16m", "-RTS", "lua", str(PRESS)]
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the bundled pandoc, no shell
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise _failed(error) from error
        self._in, self._out = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        self._answers: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)  # so that pandoc never waits for us
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        content = json.dumps(message, ensure_ascii=False).encode()
        try:
            self._in.write(b"%d\n%s" % (len(content), content))
            self._in.flush()
        except OSError as error:
            raise _failed(_("它自己停了")) from error

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Give the parts of an answer as they come, by suffix, at last what was left out, by "."; raises `Stop`."""
        name = ""
        while name != ".":
            try:
                answer = self._answers.get(timeout=_SECONDS)
            except Empty:
                self.close()
                raise _failed(_("{seconds} 秒还没有印完", seconds=_SECONDS)) from None
            if answer is None:
                raise _failed(_("它自己停了"))
            name, content = answer
            if name == "!":
                raise _failed(content.decode(errors="replace"))
            yield name, content

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        with suppress(OSError):  # what it was not told any more
            self._in.close()

    def _listen(self) -> None:
        with self._out as out:
            while line := out.readline():
                name, size = line.split()
                content = out.read(int(size))
                if len(content) == int(size):  # else it was ended in the middle
                    self._answers.put((name.decode(), content))
        self._answers.put(None)


def _failed(why: object) -> Stop:
    return Stop(_("pandoc 没有写成：{error}", error=why), _("运行 report doctor 看 pandoc 是否装好"))


def path() -> str:
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
        raise _failed(error) from error


def version() -> str:
    """Tell which pandoc prints, without asking it."""
    from importlib.metadata import version as of  # noqa: PLC0415  # few ask

    return f"{of('pypandoc_binary')} {Path(path()).stat().st_size}"


def versions() -> dict[str, str]:
    """Return the versions of pandoc and Typst's package that would be used."""
    from importlib.metadata import version  # noqa: PLC0415  # few ask

    try:
        said = subprocess.run([path(), "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # bundled
        found = said.stdout.split()[1]
    except (Stop, OSError, IndexError, subprocess.CalledProcessError):
        found = _("没有找到；重新安装 pypandoc_binary")
    return {"pandoc": found, "typst": version("typst")}


def blocks(content: bytes, reader: str, seconds: float = _SECONDS) -> tuple[str, list[dict[str, Any]]]:
    """Read a file with one of pandoc's readers: its title, and its blocks as `readers/blocks.lua` tells them.

    Pandoc runs in its sandbox, so that no file fetches, includes or executes anything, with bounded memory
    and time. Raises ValueError where it cannot read the file, MemoryError where it has not enough for it.
    """
    command = [path(), "+RTS", f"-M{_MEMORY}m", "-A32m", "-RTS", "--sandbox", "--quiet"]
    with tempfile.TemporaryDirectory(prefix="nianbao-") as folder:  # Windows opens no file that is open already
        source = Path(folder, "source")
        source.write_bytes(content)
        try:
            done = subprocess.run(  # noqa: S603  # the bundled pandoc, no shell
                [*command, "--from", reader, "--to", str(BLOCKS), "--variable", f"dialect={DIALECT}", str(source)],
                capture_output=True,
                check=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise ValueError(_("{seconds} 秒还没有读完", seconds=round(seconds))) from error
        except subprocess.CalledProcessError as error:
            if re.search(b"[Hh]eap exhausted|not enough memory", error.stderr):
                raise MemoryError from error
            said = error.stderr.decode(errors="replace").strip().splitlines()
            raise ValueError(said[-1] if said else str(error)) from error
    told = json.loads(done.stdout)
    return told["title"], list(told["blocks"])
