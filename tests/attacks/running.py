"""Commands in processes of their own, as a person runs them, in which a test can take a guard out by a patch."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import psutil
from oracles import processes

_START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
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


@contextmanager
def ending(folder):
    """End at last whatever still runs in a folder, so that a sample that succeeds leaves nothing behind."""
    try:
        yield
    finally:
        for process in processes(folder):
            with suppress(psutil.Error):
                process.kill()


def done(folder, *words, seconds=60, **more):
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
