"""A real Dask cluster on loopback: a scheduler and workers, each in its own process, without access to our folders."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import psutil
from cases import until

# Runs in each worker when it starts: it may read no file of the client; one office kills it; another raises an error;
# those from the one on that a file names wait until it is gone.
PRELOAD = """
import os, signal, sys, time
HIDDEN, HELD = os.environ["HIDDEN"], os.environ["HELD"]
def watch(event, args):
    if event in ("open", "os.listdir", "os.scandir") and HIDDEN in os.path.abspath(str(args[0])):
        raise PermissionError("a worker looked at " + str(args[0]))
sys.addaudithook(watch)
import nianbao
nianbao.__version__ = os.environ.get("PRETENDS", nianbao.__version__)
from nianbao.checks import check
def is_held(office):
    try:
        with open(HELD) as file:
            return office >= file.read()
    except FileNotFoundError:
        return False
def check_report(store, *words, real=check.check_report, **more):  # bound here: Dask loads this file more than once
    while is_held(store.office):
        time.sleep(0.05)
    if store.office == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    if store.office == "mistake":
        raise ZeroDivisionError
    return real(store, *words, **more)
check.check_report = check_report
"""


class Nodes:
    """A scheduler and its workers; these can read no file below a folder of the name `hidden`."""

    def __init__(self, folder, hidden):
        self.folder, self.hidden = folder, hidden
        self.scratch, self.file = folder / "scratch", folder / "scheduler.json"
        (folder / "preload.py").write_text(PRELOAD, encoding="utf-8")
        self.held = folder / "held"
        self.processes, self._started = [], 0
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", self.file)
        until(self._read_address)  # Dask makes the file, then fills it

    @property
    def address(self):
        """The address at which the scheduler listens."""
        return self._read_address()

    def add(self, count=1, **environment):
        """Start a nanny with workers of one thread each, which it starts again where they die, and wait for them."""
        words = ("--nworkers", count, "--nthreads", 1, "--local-directory", self.scratch)
        nanny = self._start("worker", self.address, *words, "--preload", self.folder / "preload.py", **environment)
        log = self._log("worker")
        until(lambda: log.read_text(encoding="utf-8").count("Registered to:") >= count)
        return nanny

    @contextmanager
    def holding(self, first):
        """Have reports of the offices from one on wait as long as the block runs, so that no build comes to its end."""
        self.held.write_text(first, encoding="utf-8")
        try:
            yield
        finally:
            self.held.unlink()

    def workers(self, nanny):
        """Return the worker processes of a nanny."""
        return [one for one in psutil.Process(nanny.pid).children() if "--multiprocessing-fork" in one.cmdline()]

    def plugin_folders(self):
        """Return the folders of plugins that workers have on the disk."""
        return list(self.scratch.rglob("nianbao-*"))

    def end(self, process):
        """End a process and all that it has started."""
        for one in [*psutil.Process(process.pid).children(recursive=True), process]:
            one.kill()
        process.wait()
        self.processes.remove(process)

    def _read_address(self):
        """Read the address of the scheduler; None as long as there is none."""
        try:
            return json.loads(self.file.read_text(encoding="utf-8"))["address"]
        except (FileNotFoundError, ValueError):
            return None

    def _log(self, role):
        return self.folder / f"{role}-{self._started}.log"

    def _start(self, role, *words, **environment):
        command = [sys.executable, "-m", "dask", role, "--host", "127.0.0.1", "--no-dashboard", *map(str, words)]
        settings = {
            "HIDDEN": self.hidden,
            "HELD": str(self.held),
            "LANGUAGE": "en",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
            "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
            "MALLOC_MMAP_THRESHOLD_": "33554432",
            "MALLOC_TRIM_THRESHOLD_": "67108864",
        }
        self._started += 1
        with self._log(role).open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env={**os.environ, **settings, **environment}, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process


@contextmanager
def nodes(folder, hidden):
    """Start a cluster, and end all of it."""
    started = Nodes(folder, hidden)
    try:
        yield started
    finally:
        for process in reversed(started.processes[:]):
            started.end(process)
