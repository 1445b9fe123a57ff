"""Published sets by commands: imported, judged, accepted with the words of their context, and built for readers."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "dsa"
PROVIDERS = {"akamai": "hosting", "aliexpress": "vlop", "amazon": "vlop", "booking-com": "vlop", "zalando": "vlop"}
FORMATS = ("html", "docx", "pdf")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_published_set_whose_findings_are_accepted_is_built(name, tmp_path, report):
    (tmp_path / "data").mkdir()
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    assert report("import", str(FOLDER / name), cwd=tmp_path).returncode == 1  # it has errors
    (data,) = (tmp_path / "data").glob("*.toml")
    text = data.read_text(encoding="utf-8").replace('# kind = ""', f'kind = "{PROVIDERS[name]}"')
    data.write_text(text, encoding="utf-8")
    refused = report("build", data.stem, "--to", "html", cwd=tmp_path)
    done = json.loads(report("validate", data.stem, "--format", "json", cwd=tmp_path).stdout)
    found = [one for one in done["reports"][0]["findings"] if one["level"] != "note"]
    assert all(one["accept"] for one in found)  # nothing but what a provider may stand by
    has_errors = any(one["level"] == "error" for one in found)
    assert (refused.returncode != 0) == has_errors
    for one in found:
        place = f'rule = "{one["rule"]}"\nat = "{one["accept"]["at"]}"\nvalue = {one["accept"]["value"]}\n'
        text += f'\n[[accept]]\n{place}because = "As the contextual information says."\n'
    data.write_text(text, encoding="utf-8")
    built = report("build", data.stem, "--to", ",".join(FORMATS), cwd=tmp_path)
    assert built.returncode == 0, built.stdout + built.stderr
    files = {path.suffix[1:]: path for path in (tmp_path / "build").glob(f"{data.stem}.*")}
    assert files.keys() >= set(FORMATS)
    assert all(path.stat().st_size > 10_000 for path in files.values())
    checked = json.loads(report("validate", data.stem, "--format", "json", cwd=tmp_path).stdout)["reports"][0]
    assert checked["ok"]
    assert {one["level"] for one in checked["findings"]} <= {"note"}
