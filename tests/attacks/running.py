"""Commands in processes of their own, as a person runs them, in which a test can take a guard out by a patch."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import chdir, contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path

import psutil
from cases import until
from oracles import processes, snapshot

_START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job behind a shell, as a gate may be, would hear neither
signal.signal(signal.SIGHUP, signal.SIG_DFL)
{patch}
from nianbao.__main__ import main
main()
"""


def begin(folder, *words, patch="", tmp=None, before=(), **environment):  # what may be said of it
    """Begin a command in a folder, after a patch, with its temporary files in `tmp` and other words before it."""
    here = os.environ | {"TMPDIR": str(tmp or folder), "LANGUAGE": "zh"} | environment
    return subprocess.Popen(
        [*before, sys.executable, "-c", _START.format(patch=patch), *map(str, words)],
        cwd=folder,
        env=here,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


_forks = get_context("forkserver" if sys.platform != "win32" else None)
_forks.set_forkserver_preload(
    [
        "nianbao.cli.app",
        "nianbao.build.incremental",
        "nianbao.importer.batch",
        "nianbao.rollup.status",
        "nianbao.returns.write",
        "nianbao.site.make",
        "nianbao.export.pipeline",
        "nianbao.export.plain_sheets",
        "nianbao.export.excel_form.blank",
        "duckdb",
        "typst",
    ]
)


class Fork:
    """A command in a fork of a process that has imported it: a kill finds it at work, not at the start of Python.

    What it prints goes to a file, or into a pipe: until `stop_reading`.
    """

    def __init__(self, folder, *words, tmp, patch="", piped=False):
        self._said = tmp.with_name(f"{tmp.name}.said")
        self._reading, writing = _forks.Pipe(duplex=False) if piped else (None, None)
        self._process = _forks.Process(target=_run, args=(folder, words, tmp, writing or self._said, patch))
        with chdir("/"):  # else the process that is forked counts as one of the folder in which the first test is
            self._process.start()
        self.pid = self._process.pid
        if writing:
            writing.close()

    def send_signal(self, how):
        """Send a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, how)

    def stop_reading(self):
        """Close the pipe that it prints into, as `head` does."""
        self._reading.close()

    def end(self, seconds):
        """Wait for its end; give its exit code, and what it said, unless into a pipe."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, "it goes on"
        self._process.close()
        return code, self._said.read_text("utf-8") if self._said.exists() else ""


def _run(folder, words, tmp, said, patch):
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) if isinstance(said, Path) else said.fileno()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.setsid()
    os.chdir(folder)
    os.environ |= {"TMPDIR": str(tmp), "LANGUAGE": "zh"}
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see above
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.argv = ["report", *words]
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8") for number in (1, 2))  # noqa: PTH123, SIM115
    from nianbao.__main__ import main  # noqa: PLC0415  # imported by the process that this one is a fork of

    exec(patch, {})  # noqa: S102  # of a test
    main()


# What takes a guard out, as a patch: files are written where they are to be, not beside it.
IN_PLACE = """
from contextlib import nullcontext
from nianbao.workspace import staging
staging.make_folder_beside = nullcontext
"""
# Writes the half of a file, and goes no further.
STUCK = """
import time
from pathlib import Path
from nianbao.export import duckdb, plain_sheets
from nianbao.workspace import files

def stuck(path, *_content):
    with path.open("wb") as file:
        file.write(b"half")
    Path("stuck").touch()
    time.sleep(600)

files._write_bytes = lambda content, path: stuck(path)
plain_sheets.write_plain_sheets = lambda _warehouse, _tables, path: stuck(path)
duckdb.Database.copy = lambda _self, _made, _suffix, path: stuck(path)
"""


def kill_in_the_midst(folder, *words, tmp, patch=""):
    """Kill a command when it has written the half of its first file."""
    with ending(folder):
        running = Fork(folder, *words, tmp=tmp, patch=patch + STUCK)
        until((folder / "stuck").exists)
        running.send_signal(signal.SIGKILL)
        running.end(600)
        assert gone(folder, 600)
    (folder / "stuck").unlink()


def halves(folder):
    """Name the files that a killed command has left half written in their places."""
    return [name for name, content in snapshot(folder).items() if content == b"half" and "nianbao-" not in name]


@contextmanager
def ending(folder):
    """End at last whatever still runs in a folder, so that a sample that succeeds leaves nothing behind."""
    try:
        yield
    finally:
        for process in processes(folder):
            with suppress(psutil.Error):
                process.kill()


def done(folder, *words, seconds=600, **more):
    """Run a command to its end; give its exit code and what it said, or None where it goes on for too long."""
    with ending(folder):
        running = begin(folder, *words, **more)
        try:
            said, _ = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.stdout.close()
            running.wait()
            return None, ""
    return running.returncode, said


def gone(folder, seconds):
    """Tell whether no process works in a folder any more, after so many seconds at most."""
    end = time.monotonic() + seconds
    while processes(folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def name(number):
    """Name a signal, for the samples of tests."""
    return signal.Signals(number).name
