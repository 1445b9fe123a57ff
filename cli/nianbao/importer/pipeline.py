"""Published reports brought in: read, recognised, written as data files, and judged at once."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nianbao.checks.check import judge_report
from nianbao.checks.policy import Choice
from nianbao.checks.rules.typed_by_hand import placed
from nianbao.importer import embedded_facts, readers
from nianbao.importer.recognition import RecognizedReport, recognize, recognize_excel_form
from nianbao.importer.recognition import data_file as data
from nianbao.importer.recognition.coverage import count_cells
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.importer.recognition.office_folder import make_folder_name
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, Stop, mistake
from nianbao.model.i18n import N_, _, series
from nianbao.model.report import Report
from nianbao.model.value_types import KINDS
from nianbao.workspace import access
from nianbao.workspace.files import Saved, reason, same, shown, write
from nianbao.workspace.files import text as read_text
from nianbao.workspace.limits import fenced
from nianbao.workspace.store import Store

STDIN = "-"
MAX_SECONDS = 60  # for one file; most take a third of one
_MAX_LABELS = 3  # cells that a note names


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person asks of an import; what is empty is taken from the files."""

    year: int = 0
    office: str = ""
    out: Path | None = None
    dry: bool = False
    force: bool = False
    placeholders: bool = False
    trust: bool = False  # prose of carried facts is taken with its placeholders and Markdown
    folder_per_office: bool = False  # each office has a folder of its own


@dataclass(frozen=True, slots=True)
class ImportedReport:
    """One file that was brought in: its account, its figures by label, and what the validator found.

    `lossless` tells that the facts which the file carries were taken, all as they are. `saved` is None in a dry run.
    """

    source: str
    year: int
    office: str
    target: Path
    within: Path  # the folder that no link leads the target out of
    text: str
    cell_counts: dict[str, dict[str, Any]]
    figures: dict[str, Any]
    findings: list[Finding]
    notes: tuple[str, ...]
    undecided: int
    missing: int
    lossless: bool
    saved: Saved | None = None

    @property
    def clean(self) -> bool:
        """Tell whether every cell was there and read, and nothing forbids to build."""
        return not (self.undecided or self.missing) and not Choice().blocks(self.findings)


def import_file(store: Store, name: str, wanted: ImportOptions) -> ImportedReport:
    """Bring in one file; raises `Stop` that names it where it cannot be read, recognised or written."""
    return write_data_file(read_report(store, name, wanted), wanted)


def read_report(store: Store, name: str, wanted: ImportOptions) -> ImportedReport:
    """Read a file, write the text of its data file, and judge it, all without touching the disk.

    Raises `Stop` that names the file, whatever happens with it.
    """
    source = describe_source(name)
    try:
        with fenced(seconds=MAX_SECONDS):
            return _read_report(store, name, source, wanted)
    except Stop as stop:
        raise Stop(f"{source}：{stop.message}", stop.fix) from stop
    except RecursionError:
        raise Stop(_("{name}：嵌套太深，读不下去", name=source), _("用原程序打开，另存一份再导入")) from None
    except Exception as error:  # one file that nobody thought of stops no other
        wrong = mistake(error)
        raise Stop(f"{source}：{wrong.message}", wrong.fix) from error


def describe_source(name: str) -> str:
    """Return what a file that is imported is called."""
    return _("标准输入") if name == STDIN else shown(Path(name))


def _read_report(store: Store, name: str, source: str, wanted: ImportOptions) -> ImportedReport:
    forms = [store.edition(edition) for edition in sorted(store.editions())]
    published = readers.read(_read_content(name), Path(name).suffix)
    recognised = recognize_excel_form(published, forms, wanted.year) or recognize(published, forms, wanted.year)
    told = Path(source).name if name != STDIN else source
    notes = list(recognised.published.notes)
    if wanted.office:
        if recognised.told.office not in {"", wanted.office}:
            notes.append(_("文件里写的机关是 {office}", office=recognised.told.office))
        recognised.told.office = wanted.office
        recognised.told.facts.pop(recognised.form.author_at, None)
    taken = embedded_facts.verify_facts(store, recognised, trusted=wanted.trust)
    notes += taken.notes
    if wanted.year and recognised.told.year not in {0, wanted.year}:
        notes.append(_("文件里写的是 {year} 年度", year=recognised.told.year))
    text = taken.text or data.format_data_file(recognised, told)
    target, within = _choose_target(store, recognised, wanted, Path(name).stem)
    report = _fill_form(store, text, target, within)
    if wanted.placeholders and report and not taken.text:
        text = data.format_data_file(recognised, told, placed(report))
        report = _fill_form(store, text, target, within)
    findings = _add_locations(judge_report(store, report).findings if report else [], recognised, told)
    counted = count_cells(recognised, _find_conflicts(report, recognised))
    notes += [f"{told}：{wrong}" for wrong in _describe_undecided(recognised)]
    notes += _describe_editions(recognised)
    notes += (
        []
        if taken.text
        else [_("没有找到“{heading}”这一部分", heading=part.heading) for part in recognised.missing_sections]
    )
    notes += [_("表里多出的一行，没有记下：{row}", row=row) for row in recognised.tables.notes]
    notes += [_("文件到这一行中间断了，没有记下：{row}", row=row) for row in recognised.tables.truncated_rows]
    return ImportedReport(
        source,
        recognised.year,
        recognised.told.office,
        target,
        within,
        text,
        counted,
        collect_figures(recognised) | {"account": counted, "file": source},
        findings,
        tuple(notes),
        len(recognised.undecided) + len(recognised.tables.truncated_rows) + len(recognised.faults),
        0 if taken.text else len(recognised.missing),
        taken.whole,
    )


