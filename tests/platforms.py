"""The kind of tests/kinds/platform: its reports from changed data, and what is found in them."""

import shutil
from functools import cache
from pathlib import Path

from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "kinds/platform"
TEXT = (FOLDER / "data/2024.toml").read_text(encoding="utf-8")
EDITION = "templates/kinds/platform/editions/2024.toml"


@cache
def load_form():
    """Load the form of 2024, with nothing in its open rows."""
    return Store(FOLDER).kind.form_in_force(Period(2024))


def fill(*changes, text=TEXT, form=None):
    """Fill the form with the data of 2024 after changes: pairs of a text and what replaces it."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    facts = parse(text, "data/2024.toml")
    return fill_form(form or load_form(), facts)


def find(report, tmp_path, *changes, words=("validate", "2024", "--json"), edition=()):
    """Return what a command finds in the data of 2024 after changes of it, and of the edition."""
    folder = tmp_path / "platform"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    for name, pairs in (("data/2024.toml", changes), (EDITION, edition)):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        for before, after in pairs:
            assert before in text, before
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")
    return report(*words, cwd=folder)
