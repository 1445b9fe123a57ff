"""`report build --copy-to`: built files in a folder elsewhere; only those that have changed are sent again."""

import json

import pytest
from offices import city

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def folder(tmp_path):
    city(tmp_path, 2)
    return tmp_path


def build(process, folder, address):
    """Build both reports; give the result with what it printed in one line."""
    done = process("build", "2024", "--all", "--to", "markdown", "--copy-to", address, "--lang", "en", cwd=folder)
    done.stderr = " ".join(done.stderr.split())
    return done


def test_only_changed_files_are_sent_again(folder, process):
    address = f"file://{folder}/copies"
    assert "2 files sent, 0 unchanged" in build(process, folder, address).stderr
    for name in ("office-00000/2024.md", "office-00001/2024.md"):
        assert (folder / "copies" / name).read_bytes() == (folder / "build" / name).read_bytes()
    assert "0 files sent, 2 unchanged" in build(process, folder, address).stderr
    data = folder / "data/office-00001/2024.toml"
    data.write_text(data.read_text(encoding="utf-8") + '\n[prose]\nother = "另一段话。"\n', encoding="utf-8")
    assert "1 files sent, 1 unchanged" in build(process, folder, address).stderr
    assert "另一段话" in (folder / "copies/office-00001/2024.md").read_text(encoding="utf-8")


def test_a_damaged_list_of_copies_only_means_that_all_are_sent(folder, process):
    address = f"file://{folder}/copies"
    build(process, folder, address)
    listed = folder / "copies/.nianbao-copies.json"
    assert len(json.loads(listed.read_bytes())) == 2
    listed.write_text("{", encoding="utf-8")
    assert "2 files sent, 0 unchanged" in build(process, folder, address).stderr


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nowhere://bucket", "nowhere://bucket"),
        ("file:///proc/nothing/here", "Files cannot be copied to file:///proc/nothing/here"),
    ],
)
def test_a_place_that_cannot_take_files_is_named_before_the_work(folder, process, address, why):
    done = build(process, folder, address)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "build").exists()
