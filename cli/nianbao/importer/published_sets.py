"""The import of a published set of files: read by the kind whose files they are, written as a data file, and judged."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from nianbao.checks.check import judge_report
from nianbao.datafiles.given_facts import parse_given_facts
from nianbao.importer.file_sets.data_file import format_data_file
from nianbao.importer.file_sets.deviations import Deviation, describe_deviations, name_column
from nianbao.importer.file_sets.parts import PublishedPart
from nianbao.importer.file_sets.recognition import MatchedSet, match_parts
from nianbao.importer.file_sets.set_reading import ReadSet, assemble, find_days, put, require_period
from nianbao.importer.file_sets.shown_set import make_shown_set
from nianbao.importer.file_sets.sources import SetSource, Source, gather_sources, read_source
from nianbao.importer.pipeline import (
    ImportedReport,
    ImportOptions,
    choose_target,
    fill_form_of,
    read_guarded,
    read_report,
)
from nianbao.model.facts import find_value
from nianbao.model.file_sets.mapping import FileSet
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.period import Period
from nianbao.workspace.files import display_path
from nianbao.workspace.store import Store


class OfNoSetError(UserError):
    """Files that are of no set."""


def gather(store: Store, names: Sequence[str]) -> list[Source]:
    """Join the files that a person names to published sets, as far as they are of one, and folders of pictures."""
    return gather_sources(names, lambda: [file_set for _kind, file_set in list_file_sets(store)])


def list_file_sets(store: Store, kind: str = "") -> list[tuple[str, FileSet]]:
    """List the kinds that are published as sets of files, the default one first; with `kind` only this one.

    One that cannot be read is left out; raises `UserError` where it is the one asked for.
    """
    if kind:
        own = store.find_kind(kind).settings.file_set
        return [(kind, own)] if own else []
    found: list[tuple[str, FileSet]] = []
    for one in sorted(store.list_kinds(), key=lambda one: (one != store.default_kind, one)):
        with suppress(UserError):
            file_set = store.find_kind(one).settings.file_set
            found += [(one, file_set)] if file_set else []
    return found


def read_set(store: Store, source: SetSource, options: ImportOptions) -> ImportedReport:
    """Read a set, compose the text of its data file, and judge it; raises `UserError` that names the set.

    One CSV file that is of no set is read as a table of a report.
    """
    try:
        return read_guarded(display_path(Path(source.name)), partial(_read_set, store, source, options))
    except UserError as error:
        if not (source.is_table and isinstance(error.__cause__, OfNoSetError)):
            raise
    return _read_table(store, source, options)


def _read_table(store: Store, source: SetSource, options: ImportOptions) -> ImportedReport:
    """Read a CSV file that is of no set as a table of a report; raises `UserError` for one that is neither."""
    try:
        return read_report(store, source.name, options)
    except UserError as error:
        message = _("csv-of-no-set-nor-table", file=source.paths[0].name, why=error.message)
        raise UserError(message, f"{error.fix}; {_('name-folder-of-set')}") from error


def recognize_set(
    store: Store, source: SetSource, kind: str = "", period: Period | None = None
) -> tuple[Store, ReadSet]:
    """Read a set by the kind asked for, else the one that it fits, and the form of its period; return the kind's store.

    Raises `UserError` where the files cannot be read, are of no set, or name no period.
    """
    parts = read_source(source)
    kind, matched = _choose_kind(store, kind, parts)
    store = store.of_kind(kind)
    return store, _read_by_form_in_force(store, matched, parts, period)


def _read_set(store: Store, source: SetSource, options: ImportOptions) -> ImportedReport:
    store, read = recognize_set(store, source, options.kind, options.period)
    stem = Path(source.name).stem
    author = read.form.author_address
    office = str(find_value(read.tree, author) or "") if author else ""
    others = [_("file-says-office", office=office)] if options.office and office not in {"", options.office} else []
    if options.office and author:
        office = options.office
        put(read.tree, tuple(author.split(".")), office)
    for address, value in parse_given_facts(read.form, options.facts).items():
        put(read.tree, tuple(address.split(".")), value)
    text = format_data_file(read, Path(source.name).name)
    target, boundary = choose_target(store, read.period, office, options, stem)
    report = fill_form_of(store, text, target, boundary)
    findings = judge_report(store, report).findings if report else []
    name = display_path(Path(source.name))
    return ImportedReport(
        source=name,
        period=read.period,
        office=office,
        target=target,
        boundary=boundary,
        text=text,
        cell_counts=_count_cells(read),
        figures=_collect_figures(read, name),
        findings=[_add_place(finding, read) for finding in findings],
        notes=(*others, *describe_deviations(read.deviations)),
        undecided=sum(one.lost for one in read.deviations),
        missing=0,
        lossless=False,
        shown=make_shown_set(Path(source.name).name, read) if options.show else None,
    )


def _choose_kind(store: Store, kind: str, parts: Sequence[PublishedPart]) -> tuple[str, MatchedSet]:
    """Choose the kind of which most files are; raises `UserError` where none is of any."""
    best: tuple[str, MatchedSet] | None = None
    for one, file_set in list_file_sets(store, kind):
        folder = store.find_kind(one)
        matched = match_parts(folder.edition(max(folder.editions())), file_set, parts)
        if matched.parts and (best is None or len(matched.parts) > len(best[1].parts)):
            best = one, matched
    if best is None:
        names = join_words(part.name for part in parts[:5])
        raise OfNoSetError(_("files-of-no-set", files=names), _("name-folder-of-set"))
    return best


def _read_by_form_in_force(
    store: Store, matched: MatchedSet, parts: Sequence[PublishedPart], asked: Period | None
) -> ReadSet:
    """Read a set by the edition of its period, which is known only when its files were found by another edition."""
    form = matched.parts[0].keys.form
    period = require_period(form, find_days(matched), asked)
    in_force = store.kind.form_in_force(period)
    file_set = store.kind.settings.file_set
    if in_force is not form and file_set:
        matched = match_parts(in_force, file_set, parts)
    return assemble(in_force, period, matched)


def _count_cells(read: ReadSet) -> dict[str, dict[str, Any]]:
    """Count the cells of each file, as those of tables are counted."""
    counts: dict[str, dict[str, Any]] = {}
    for part in read.parts:
        lost = sum(one.lost and one.part == part.part.name and bool(one.row) for one in read.deviations)
        counts[part.entry.name] = {
            "label": part.part.name,
            "cells": part.cells,
            "read": len(part.values),
            "blank": part.cells - len(part.values),
            "ambiguous": lost,
            "missing": 0,
            "conflict": 0,
            "elsewhere": 0,
            "by_order": False,
        }
    return counts


def _collect_figures(read: ReadSet, source: str) -> dict[str, Any]:
    """Return what was read as plain values, with every departure from the template at its place."""
    kind = read.form.kind
    return {
        kind.period_fact: kind.write_period(read.period),
        "edition": read.form.edition,
        **_to_json(read.tree),
        "deviations": [_describe(one) for one in read.deviations],
        "account": _count_cells(read),
        "file": source,
    }


def _describe(one: Deviation) -> Mapping[str, object]:
    place = {
        "file": one.part,
        "row": one.row or None,
        "column": None if one.column is None else name_column(one.column),
    }
    return place | {"what": one.what, "printed": one.printed, "read": one.read or None, "lost": one.lost}


def _to_json(value: Any) -> Any:  # noqa: ANN401  # any tree of plain values
    if isinstance(value, dict):
        return {key: _to_json(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_to_json(below) for below in value]
    return value if isinstance(value, str | int | bool) else float(value) if hasattr(value, "as_tuple") else str(value)


def _add_place(finding: Finding, read: ReadSet) -> Finding:
    """Add to a finding where in the set its value stands."""
    if finding.address not in read.places:
        return finding
    part, row, column = read.places[finding.address]
    place = _("place-and-column", place=_("file-and-rows", file=part, rows=row), column=name_column(column))
    return replace(finding, notes=(*finding.notes, _("see-place", place=place)))
