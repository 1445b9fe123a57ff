"""The examples of a kind: data files in `example/`, with the findings that they must give in `findings.toml`."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated

from msgspec import Meta, Struct

from nianbao.model.facts import Facts
from nianbao.model.finding import Level
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.period import Period, parse_period
from nianbao.workspace.folder import SentFolder
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store

FOLDER, FINDINGS = "example", "findings.toml"


class ExpectedFinding(Shape, frozen=True):
    """A finding that a data file must give."""

    rule: Annotated[Text, Meta(description="field-example-rule")]
    at: Annotated[str, Meta(description="field-example-at")] = ""
    level: Annotated[Level | None, Meta(description="field-example-level")] = None


class ExampleEntry(Shape, frozen=True):
    """What must come of a data file."""

    path: Annotated[Text, Meta(description="field-example-path")]
    findings: Annotated[tuple[ExpectedFinding, ...], Meta(description="field-example-findings")] = ()
    pages: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="field-example-pages")] = None


class ExamplesFile(Shape, frozen=True):
    """The file `findings.toml`."""

    file: Annotated[tuple[ExampleEntry, ...], Meta(description="field-example-files")] = ()


class Example(Struct, frozen=True):
    """A data file of a kind, as a report of a folder that holds only the examples of its office."""

    path: str  # below `example/`
    shown: str  # for people
    store: Store
    period: Period
    expected: ExampleEntry | None
    source: Facts | None  # `findings.toml`
    number: int = 0  # of the entry in it


def find_examples(store: Store, kind: KindFolder) -> list[Example]:
    """Find the examples of a kind; raises `UserError` for a faulty `findings.toml`."""
    source, entries = _read_expected(kind)
    by_office: dict[str, dict[Period, tuple[str, str, bytes]]] = {}
    for name, (top, path) in kind.find_files(f"{FOLDER}/**/*.toml").items():
        below = name.removeprefix(f"{FOLDER}/")
        period = parse_period(PurePosixPath(below).stem)
        if period and below != FINDINGS:
            office = PurePosixPath(below).parent.as_posix()
            by_office.setdefault(office, {})[period] = (below, top.display(path), path.read_bytes())
    found = []
    of_kind = store.of_kind(kind.id).of_office("")
    for files in by_office.values():
        folder = SentFolder("example", {of_kind.name(period): content for period, (*_names, content) in files.items()})
        alone = of_kind.with_folder(folder)
        for period, (below, shown, _content) in sorted(files.items()):
            number = next((at for at, entry in enumerate(entries) if entry.path == below), None)
            entry = None if number is None else entries[number]
            found.append(Example(below, shown, alone, period, entry, source, number or 0))
    known = [example.path for example in found]
    faults = [
        Fault(("file", number, "path"), _("no-such-example", name=entry.path) + suggest(entry.path, known))
        for number, entry in enumerate(entries)
        if entry.path not in known
    ]
    if faults and source:
        raise_faults([source], faults)
    return found


def _read_expected(kind: KindFolder) -> tuple[Facts | None, Sequence[ExampleEntry]]:
    found = kind.find_files(f"{FOLDER}/{FINDINGS}").get(f"{FOLDER}/{FINDINGS}")
    if found is None:
        return None, ()
    top, path = found
    source = top.read_toml(path)
    return source, load(ExamplesFile, [source]).file
