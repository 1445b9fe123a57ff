"""The build cache, damaged or forged: no build fails for it, and no foreign page is taken for one that was built."""

import json
import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import cities
import pytest
from oracles import SECRET

from nianbao.build import cache, output_folder
from nianbao.build.signatures import Signer
from nianbao.model.units import record
from nianbao.workspace.files import fingerprint

pytestmark = pytest.mark.slow


YEAR = "2024"
DRAFT = ("build", YEAR, "--draft", "--to", "html")
WORDS = "生成的记录读不了"
FOREIGN = f"<!doctype html><title>{SECRET}</title>"

guarded_or_not = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "guard taken out"])


@pytest.fixture
def city(tmp_path):
    return cities.begin(tmp_path / "city")


@pytest.fixture
def built(city, command):
    """A city whose own report was built, with its cache closed."""
    assert command(*DRAFT, cwd=city).exit_code == 0
    return city


def cache_path(city):
    return city / "build/.record.sqlite"


def change(city, *statements):
    with closing(sqlite3.connect(cache_path(city), isolation_level=None)) as database:
        for words, *values in statements:
            database.execute(words, values)


# ── damaged ──────────────────────────────────────────────────────────────────────────────────────────


def write_noise(path):
    path.write_bytes(bytes(range(256)) * 99)


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def overwrite_pages(path):
    """Overwrite every page but the first."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def run_sql(*statements):
    def damage(path):
        change(path.parent.parent, *((words,) for words in statements))

    damage.__name__ = statements[-1][:30]
    return damage


def replace_by(make):
    def damage(path):
        path.unlink()
        make(path)

    damage.__name__ = f"replaced by {make.__name__}"
    return damage


def make_link(path):
    path.symlink_to("/etc/passwd")


DAMAGES = [
    write_noise,
    truncate,
    overwrite_pages,
    run_sql("drop table printed", "create table printed (office text)"),
    run_sql("drop table printed", "create view printed as select 1"),
    run_sql("create trigger t before insert on printed begin select raise(fail, 'no'); end"),
    run_sql("create trigger t after insert on checked begin delete from printed; end"),
    run_sql("alter table checked add column more"),
    run_sql("drop table checked", "create table checked (office text, year integer, primary key (office, year))"),
    run_sql("create table more (a)"),
    replace_by(Path.mkdir),
    replace_by(os.mkfifo),
    replace_by(make_link),
]


def name_of(damage):
    return damage.__name__.strip("<>")


@pytest.mark.guard("test_without_recovery_a_damaged_cache_stops_every_build")
@pytest.mark.parametrize("damage", DAMAGES, ids=name_of)
def test_a_damaged_cache_is_moved_aside_and_the_build_goes_on(built, command, damage):
    page = (built / "build/2024.html").read_bytes()
    damage(cache_path(built))
    done = command(*DRAFT, cwd=built)
    assert done.exit_code == 0, done.output
    assert WORDS in done.output
    assert (built / "build/2024.html").read_bytes() == page
    assert os.path.lexists(f"{cache_path(built)}.damaged")
    again = command(*DRAFT, "--json", cwd=built)
    assert WORDS not in again.output
    assert json.loads(again.stdout)["reports"][0]["end"] == "unchanged"
    assert command("clean", cwd=built).exit_code == (2 if damage.__name__ == "replaced by mkdir" else 0)


@pytest.mark.parametrize("damage", DAMAGES, ids=name_of)
def test_without_recovery_a_damaged_cache_stops_every_build(built, command, monkeypatch, damage):
    def stop(_record, error):
        raise error

    monkeypatch.setattr(cache.BuildCache, "_recover", stop)
    damage(cache_path(built))
    done = command(*DRAFT, cwd=built)
    assert done.exit_code == 2
    assert "程序自己出错" in done.output


@pytest.mark.guard("test_without_recovery_a_damaged_cache_stops_every_build", over=["end"])
@pytest.mark.parametrize("damage", [write_noise, overwrite_pages, truncate], ids=name_of)
@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_files_next_to_the_cache_stop_no_build(built, command, end, damage):
    path = Path(f"{cache_path(built)}{end}")
    path.write_bytes(bytes(9999))
    damage(path)
    assert command(*DRAFT, cwd=built).exit_code == 0
    assert command(*DRAFT, cwd=built).exit_code == 0


HARMLESS = '{"findings": 3}'  # which is JSON: all cells changed to it, the row is that of no report


@pytest.mark.guard(unguarded={"it is JSON: with all cells changed to it, the row is that of no report": [HARMLESS]})
@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("value", [None, -1, 1.5, b"\xff\x00", "[" * 9999, HARMLESS, "x" * 10**6])
def test_cells_of_any_type_stop_no_build(built, command, monkeypatch, value, guarded):
    if not guarded:
        monkeypatch.setattr(Signer, "sign", lambda *_values: "seal")
    for column in ("told", "facts", "seal", "office"):
        change(built, (f"update or ignore checked set {column} = ?", value))
        change(built, (f"update or ignore printed set {column.replace('told', 'pictures')} = ?", value))
    if not guarded:
        change(built, ("update checked set seal = 'seal'",), ("update printed set seal = 'seal'",))
    done = command(*DRAFT, cwd=built)
    assert (done.exit_code == 0) is (guarded or value == HARMLESS), done.output
    assert (command(*DRAFT, cwd=built).exit_code == 0) is (guarded or value == HARMLESS)


# ── forged ───────────────────────────────────────────────────────────────────────────────────────────


def forge(city, **more):
    """Replace the page, and change the cache so that it describes the page as built."""
    page = city / "build/2024.html"
    page.write_text(FOREIGN, encoding="utf-8")
    known = dict(zip(("size", "modified", "changed"), output_folder.file_times(page.stat()), strict=True))
    known |= {"content": fingerprint(page.read_bytes()), **more}
    for column, value in known.items():
        change(city, (f"update printed set {column} = ?", value))


def by_somebody_else(city, command, monkeypatch):
    """The whole folder comes from somebody else, who built it and then changed it."""
    here = os.environ["XDG_STATE_HOME"]
    monkeypatch.setenv("XDG_STATE_HOME", str(city.parent / "stranger"))
    cache_path(city).unlink()
    assert command(*DRAFT, cwd=city).exit_code == 0
    page = city / "build/2024.html"
    page.write_text(FOREIGN, encoding="utf-8")
    with cache.BuildCache(cache_path(city), print) as foreign_cache:
        (key, file), *_rest = foreign_cache.read_files().items()
        size, modified, changed = output_folder.file_times(page.stat())
        content = fingerprint(page.read_bytes())
        foreign_cache.save_file(*key, cache.CachedFile(file.key, size, modified, changed, content, 0, ()))
    monkeypatch.setenv("XDG_STATE_HOME", here)


def in_its_rows(city, _command, _monkeypatch):
    forge(city)


def with_the_signature_of_another_row(city, _command, _monkeypatch):
    with closing(sqlite3.connect(cache_path(city))) as database:
        (signature,) = database.execute("select seal from checked").fetchone()
    forge(city, seal=signature)  # the name of the column


def with_an_older_signature(city, _command, _monkeypatch):
    forge(city, size=len(FOREIGN))


@guarded_or_not
@pytest.mark.parametrize(
    "how", [by_somebody_else, in_its_rows, with_the_signature_of_another_row, with_an_older_signature]
)
def test_a_foreign_page_is_not_taken_for_one_that_was_built(built, command, monkeypatch, how, guarded):
    if not guarded:
        monkeypatch.setattr(Signer, "sign", lambda *_values: "seal")
        change(built, ("update printed set seal = 'seal'",), ("update checked set seal = 'seal'",))
    how(built, command, monkeypatch)
    if not guarded:
        change(built, ("update printed set seal = 'seal'",))
    done = command(*DRAFT, cwd=built)
    assert done.exit_code == 0, done.output
    assert (SECRET in (built / "build/2024.html").read_text("utf-8")) is not guarded
    if guarded:
        assert "不是你写的" in done.output


@guarded_or_not
def test_a_page_with_the_size_and_modification_time_of_the_built_one_is_built_again(
    built, command, monkeypatch, guarded
):
    """Somebody else can set the modification time of a file, but not the system's own time of its last change."""
    page = built / "build/2024.html"
    if not guarded:
        monkeypatch.setattr(output_folder, "file_times", lambda known: (known.st_size, known.st_mtime_ns, 0))
        monkeypatch.setattr("nianbao.build.incremental.file_times", output_folder.file_times)
        page.unlink()
        assert command(*DRAFT, cwd=built).exit_code == 0
    known = page.stat()
    page.write_text(FOREIGN.ljust(known.st_size), encoding="utf-8")
    os.utime(page, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert command(*DRAFT, cwd=built).exit_code == 0
    assert (SECRET in page.read_text("utf-8")) is not guarded


@guarded_or_not
def test_findings_that_were_removed_from_the_cache_are_found_again(built, command, monkeypatch, guarded):
    """A cache must not hide the errors of a report."""
    if not guarded:
        monkeypatch.setattr(Signer, "sign", lambda *_values: "seal")
    with closing(sqlite3.connect(cache_path(built), isolation_level=None)) as database:
        (result,) = database.execute("select told from checked").fetchone()
        database.execute("update checked set told = ?", (json.dumps(json.loads(result) | {"findings": []}),))
        if not guarded:
            database.execute("update checked set seal = 'seal'")
            database.execute("update printed set seal = 'seal'")
    done = command(*DRAFT, "--json", cwd=built)
    assert (not json.loads(done.stdout)["reports"][0]["findings"]) is not guarded


# ── cleaned up ───────────────────────────────────────────────────────────────────────────────────────


def remove_guards(monkeypatch):
    """Remove the guards: use every row of the cache, whatever path it leads to."""
    monkeypatch.setattr(Signer, "sign", lambda *_values: "seal")
    monkeypatch.setattr(
        output_folder,
        "is_unchanged",
        lambda _store, path, file: path.exists() and fingerprint(path.read_bytes()) == file.fingerprint,
    )
    monkeypatch.setattr(output_folder, "resolve_target", lambda path, _top: path)


@guarded_or_not
@pytest.mark.parametrize(
    ("office", "suffix"),
    [
        ("../../outside", "toml"),
        ("../../outside", "txt"),
        ("{outside}", "toml"),
        ("", "html/../../../../outside/2024.toml"),
        ("link", "toml"),
        ("../data", "toml"),
        ("../data/dist-1", "toml"),
        (".", "/../../data/2024.toml"),
    ],
)
def test_clean_deletes_nothing_but_outputs(built, command, monkeypatch, office, suffix, guarded):
    outside = built.parent / "outside"
    outside.mkdir()
    precious = [outside / "2024.toml", outside / "2024.txt", *built.rglob("data/**/2024.toml")]
    for path in precious:
        path.write_text(SECRET, encoding="utf-8")
    (built / "build/link").symlink_to(outside)
    values = (office.format(outside=outside), suffix, fingerprint(SECRET.encode()), len(SECRET))
    if not guarded:
        remove_guards(monkeypatch)
        change(built, ("update printed set seal = 'seal'",))
    change(built, ("update printed set office = ?, format = ?, content = ?, size = ?", *values))
    done = command("clean", cwd=built)
    assert "程序自己出错" not in done.output
    gone = [path for path in precious if not path.exists()]
    if guarded:
        assert gone == []
    elif ".." not in suffix:  # a name that no file system takes
        assert gone


@guarded_or_not
def test_clean_follows_no_link_to_a_copy_of_an_output(city, command, monkeypatch, guarded):
    assert command("build", YEAR, "dist-1", "--draft", "--to", "html", cwd=city).exit_code == 0
    outside = city.parent / "outside"
    shutil.copytree(city / "build/dist-1", outside)
    shutil.rmtree(city / "build/dist-1")
    (city / "build/dist-1").symlink_to(outside)
    if not guarded:
        remove_guards(monkeypatch)
        change(city, ("update printed set seal = 'seal'",))
    command("clean", cwd=city)
    assert (outside / "2024.html").exists() is guarded


def test_clean_and_its_dry_run_print_the_same_for_a_forged_cache(built, command):
    forge(built)
    would, done = command("clean", "--dry-run", cwd=built), command("clean", cwd=built)
    assert (built / "build/2024.html").exists()
    assert would.output.count("html") == done.output.count("html") == 0


def test_a_cache_of_another_user_costs_time_only(built, command, monkeypatch, tmp_path):
    page = (built / "build/2024.html").read_bytes()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    done = command(*DRAFT, "--json", cwd=built)
    assert json.loads(done.stdout)["reports"][0]["end"] == "built"
    assert (built / "build/2024.html").read_bytes() == page
    assert json.loads(command(*DRAFT, "--json", cwd=built).stdout)["reports"][0]["end"] == "unchanged"


def test_without_a_stored_secret_everything_is_built_again(built, command, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    for _time in range(2):
        done = command(*DRAFT, "--json", cwd=built)
        assert done.exit_code == 0
        assert json.loads(done.stdout)["reports"][0]["end"] == "built"


def test_the_secret_is_for_this_user_only(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert Signer().sign("a", 1, None) == Signer().sign("a", 1, None)
    assert len({Signer().sign("a", "b"), Signer().sign("ab"), Signer().sign("a", 1), Signer().sign("a", "1")}) == 4
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    assert Signer().sign("a") == Signer().sign("a")


# ── how a data file was added up ─────────────────────────────────────────────────────────────────────

CELL = "proactive.licences.decisions"
FORGED = [
    "{",
    "",
    "null",
    "[]",
    "[" * 50_000,
    '{"figures": ' + '{"a":' * 50_000,
    '{"own": true, "broken": false, "figures": 3}',
    '{"own": true, "broken": false, "figures": {"CELL": 7}}',
    '{"own": true, "broken": false, "figures": {"CELL": null}}',
    '{"own": true, "broken": false, "figures": {"CELL": "NaN"}}',
    '{"own": true, "broken": false, "figures": {"CELL": "sNaN"}}',
    '{"own": true, "broken": false, "figures": {"CELL": "Infinity"}}',
    '{"own": true, "broken": false, "figures": {"CELL": "1e999999"}}',
    '{"own": true, "broken": false, "figures": {"CELL": "1e-999999"}}',
    '{"own": true, "broken": false, "figures": {"CELL": "NINES"}}'.replace("NINES", "9" * 5000),
    '{"own": true, "broken": false, "figures": {"CELL": "٣"}}',
    '{"own": 1, "broken": "no", "figures": {"no.such.cell": "1"}}',
    '{"own": [], "broken": {}, "figures": {"CELL": "1.5"}}',
]

RECORDS = FORGED[-2:]  # of figures that no sum is, or that there are not: what reads them leaves those aside


@pytest.fixture
def summed(city, command):
    """A city whose data file holds another figure than the sum of its units."""
    assert command("rollup", YEAR, "--into", "city", cwd=city).exit_code == 0
    path = city / "data/city/2024.toml"
    text = path.read_text("utf-8")
    assert "\nlicences " in text
    lines = ["licences = { decisions = 5 }" if line.startswith("licences ") else line for line in text.splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return city


@pytest.mark.guard(inside="RollupRecord.parse")
@pytest.mark.parametrize("forged", FORGED, ids=lambda text: text[:60])
def test_a_forged_rollup_record_is_ignored(summed, command, monkeypatch, forged):
    text = forged.replace("CELL", CELL)
    (summed / "data/city/.2024.rollup.json").write_text(text, encoding="utf-8")
    for words in (("rollup", YEAR, "--into", "city"), ("validate", YEAR, "city"), ("build", YEAR, "city")):
        done = command(*words, cwd=summed)
        assert done.exit_code in {0, 1}, done.output
        assert "程序自己出错" not in done.output
        assert len(done.output) < 20_000
    assert "decisions = 5" in (summed / "data/city/2024.toml").read_text("utf-8")
    if forged not in RECORDS:
        assert record.RollupRecord.parse(text) is None
        monkeypatch.setattr(record.RollupRecord, "parse", parse_barely)
        done = command("rollup", YEAR, "--into", "city", cwd=summed)
        assert "程序自己出错" in done.output or len(done.output) > 20_000 or parse_barely(text)


def parse_barely(text):
    """Parse a record as if nobody could have forged it."""
    raw = json.loads(text)
    figures = {address: record.Decimal(figure) for address, figure in raw["figures"].items()}
    return record.RollupRecord(figures, raw["own"], raw["broken"])


@pytest.mark.no_attack
@pytest.mark.parametrize("digits", ["1e999999", "1e-999999"])
def test_without_the_guard_a_figure_has_a_million_digits(summed, command, monkeypatch, digits):
    monkeypatch.setattr(record, "_parse_number", record.Decimal)
    forged = json.dumps({"own": True, "broken": False, "figures": {CELL: digits}})
    (summed / "data/city/.2024.rollup.json").write_text(forged, encoding="utf-8")
    assert len(command("rollup", YEAR, "--into", "city", cwd=summed).output) > 100_000


def test_two_first_builds_at_once_sign_alike(tmp_path, monkeypatch):
    """Each made a secret, and what the one had built was that of a stranger for the other."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    signers = []

    def make(count, real=secrets.token_bytes):
        monkeypatch.setattr(secrets, "token_bytes", real)
        signers.append(Signer())  # the other process, which is faster
        return real(count)

    monkeypatch.setattr(secrets, "token_bytes", make)
    signers += [Signer(), Signer()]
    assert len({signer.sign("a") for signer in signers}) == 1
