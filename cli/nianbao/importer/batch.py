"""The import of published reports, one or thousands, on every core."""

import gc
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from nianbao.importer import pipeline, published_sets
from nianbao.importer.conflicts import find_conflict
from nianbao.importer.file_sets.sources import PageSource, SetSource, Source, read_pages
from nianbao.importer.pipeline import ImportedReport, ImportOptions
from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import _, join_words
from nianbao.render import markup
from nianbao.workspace.files import is_larger
from nianbao.workspace.processes import pool
from nianbao.workspace.store import Store

_USUAL_BYTES = 2 * 2**20  # of a published file; a typical one has a quarter
_Numbered = Iterable[tuple[int, ImportedReport | UserError]]
Track = Callable[[_Numbered], _Numbered]  # shows progress
# The number of a source, and what it holds where that was read before.
_Item = tuple[int, Source, bytes | None]


def import_files(
    store: Store, sources: Sequence[Source], options: ImportOptions, jobs: int = 0, track: Track = iter
) -> Iterator[ImportedReport | UserError]:
    """Import many files and sets of files, in their order; give each result, or the `UserError` why there is none.

    `jobs` is the number of processes, 0 for one on each core; `track` is given what is read as it comes. All files are
    read before one is written: of several for one data file none is written where their values differ.
    """
    results = list(_restore_order(track(_read_all(store, sources, options, jobs))))
    by_target: dict[str, list[ImportedReport]] = {}
    for result in results:
        if isinstance(result, ImportedReport):
            by_target.setdefault(_normalize_target(result), []).append(result)
    for result in results:
        if isinstance(result, UserError):
            yield result
        else:
            yield _write_unless_other(result, by_target[_normalize_target(result)], options)


def _write_unless_other(
    report: ImportedReport, same_target: Sequence[ImportedReport], options: ImportOptions
) -> ImportedReport | UserError:
    """Write a data file, unless one of several files for it has other values; of files with the same the first."""
    if not options.dry_run and (conflict := find_conflict(report, same_target)):
        return conflict
    return _write_one(replace(report, text=same_target[0].text), options)


def _read_all(
    store: Store, sources: Sequence[Source], options: ImportOptions, jobs: int
) -> Iterator[tuple[int, ImportedReport | UserError]]:
    """Read files and sets on several processes, in the order in which they are ready, each with its number."""
    items = [(number, source, _read_piped(source)) for number, source in enumerate(sources)]
    work = partial(_read_one, store, options)
    # Libraries that read files are native code in part: a process of their own, which costs 30 ms, keeps a crash apart.
    isolated = any(is_larger(Path(name), _USUAL_BYTES) for name in sources if isinstance(name, str))
    yield from pool.run_all(items, work, _make_lost_result, jobs, close=markup.close_pandoc, isolated=isolated)


def _restore_order(results: _Numbered) -> Iterator[ImportedReport | UserError]:
    """Give results in the order of their numbers, each as soon as those before it are there."""
    waiting: dict[int, ImportedReport | UserError] = {}
    next_number = 0
    for number, result in results:
        waiting[number] = result
        while next_number in waiting:
            yield waiting.pop(next_number)
            next_number += 1


def _normalize_target(report: ImportedReport) -> str:
    """Return the path of the data file, the same for all paths that a disk without case may take for one."""
    return unicodedata.normalize("NFC", os.path.realpath(report.target)).casefold()


def _read_piped(source: Source) -> bytes | None:
    """Read standard input where that is the file: other processes have none."""
    return pipeline.read_standard_input() if source == pipeline.STDIN else None


def _read_one(store: Store, options: ImportOptions, item: _Item) -> tuple[int, ImportedReport | UserError]:
    """Read a file in a worker process; returns its number and the report, or the error."""
    number, source, content = item
    try:
        if isinstance(source, SetSource):
            return number, published_sets.read_set(store, source, options)
        if isinstance(source, PageSource):
            return number, _read_pages(store, source, options)
        return number, pipeline.read_report(store, source, options, content)
    except UserError as cause:
        error = UserError(cause.message, cause.fix)  # without its cause, which may not be sent to another process
    gc.collect()  # a broken file may leave gigabytes in cycles, and the next one needs them
    return number, error


def _read_pages(store: Store, source: PageSource, options: ImportOptions) -> ImportedReport:
    report = pipeline.read_report(store, source.name, options, read_pages(source))
    if source.are_pictures:
        return report
    note = _("web-pages-read-as-one", names=join_words(path.name for path in source.paths))
    return replace(report, notes=(note, *report.notes))


def _write_one(report: ImportedReport, options: ImportOptions) -> ImportedReport | UserError:
    try:
        return pipeline.write_data_file(report, options)
    except UserError as error:
        return error
    except Exception as error:  # noqa: BLE001  # see `pipeline.read_report`
        wrong = make_internal_error(error)
        return UserError(_("at-place", place=report.source, message=wrong.message), wrong.fix)


def _make_lost_result(item: _Item) -> tuple[int, UserError]:
    number, source, _content = item
    return number, make_lost_error(source)


def make_lost_error(source: Source) -> UserError:
    """Return the error for a file, or a set, whose process ended while reading it."""
    name = source if isinstance(source, str) else source.name
    why = _("import-process-gone", name=pipeline.describe_source(name))
    return UserError(why, _("keep-report-only"))
