"""One bad file among good ones: every command processes the good ones and names the bad one."""

import pytest
from cases import KIND
from strangers import FACTS, put, raise_findings

from nianbao.build import incremental, worker
from nianbao.checks import batch as checks_batch
from nianbao.checks import drafts, subordinates
from nianbao.export import pipeline
from nianbao.export.excel_form import batch as forms_batch
from nianbao.workspace import files
from nianbao.workspace.store import Store

GOOD = ("good1", "good2", "city")
REGISTER = '[city]\nname = "某市"\n' + "".join(
    f'[{office}]\nname = "{office}"\nparent = "city"\n' for office in ("good1", "good2", "bad")
)


def are_built(folder, _output):
    return all((folder / f"build/{office}/2024.md").is_file() for office in GOOD)


def are_exported(folder, _output):
    path = folder / "build/export/figures.csv"
    return path.is_file() and all(f"\n{office}," in path.read_text(encoding="utf-8") for office in GOOD)


def are_printed(_folder, output):
    return all(office in output for office in ("good1", "good2"))


def are_added_up(folder, _output):
    """Return whether the good units were added up, with or without the bad one, whose figures may be right."""
    text = (folder / "data/city/2024.toml").read_text(encoding="utf-8")
    return "{ person = 10 }" in text or "{ person = 15 }" in text


def are_formatted(folder, _output):
    texts = [(folder / f"data/{office}/2024.toml").read_text(encoding="utf-8") for office in GOOD]
    return all("received        = { person =" in text for text in texts)


def have_forms(folder, _output):
    return all((folder / f"build/forms/2025-{office}.xlsx").is_file() for office in GOOD)


# Each command that takes several files, and the test of whether it processed the good ones.
COMMANDS = {
    "validate": (["validate", "2024", "--all", "--json"], are_printed),
    "build": (["build", "2024", "--all", "--to", "markdown", "--draft"], are_built),
    "export": (["export", "2024", "--all"], are_exported),
    "query": (["query", "select office from reports"], are_printed),
    "rollup": (["rollup", "2024", "--into", "city", "--force"], are_added_up),
    "deep": (["rollup", "2024", "--into", "city", "--deep", "--force"], are_added_up),
    "trace": (["trace", "2024", "city", "requests.received.person"], are_printed),
    "fmt": (["fmt", "2024", "--all"], are_formatted),
    "form": (["form", "2025", "--all"], have_forms),
}
# A command that does not read the bad file is not stopped by it.
READS = [name for name in COMMANDS if name != "form"]


def offices(folder, bad):
    files = {f"data/{office}/2024.toml": FACTS for office in GOOD}
    return put(folder, files | {"data/offices.toml": REGISTER, "data/bad/2024.toml": bad})


HOSTILE = {
    "an array for an edition": f'edition = ["x"]\n{FACTS}',
    "a table for an edition": f"edition = {{ a = 1 }}\n{FACTS}",
    "a date for an edition": f"edition = 2021-01-01\n{FACTS}",
    "no number for an edition": f"edition = nan\n{FACTS}",
    "a flag for an edition": f"edition = true\n{FACTS}",
    "an array for a year": FACTS.replace("year = 2024", "year = [2024]"),
    "a year of 5000 digits": FACTS.replace("year = 2024", f"year = {'9' * 5000}"),
    "a year of a huge exponent": FACTS.replace("year = 2024", "year = 1e999999999"),
    "an array for an agency": FACTS.replace("[agency]", "[[agency]]"),
    "an array for requests": FACTS.replace("[requests]", "[[requests]]"),
    "an infinite figure": FACTS.replace("person = 5", "person = inf", 1),
    "acceptances of all types": f'{FACTS}[[accept]]\nrule = ["x"]\nat = {{ a = 1 }}\nvalue = nan\nbecause = 3\n',
    "a number for acceptances": f"accept = 1\n{FACTS}",
    "brackets without end": "x = " + "[" * 100_000,
    "tables without end": "x = " + "{a=" * 100_000,
    "keys without end": "a" + ".a" * 100_000 + " = 1",
    "100,000 keys": FACTS + "[own]\n" + "".join(f"k{at} = {at}\n" for at in range(100_000)),
    "a key of a million characters": f"{FACTS}[own]\n{'k' * 1_000_000} = 1\n",
    "parentheses without end": f'{FACTS}[prose]\noverview = "{{{{ {"(" * 3000}year{")" * 3000} }}}}"\n',
    "a constant of 5000 digits": f'{FACTS}[prose]\noverview = "{{{{ {"9" * 5000} }}}}"\n',
    "a sum without end": f'{FACTS}[prose]\noverview = "{{{{ year{" + year" * 5000} }}}}"\n',
    "bytes": "\0\1\2",
    "nothing": "",
}

NO_TOML = ["x = " + "[" * 100_000, "x = " + "{a=" * 100_000, "a" + ".a" * 100_000 + " = 1", "[[["]
NO_TABLE = "what is no table is left aside in line, without a function to take out; `try_work` stands behind it"
JUDGED = {  # by what is not taken out here
    NO_TABLE: [
        "an array for an agency",
        "an array for requests",
        "acceptances of all types",
        "a number for acceptances",
        "nothing",
    ],
    "what judges these values is taken out in test_values": [
        "an array for a year",
        "an infinite figure",
        "parentheses without end",
        "a constant of 5000 digits",
        "a sum without end",
    ],
}
FOUND = HOSTILE.keys() - {name for names in JUDGED.values() for name in names}


