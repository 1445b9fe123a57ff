"""What works for one kind of document works for each: from a new data file to files that come back."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import jsonschema
import pypdfium2
import pytest
import toml_rs
from lxml import etree

from nianbao.model.period import parse_period
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

KINDS = sorted(path.parent.name for path in TEMPLATES.glob("kinds/*/kind.toml"))
ENGLISH = ("eu-dsa", "kpi", "us-foia")
WORD = re.compile("[A-Za-z]{3,}")
PRINTED = re.compile(r"(document|content|footer\d|header\d|styles)\.xml$")  # parts of a package
HAN = re.compile("[\u2e80-\u9fff\uff00-\uffef]")
FORMATS = ("html", "docx", "pdf")
CARRYING = (*FORMATS, "odt", "ofd")


def lay_out(kind, folder):
    """Make a repository of the example of a kind; return the words that name each report of it."""
    example = TEMPLATES / "kinds" / kind / "example"
    (folder / "report.toml").write_text(f'kind = "{kind}"\n', encoding="utf-8")
    found = []
    for path in sorted(example.rglob("*.toml")):
        if parse_period(path.stem):
            office = [] if path.parent == example else [path.parent.name]
            target = folder.joinpath("data", *office, path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            found.append((*office, path.stem))
    return found


@pytest.fixture(scope="module", params=KINDS)
def built(request, report, tmp_path_factory):
    """The example of a kind, built: the kind, the repository, and the words for each report without an error."""
    folder = tmp_path_factory.mktemp(request.param)
    formats = "html,docx,pdf,odt,ofd,epub,markdown"
    done = {words: report("build", *words, "--to", formats, cwd=folder) for words in lay_out(request.param, folder)}
    assert all(one.returncode in {0, 1} for one in done.values()), [one.stderr for one in done.values()]
    reports = [words for words, one in done.items() if one.returncode == 0]
    assert reports
    return request.param, folder, reports


def test_there_are_six_kinds_at_least():
    assert {"cn-disclosure", "cn-enforcement", "cn-letter", "cn-rule-of-law", "kpi", "us-foia"} <= set(KINDS)


def test_the_example_is_laid_out_as_fmt_does(built, report):
    _kind, folder, reports = built
    for words in reports:
        done = report("fmt", *words, "--check", cwd=folder)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("suffix", CARRYING)
def test_each_file_that_carries_facts_comes_back_with_the_same(built, report, tmp_path, suffix):
    """Read the last report with and without trust: `test_a_shipped_kind_has_no_mistake` reads all of them back."""
    kind, folder, reports = built
    (tmp_path / "report.toml").write_text(f'kind = "{kind}"\n', encoding="utf-8")
    *office, period = reports[-1]
    path = folder.joinpath("build", *office, f"{period}.{suffix}")
    sent = toml_rs.loads(folder.joinpath("data", *office, f"{period}.toml").read_text(encoding="utf-8"))
    for trust in ((), ("--trust",)):
        target = tmp_path / f"back{''.join(trust)}.toml"
        done = report("import", path, *trust, "--out", target, cwd=tmp_path)
        assert target.exists(), done.stdout + done.stderr
        back = toml_rs.loads(target.read_text(encoding="utf-8"))
        assert name_facts(back) >= name_facts(sent), trust
        if trust:
            assert {key: back[key] for key in sent if key != "accept"} == {
                key: value for key, value in sent.items() if key != "accept"
            }


def name_facts(tree):
    """Return what a data file says that comes back without trust too: all but acceptances and the words of prose."""
    return {(key, repr(value)) for key, value in tree.items() if key not in {"accept", "prose", "edition", "headings"}}


def test_a_new_file_has_prompts_and_no_other_error(built, report, tmp_path):
    kind, folder, reports = built
    period = parse_period(reports[-1][-1])
    done = report("init", tmp_path / "new", "--kind", kind, "--year", period, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    checked = report("validate", str(period), "--json", cwd=tmp_path / "new")
    (result,) = json.loads(checked.stdout)["reports"]
    errors = {finding["rule"] for finding in result["findings"] if finding["level"] == "error"}
    assert errors <= {"prompt-left", "missing-fact"}, result["findings"]
    built_draft = report("build", str(period), "--draft", "--to", "html", cwd=tmp_path / "new")
    assert built_draft.returncode == 0, built_draft.stderr
    following = period.get_next()
    office = reports[-1][:-1]
    if following and not office:
        assert report("new", str(following), cwd=folder).returncode == 0
        (folder / "data" / f"{following}.toml").unlink()


def test_the_schema_of_the_data_takes_the_example(built, report):
    _kind, folder, reports = built
    for words in reports:
        text = folder.joinpath("data", *words[:-1], f"{words[-1]}.toml").read_text(encoding="utf-8")
        tree = toml_rs.loads(text)
        done = report("schema", "--edition", tree["edition"], cwd=folder)
        assert done.returncode == 0, done.stderr
        jsonschema.validate(json.loads(json.dumps(tree, default=lambda day: day.isoformat())), json.loads(done.stdout))


def test_figures_are_exported_and_answered(built, report, tmp_path):
    kind, folder, reports = built
    done = report("export", "--all", *{words[-1] for words in reports}, "--to", "csv", "--out", tmp_path, cwd=folder)
    assert done.returncode in {0, 1}, done.stderr  # 1: an office has no report of one of these periods
    asked = report("query", "select kind, count(*) as reports from reports group by kind", "--json", cwd=folder)
    (row,) = json.loads(asked.stdout)
    assert row["kind"] == kind
    assert row["reports"] >= len(reports)


def test_an_excel_form_comes_back(built, report, tmp_path):
    _kind, folder, reports = built
    period = reports[-1][-1]
    done = report("form", period, "--office", "Office 一", "--out", tmp_path, cwd=folder)
    assert done.returncode == 0, done.stderr
    (form,) = tmp_path.glob("*.xlsx")
    back = report("import", form, "--dry-run", cwd=folder)
    assert period in back.stdout, back.stdout + back.stderr


def test_reports_of_units_are_added_up(built, report, tmp_path):
    kind, folder, reports = built
    *office, period = reports[-1]
    (tmp_path / "report.toml").write_text(f'kind = "{kind}"\n', encoding="utf-8")
    for unit in ("one", "two"):
        (tmp_path / "data" / unit).mkdir(parents=True)
        shutil.copy(folder.joinpath("data", *office, f"{period}.toml"), tmp_path / "data" / unit)
    registered = "".join(f'[{unit}]\nname = "{unit}"\nparent = "city"\n' for unit in ("one", "two"))
    (tmp_path / "data/offices.toml").write_text(f'[city]\nname = "city"\n{registered}', encoding="utf-8")
    done = report("rollup", period, "--into", "city", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path)
    city, unit = (store.of_office(name).report(parse_period(period)) for name in ("city", "one"))
    for address, figure in unit.figures.items():
        slot = unit.form.fixed.slots.get(address)  # rows that the data of a unit decides are not added up
        if slot and slot.value_type.name in {"count", "change", "money"}:
            assert city.figures[address] == 2 * figure, address


def test_many_reports_are_the_same_files_as_one_by_one(built, process, tmp_path):
    kind, folder, reports = built
    lay_out(kind, tmp_path)
    done = process("build", "--all", *{words[-1] for words in reports}, "--jobs", "2", cwd=tmp_path)
    for words in reports:
        for suffix in FORMATS:
            name = Path(*words[:-1], f"{words[-1]}.{suffix}")
            assert (tmp_path / "build" / name).read_bytes() == (folder / "build" / name).read_bytes(), done.stderr


def read_parts(path):
    """Read every text of a file that a person or a program may read in it."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            yield "\n".join(page.get_textpage().get_text_range() for page in document)
            yield " ".join(document.get_metadata_dict().values())
        yield path.read_bytes().decode("utf-8", errors="ignore")
    elif path.suffix in {".docx", ".odt", ".epub"}:
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                if name.endswith(".xlsx"):  # the figures of a chart, packed again
                    continue
                yield name + package.read(name).decode("utf-8", errors="ignore")
    else:
        yield path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ENGLISH)
