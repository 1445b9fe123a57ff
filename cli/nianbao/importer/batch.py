"""The import of published reports, one or thousands, on every core."""

import gc
import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from nianbao.importer import pipeline, published_sets
from nianbao.importer.file_sets.sources import SetSource
from nianbao.importer.pipeline import ImportedReport, ImportOptions
from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import _
from nianbao.render import markup
from nianbao.workspace.files import display_path, is_larger
from nianbao.workspace.processes import pool
from nianbao.workspace.store import Store

_USUAL_BYTES = 2 * 2**20  # of a published file; a typical one has a quarter
_Source = str | SetSource  # a file by its name, or the files of a set
# The number of a source, and what it holds where that was read before.
_Item = tuple[int, _Source, bytes | None]


def import_files(
    store: Store, sources: Sequence[_Source], options: ImportOptions, jobs: int = 0
) -> Iterator[ImportedReport | UserError]:
    """Import many files and sets of files, in their order; give each result, or the `UserError` why there is none.

    `jobs` is the number of processes, 0 for one on each core. Of several files for one data file the first is
    written, and the others are refused, unless they say the same.
    """
    items = [(number, source, _read_piped(source)) for number, source in enumerate(sources)]
    work = partial(_read_one, store, options)
    # Libraries that read files are native code in part: a process of their own, which costs 30 ms, keeps a crash apart.
    isolated = any(is_larger(Path(name), _USUAL_BYTES) for name in sources if isinstance(name, str))
    read = pool.run_all(items, work, _make_lost_result, jobs, close=markup.close_pandoc, isolated=isolated)
    first_of: dict[str, ImportedReport] = {}  # by the data file
    for result in _restore_order(read):
        if isinstance(result, UserError):
            yield result
            continue
        first = first_of.setdefault(_normalize_target(result), result)
        if first.text != result.text and not options.dry_run:
            yield _make_conflict_error(first, result)
        else:
            yield _write_one(result, options)


def _restore_order(results: Iterator[tuple[int, ImportedReport | UserError]]) -> Iterator[ImportedReport | UserError]:
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


def _make_conflict_error(first: ImportedReport, second: ImportedReport) -> UserError:
    message = _(
        "same-target-not-imported", second=second.source, first=first.source, target=display_path(second.target)
    )
    return UserError(message, _("keep-one-or-separate"))


def _read_piped(source: _Source) -> bytes | None:
    """Read standard input where that is the file: other processes have none."""
    return pipeline.read_standard_input() if source == pipeline.STDIN else None


def _read_one(store: Store, options: ImportOptions, item: _Item) -> tuple[int, ImportedReport | UserError]:
    """Read a file in a worker process; returns its number and the report, or the error."""
    number, source, content = item
    try:
        if isinstance(source, SetSource):
            return number, published_sets.read_set(store, source, options)
        return number, pipeline.read_report(store, source, options, content)
    except UserError as cause:
        error = UserError(cause.message, cause.fix)  # without its cause, which may not be sent to another process
    gc.collect()  # a broken file may leave gigabytes in cycles, and the next one needs them
    return number, error


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


def make_lost_error(source: _Source) -> UserError:
    """Return the error for a file, or a set, whose process ended while reading it."""
    name = source.name if isinstance(source, SetSource) else source
    why = _("import-process-gone", name=pipeline.describe_source(name))
    return UserError(why, _("keep-report-only"))