_REASONS = {
    "words": N_("“{printed}”不是这里该有的数"),
    "together": N_("“{printed}”像是几格的数"),
    "formula": N_("是公式 {printed}，没有采用；写成数字"),
}


def _describe_undecided(recognised: RecognizedReport) -> Iterator[str]:
    """Say of the cells of a spreadsheet that could not be read, or have lost their place, where they are and why."""
    for cell in recognised.undecided:
        if at := recognised.places.get(cell.slot.address):
            label = recognised.form.labels[cell.slot.address]
            yield f"{at}：{label}：" + _(_REASONS.get(cell.why, _REASONS["words"]), printed=cell.printed)
    for fault in recognised.faults:
        why = KINDS[fault.kind].wrong(fault.value) or _(_REASONS["formula"], printed=fault.shown)
        yield _("{at}：{label}：“{shown}”没有记下：{why}", at=fault.at, label=fault.label, shown=fault.shown, why=why)
    if recognised.places and (lost := recognised.missing):
        labels = series(recognised.form.labels[address] for address in lost[:_MAX_LABELS])
        yield _("有 {count} 格在表里找不到了（{labels} 等），可能删了行列", count=len(lost), labels=labels)


def _add_locations(findings: list[Finding], recognised: RecognizedReport, told: str) -> list[Finding]:
    """Add to findings about the figures of a spreadsheet in which cell each stands."""
    found = []
    for finding in findings:
        at = recognised.places.get(finding.address)
        note = (_("见 {place}", place=f"{told}：{at}"),) if at else ()
        found.append(replace(finding, notes=(*finding.notes, *note)))
    return found


def _describe_editions(recognised: RecognizedReport) -> list[str]:
    """Say which tables are in another edition than the rest."""
    form = recognised.form
    found: dict[str, set[str]] = {}
    for line in recognised.tables.lines:
        if any(cell.slot.address not in form.slots for cell in line.cells):
            found.setdefault(line.shape.table.label, set()).add(line.shape.form.edition)
    notes = [
        _("{table}：有的部分用的是 {editions} 版格式", table=table, editions=series(sorted(editions)))
        for table, editions in found.items()
    ]
    if recognised.unplaced:
        count = len(recognised.unplaced)
        notes.append(_("{count} 个数是别的版本的格，本版没有地方记，见文件开头的注释", count=count))
    return notes


def _read_content(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read(readers.LIMIT + 1) if sys.stdin else b""  # a shell may have closed it
    path = Path(name)
    try:
        return access.read(path.parent, path.name, readers.LIMIT)
    except IsADirectoryError:
        raise Stop(_("这是目录"), _("写里面的文件，例如 {name}/*.docx", name=name)) from None
    except access.RefusedError as error:
        raise Stop(str(error), _("写文件本身的路径；管道里的内容用 - 读入")) from None
    except FileNotFoundError:
        raise Stop(_("没有这个文件"), _("检查文件名")) from None
    except OSError as error:
        raise Stop(_("读不了：{error}", error=reason(error)), _("排除原因后再运行")) from error


# ── judged and written ───────────────────────────────────────────────────────────────


def _fill_form(store: Store, text: str, target: Path, within: Path | None = None) -> Report | None:
    """Fill the form with what was written, as a later validation will, and `within` a folder with the year before."""
    facts = parse(text, shown(target))
    year = facts.tree.get("year") if isinstance(facts, Facts) else None
    if not isinstance(facts, Facts) or not isinstance(year, int):
        return None
    past = target.with_name(f"{year - 1}.toml")
    last = _fill_form(store, read_text(past, within), past) if within and past.exists() else None
    report = store.fill(facts, year, last)
    return report if isinstance(report, Report) else None


def _find_conflicts(report: Report | None, recognised: RecognizedReport) -> frozenset[str]:
    """Return the figures that break an identity of the form, all of which could be read."""
    found: set[str] = set()
    for check in report.broken if report else ():
        addresses = {slot.address for part in check.parts for slot in part.slots}
        cells = [recognised.placed.get(address) for address in addresses]
        if check.relation.level == "error" and not any(cell and cell.state == "undecided" for cell in cells):
            found |= addresses & recognised.placed.keys()
    return frozenset(found)


def _choose_target(store: Store, recognised: RecognizedReport, wanted: ImportOptions, stem: str) -> tuple[Path, Path]:
    """Say where the data file goes: the file that was asked for, or a file for the year, for each office its folder.

    Beside it stands the folder that it does not leave by a link: the one that a person named, else the repository.
    """
    name = f"{recognised.year}.toml"
    out = wanted.out or store.root / "data"
    if out.suffix == ".toml" and not wanted.folder_per_office:
        return out, out.parent
    within = wanted.out or store.root
    if not wanted.folder_per_office and not recognised.folder:
        return out / name, within
    office = make_folder_name(recognised.folder or recognised.told.office) or make_folder_name(stem)
    return out / (office or "office") / name, within


def write_data_file(brought: ImportedReport, wanted: ImportOptions) -> ImportedReport:
    """Write the data file of what was brought in, but over no other unless told to."""
    content = brought.text.encode()
    if wanted.dry:
        return brought
    goal = brought.target.resolve()  # a link stays one
    if os.path.lexists(brought.target) and not wanted.force and not same(goal, content):
        raise Stop(
            _("{source}：已经有 {target}，没有改动它", source=brought.source, target=shown(brought.target)),
            _("用 --out 写到别处，或用 --force 换掉它"),
        )
    return replace(brought, saved=write({goal: content}, brought.within)[0])