def test_an_english_document_holds_no_chinese_character(kind, report, tmp_path):
    for words in lay_out(kind, tmp_path):
        assert report("build", *words, "--to", "html,docx,odt,epub,markdown,pdf", cwd=tmp_path).returncode == 0
    for path in sorted((tmp_path / "build").rglob("[!.]*.*")):
        if path.suffix != ".pdf":
            assert not [HAN.findall(part) for part in read_parts(path) if HAN.search(part)], path.name
        else:
            text, metadata, raw = read_parts(path)
            assert not HAN.search(text + metadata), path.name
            assert re.search(r"/Lang ?\(en-(?:US|GB)\)", raw)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(ENGLISH)))
def test_a_chinese_document_prints_no_english_mark(kind, report, tmp_path):
    for words in lay_out(kind, tmp_path):
        done = report("build", *words, "--to", "docx,odt,pdf", "--draft", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    own = set(WORD.findall("".join(path.read_text(encoding="utf-8") for path in (tmp_path / "data").rglob("*.toml"))))
    for path in sorted((tmp_path / "build").rglob("[!.]*.*")):
        if path.suffix == ".pdf":
            printed = next(read_parts(path))
        else:
            with zipfile.ZipFile(path) as package:
                parts = [name for name in package.namelist() if PRINTED.search(name)]
                printed = "\n".join("".join(etree.fromstring(package.read(name)).itertext()) for name in parts)
                printed = printed.replace("PAGE", "")  # the field of the number
        assert not set(WORD.findall(printed)) - own, path


@pytest.mark.cluster
def test_a_cluster_builds_each_kind(built, process, tmp_path, tmp_path_factory):
    pytest.importorskip("distributed")
    from clusters import nodes  # noqa: PLC0415  # needs Dask

    kind, folder, reports = built
    lay_out(kind, tmp_path)
    with nodes(tmp_path_factory.mktemp("cluster"), "driver-only") as started:
        started.add(1)
        done = process("build", *reports[-1], "--cluster", started.address, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for suffix in FORMATS:
        name = Path(*reports[-1][:-1], f"{reports[-1][-1]}.{suffix}")
        assert (tmp_path / "build" / name).read_bytes() == (folder / "build" / name).read_bytes()
