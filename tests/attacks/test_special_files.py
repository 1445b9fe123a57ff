"""What is no regular file, or has no end, in the place of one: named, and never waited for or read to its end."""

import os
import signal
import socket
import time
from contextlib import nullcontext
from pathlib import Path

import cities
import pytest
from cases import KIND

from nianbao.workspace import access
from nianbao.workspace.processes import limits

pytestmark = pytest.mark.slow


YEAR = "2024"
SECONDS = 300  # after which a command waits for nobody
DRAFT = ("build", YEAR, "--draft", "--to", "markdown")


@pytest.fixture
def city(tmp_path):
    return cities.begin(tmp_path)


def fifo(path):
    os.mkfifo(path)


def endless(path):
    path.symlink_to("/dev/zero")


def large(path):
    with path.open("wb") as file:
        file.truncate(2 * access.LIMIT)  # takes no room on the disk


def huge(path):
    with path.open("wb") as file:
        file.truncate(2**40)


def folder(path):
    path.mkdir()


def listener(path):
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def device(path):
    try:
        os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


BITING = [fifo, endless, large, huge, device]
OTHERS = [folder, listener]
PLACES = [
    ("data/2024.toml", ("validate", YEAR)),
    ("data/2024.toml", DRAFT),
    ("data/2024.toml", ("export", YEAR, "--to", "csv")),
    ("data/2024.toml", ("query", "select count(*) from reports where office = ''")),
    ("data/2024.toml", ("fmt", YEAR)),
    ("data/2024.toml", ("form", "2025")),
    ("data/2024.toml", ("new", "2025")),
    ("data/2023.toml", ("validate", YEAR)),
    ("data/2023.toml", DRAFT),
    ("data/dist-1/2024.toml", ("rollup", YEAR, "--into", "city")),
    ("data/dist-1/2024.toml", ("trace", YEAR, "city", "requests.received.total")),
    ("data/offices.toml", ("validate", YEAR, "dist-1")),
    ("data/offices.toml", ("rollup", YEAR, "--into", "city")),
    ("report.toml", ("validate", YEAR)),
    ("report.toml", DRAFT),
    (f"templates/{KIND}/page.md.j2", DRAFT),
    ("inbox/2024.md", ("import", "inbox/2024.md", "--dry-run")),
    ("inbox/2024.pdf", ("import", "inbox/2024.pdf", "inbox/2024.md", "--dry-run")),
]
NO_BOUND_HERE = {  # templates run only where a person trusts them; imports have a bound of their own (test_import)
    "templates": (large, huge, folder),
    "inbox": (large, huge),
}
SAMPLES = [
    (name, words, make)
    for name, words in PLACES
    for make in (*BITING, *OTHERS)
    if make not in NO_BOUND_HERE.get(name.partition("/")[0], ())
]


READ = [place for place in PLACES if place[0].startswith(("data/", "report.toml"))]
NOT_READ = [sample for sample in SAMPLES if sample[:2] not in READ]  # by what the guard that is taken out is asked for


def named(samples):
    return [", ".join((make.__name__, name, " ".join(words))) for name, words, make in samples]


HELD = {
    "the system itself reads neither a folder nor a socket": named(
        sample for sample in SAMPLES if sample[2] in OTHERS and sample not in NOT_READ
    ),
    "what reads templates is taken out in test_repositories, and the bounds of imports in test_published_files": named(
        NOT_READ
    ),
}


class EndlessError(Exception):
    """What would never have come to its end."""


@pytest.fixture
def bounded(monkeypatch):
    """Raise where a command waits too long, or reads more of a file than is allowed."""
    asked = []

    def late(*_signal):
        raise EndlessError

    def counted(file, size, read=os.read):
        content = read(file, size)
        asked.append(len(content))
        if sum(asked) > 4 * access.LIMIT:
            raise EndlessError
        return content

    before = signal.signal(signal.SIGALRM, late)
    monkeypatch.setattr(os, "read", counted)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    yield asked
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def put(city, name, make):
    path = city / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    make(path)
    return path


@pytest.mark.guard("test_without_the_guard_it_is_waited_for_or_read", unguarded=HELD)
@pytest.mark.parametrize(("name", "words", "make"), SAMPLES)
def test_it_is_named_and_not_waited_for(city, command, bounded, name, words, make):  # pytest
    put(city, name, make)
    done = command(*words, cwd=city)
    assert not isinstance(done.exception, EndlessError)
    assert sum(bounded) <= 3 * access.LIMIT
    assert "程序自己出错" not in done.output
    if words[0] in {"rollup", "trace"} and "dist-1" in name:
        assert "一区" in done.output
    else:
        spared = words[0] == "form" or "2023" in name  # which go on without it, and say so
        assert done.exit_code in ({0, 1} if spared else {1, 2}), done.output
        assert Path(name).stem in done.output


@pytest.mark.parametrize("make", BITING)
@pytest.mark.parametrize(("name", "words"), READ)
def test_without_the_guard_it_is_waited_for_or_read(  # pytest
    city, command, bounded, monkeypatch, name, words, make
):
    seconds = 0.5 if make is fifo else SECONDS

    def read(top, name, _limit=0):
        signal.setitimer(signal.ITIMER_REAL, seconds)  # for each read: a command goes on after a file that failed
        with Path(top, name).open("rb") as file:
            content = b""
            while more := os.read(file.fileno(), 2**20):
                content += more
                if len(content) > access.LIMIT:
                    raise EndlessError  # to parse what is that large takes long
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        return content

    monkeypatch.setattr(access, "read", read)
    put(city, name, make)
    monkeypatch.setattr(limits, "_limit_time", lambda *_more: nullcontext())  # it would end what waits, after a while
    start = time.monotonic()
    done = command(*words, cwd=city)
    waited = make is fifo and time.monotonic() - start > 0.4
    ended = isinstance(done.exception, EndlessError) or "Endless" in done.output
    assert ended or waited or sum(bounded) > access.LIMIT


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(tmp_path):
    (tmp_path / "a").write_bytes(bytes(access.LIMIT))
    assert len(access.read(tmp_path, "a")) == access.LIMIT
    (tmp_path / "a").write_bytes(bytes(access.LIMIT + 1))
    with pytest.raises(access.RefusedError, match="8 MB"):
        access.read(tmp_path, "a")


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("name", ["../a", "b/../../a", "..", "b/.."])
def test_no_name_leads_out_of_a_folder(tmp_path, monkeypatch, name, guarded):
    (tmp_path / "a").write_text("secret")
    (tmp_path / "in/b").mkdir(parents=True)
    if not guarded:
        monkeypatch.setattr(access, "_open", lambda top, name: os.open(Path(top, name), os.O_RDONLY))
        if name.endswith("a"):
            assert access.read(tmp_path / "in", name) == b"secret"
            return
    with pytest.raises(access.RefusedError if guarded else IsADirectoryError):
        access.read(tmp_path / "in", name)
