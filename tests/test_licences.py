"""SECURITY.md names the licence of everything that is installed with the program, as its own metadata say it."""

import re
from importlib.metadata import PackageNotFoundError, metadata, requires

import pytest
from packaging.requirements import Requirement

# Metadata that say it in other words, or leave it to a file; looked up in what was installed.
SAID = {
    "apache license 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "bsd-3-clause, apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "sil open font license 1.1 (ofl-1.1)": "OFL-1.1",
}
INSIDE = {"pypandoc-binary": "MIT; holds pandoc, GPL-2.0-or-later"}
ELSEWHERE = {"importlib-metadata", "zipp"}  # which Python 3.12 and newer do not need


def named(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def installed():
    """Give every package that nianbao needs with its extras, directly or not, as this machine has it."""
    found, left = {"nianbao": {""}}, [("nianbao", {"", "export", "cluster", "ocr"})]
    while left:
        name, extras = left.pop()
        found[name] = found.get(name, set()) | extras
        for line in requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                below, more = named(needed.name), {"", *needed.extras}
                if more - found.get(below, set()):
                    left.append((below, more))
    return sorted(found.keys() - {"nianbao"})


def licence(name):
    if name in INSIDE:
        return INSIDE[name]
    about = metadata(name)
    classifiers = [words.rpartition(" :: ")[2] for words in about.get_all("Classifier") or () if "License ::" in words]
    text = about.get("License") if len(about.get("License") or "") < 60 else None  # else it is the licence itself
    said = about.get("License-Expression") or text or (classifiers or [""])[0]
    return SAID.get(said.lower(), said)


def test_every_licence_is_named(root):
    page = (root / "SECURITY.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([A-Z].*) \|$", page, re.MULTILINE))
    try:
        expected = {name: licence(name) for name in installed()}
    except PackageNotFoundError as error:
        pytest.fail(f"{error} is needed and not installed: uv sync --all-extras --group test")
    assert {name: words for name, words in rows.items() if name in expected or name not in ELSEWHERE} == expected


def test_what_pandoc_is_under_is_said_where_it_is_installed(root):
    import pypandoc  # noqa: PLC0415  # where its executable is

    (told,) = root.__class__(pypandoc.__file__).parent.glob("files/copyright.pandoc")
    words = " ".join(told.read_text(encoding="utf-8").split())
    assert "released under the [GPL], version 2 or later" in words
    assert "GPL, version 2 or later" in (root / "SECURITY.md").read_text(encoding="utf-8")
