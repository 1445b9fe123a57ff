"""Published reports brought in, one or thousands, on every core."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial

from nianbao.importer import pipeline
from nianbao.importer.pipeline import ImportedReport, ImportOptions
from nianbao.model.finding import Stop, mistake
from nianbao.model.i18n import _
from nianbao.render import markup
from nianbao.workspace import process_pool
from nianbao.workspace.files import shown
from nianbao.workspace.store import Store


def import_files(
    store: Store, names: Sequence[str], wanted: ImportOptions, jobs: int = 0
) -> Iterator[ImportedReport | Stop]:
    """Bring in many files, in their order; each result, or the `Stop` that says why there is none.

    Of several files for one data file the first is written, and the others are refused, unless they say the same.
    """
    claimed: dict[str, ImportedReport] = {}
    for result in _restore_order(
        process_pool.spread(
            list(enumerate(names)), partial(_read_one, store, wanted), _make_dead_worker_error, jobs, close=markup.close
        )
    ):
        if isinstance(result, Stop):
            yield result
            continue
        first = claimed.setdefault(_normalize_target(result), result)
        if first.text != result.text and not wanted.dry:
            yield _make_conflict_error(first, result)
        else:
            yield _write_one(result, wanted)


def _restore_order(results: Iterator[tuple[int, ImportedReport | Stop]]) -> Iterator[ImportedReport | Stop]:
    """Give results in the order of their numbers, each as soon as those before it are there."""
    waiting: dict[int, ImportedReport | Stop] = {}
    number = 0
    for at, result in results:
        waiting[at] = result
        while number in waiting:
            yield waiting.pop(number)
            number += 1


def _normalize_target(brought: ImportedReport) -> str:
    """Return the data file as a disk that knows no case may see it."""
    return unicodedata.normalize("NFC", os.path.realpath(brought.target)).casefold()


def _make_conflict_error(first: ImportedReport, second: ImportedReport) -> Stop:
    message = _(
        "{second}：和 {first} 是同一机关同一年度的，都要写 {target}，没有导入",
        second=second.source,
        first=first.source,
        target=shown(second.target),
    )
    return Stop(message, _("留下对的一份；不是同一机关的，用 --office 或 --out 分开导入"))


def _read_one(store: Store, wanted: ImportOptions, item: tuple[int, str]) -> tuple[int, ImportedReport | Stop]:
    at, name = item
    try:
        return at, pipeline.read_report(store, name, wanted)
    except Stop as stop:
        return at, Stop(stop.message, stop.fix)  # without what it came from, which may not go to another process


def _write_one(brought: ImportedReport, wanted: ImportOptions) -> ImportedReport | Stop:
    try:
        return pipeline.write_data_file(brought, wanted)
    except Stop as stop:
        return stop
    except Exception as error:  # noqa: BLE001  # see `importing.read`
        wrong = mistake(error)
        return Stop(f"{brought.source}：{wrong.message}", wrong.fix)


def _make_dead_worker_error(item: tuple[int, str]) -> tuple[int, ImportedReport | Stop]:
    at, name = item
    why = _("{name}：读它的进程没有了", name=pipeline.describe_source(name))
    return at, Stop(why, _("多半是内存不够；用原程序打开，只留年报，再导入"))