@pytest.mark.guard("test_what_is_raised_and_not_found_stops_all_files", unguarded=JUDGED)
@pytest.mark.slow
@pytest.mark.parametrize("sample", HOSTILE)
def test_a_hostile_file_stops_no_command_for_the_others(tmp_path, command, sample):
    for name, (words, processed) in COMMANDS.items():
        folder = offices(tmp_path / name, HOSTILE[sample])
        result = command(*words, cwd=folder)
        assert result.exit_code in {0, 1, 2}, name
        assert "自己出错" not in result.output, name
        assert processed(folder, result.output), name


ERRORS = [
    RuntimeError("x"),
    RecursionError("x"),
    MemoryError("x"),
    KeyError("x"),
    TypeError("unhashable type: 'list'"),
    UnicodeEncodeError("utf-8", "\udc80", 0, 1, "x"),
    OSError(5, "Input/output error"),
]
GUARDED = (forms_batch, incremental, worker, checks_batch, drafts, pipeline, subordinates)


def unguarded(work, _file):
    return work()


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def fault(request, monkeypatch):
    """An error that is raised as soon as the bad file is read."""
    read = Store.facts

    def facts(store, year):
        if store.office == "bad":
            raise request.param
        return read(store, year)

    monkeypatch.setattr(Store, "facts", facts)
    return type(request.param).__name__


@pytest.mark.guard("test_without_the_guard_it_stops_all_files", over=["fault"])
@pytest.mark.parametrize("name", READS)
def test_an_unexpected_error_stops_one_file_only(tmp_path, command, fault, name):
    words, processed = COMMANDS[name]
    folder = offices(tmp_path, FACTS)
    result = command(*words, cwd=folder)
    assert processed(folder, result.output)
    assert result.exit_code in {0, 1, 2}
    message = f"data/bad/2024.toml：程序自己出错了（{fault}"
    if fault == "MemoryError" and name in {"build", "validate"}:  # which limit memory
        message = "data/bad/2024.toml："
    assert ("bad" if name == "trace" else message) in result.output


@pytest.mark.usefixtures("fault")
@pytest.mark.parametrize("fault", ERRORS[:1], indirect=True)
@pytest.mark.parametrize("name", READS)
def test_without_the_guard_it_stops_all_files(tmp_path, command, monkeypatch, name):
    for module in GUARDED:
        monkeypatch.setattr(module, "try_work", unguarded)
    words, processed = COMMANDS[name]
    folder = offices(tmp_path, FACTS)
    assert not processed(folder, command(*words, cwd=folder).output)


@pytest.mark.parametrize("sample", sorted(FOUND))
def test_what_is_raised_and_not_found_stops_all_files(tmp_path, command, monkeypatch, sample):
    for module in GUARDED:
        monkeypatch.setattr(module, "try_work", unguarded)
    raise_findings(monkeypatch)
    words, processed = COMMANDS["validate"]
    folder = offices(tmp_path, HOSTILE[sample])
    result = command(*words, cwd=folder)
    assert result.exit_code == 2
    assert not processed(folder, result.output)


@pytest.mark.guard("test_what_is_raised_and_not_found_stops_all_files", unguarded={NO_TABLE: ["nothing"]})
@pytest.mark.parametrize("sample", ["an array for an edition", "100,000 keys", "nothing"])
def test_one_office_alone_gets_its_errors(tmp_path, command, sample):
    folder = offices(tmp_path, HOSTILE[sample])
    result = command("validate", "2024", "bad", cwd=folder)
    assert result.exit_code == 1
    assert "error[" in result.output


@pytest.mark.guard(
    "test_settings_that_are_no_user_error_are_a_mistake_of_the_program",
    over=["name"],
    unguarded={"it is TOML: whoever reads the key judges it (test_repositories)": ["x = 1"]},
)
@pytest.mark.parametrize(
    "name",
    [
        "report.toml",
        "data/offices.toml",
        f"templates/{KIND}/editions/x.toml",
        "templates/looks/own.toml",
        "templates/formats/x/format.toml",
    ],
)
@pytest.mark.parametrize("text", [*NO_TOML, "x = 1"])
def test_broken_settings_are_refused_with_a_message(tmp_path, command, name, text):
    folder = put(offices(tmp_path, FACTS), {name: text})
    for words in (
        ["validate", "2024", "bad"],
        ["build", "2024", "bad", "--look", "own", "--to", "x"],
        ["rollup", "2024", "--into", "city"],
    ):
        result = command(*words, cwd=folder)
        assert result.exit_code in {0, 1, 2}
        assert "自己出错" not in result.output


@pytest.mark.parametrize("text", NO_TOML)
def test_settings_that_are_no_user_error_are_a_mistake_of_the_program(tmp_path, command, monkeypatch, text):
    monkeypatch.setattr(files, "UserError", RuntimeError)
    folder = put(offices(tmp_path, FACTS), {"report.toml": text})
    assert "自己出错" in command("validate", "2024", "bad", cwd=folder).output


def test_a_bad_file_of_last_year_does_not_stop_this_year(tmp_path, command):
    folder = put(tmp_path, {"data/2023.toml": HOSTILE["an array for an edition"], "data/2024.toml": FACTS})
    command("build", "2024", "--to", "markdown", "--draft", cwd=folder)
    assert (folder / "build/2024.md").is_file()
