"""Published reports brought in, one or thousands, on every core."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial

from nianbao.importer import pipeline
from nianbao.importer.pipeline import Imported, Wanted
from nianbao.model.finding import Stop, mistake
from nianbao.model.i18n import _
from nianbao.render import markup
from nianbao.workspace import process_pool
from nianbao.workspace.files import shown
from nianbao.workspace.store import Store


def bring_all(store: Store, names: Sequence[str], wanted: Wanted, jobs: int = 0) -> Iterator[Imported | Stop]:
    """Bring in many files, in their order; each result, or the `Stop` that says why there is none.

    Of several files for one data file the first is written, and the others are refused, unless they say the same.
    """
    claimed: dict[str, Imported] = {}
    for result in _ordered(
        process_pool.spread(
            list(enumerate(names)), partial(_brought, store, wanted), _unread, jobs, close=markup.close_pandoc
        )
    ):
        if isinstance(result, Stop):
            yield result
            continue
        first = claimed.setdefault(_key(result), result)
        if first.text != result.text and not wanted.dry:
            yield _twice(first, result)
        else:
            yield _kept(result, wanted)


def _ordered(results: Iterator[tuple[int, Imported | Stop]]) -> Iterator[Imported | Stop]:
    """Give results in the order of their numbers, each as soon as those before it are there."""
    waiting: dict[int, Imported | Stop] = {}
    number = 0
    for at, result in results:
        waiting[at] = result
        while number in waiting:
            yield waiting.pop(number)
            number += 1


def _key(brought: Imported) -> str:
    """Return the data file as a disk that knows no case may see it."""
    return unicodedata.normalize("NFC", os.path.realpath(brought.target)).casefold()


def _twice(first: Imported, second: Imported) -> Stop:
    message = _(
        "{second}：和 {first} 是同一机关同一年度的，都要写 {target}，没有导入",
        second=second.source,
        first=first.source,
        target=shown(second.target),
    )
    return Stop(message, _("留下对的一份；不是同一机关的，用 --office 或 --out 分开导入"))


def _brought(store: Store, wanted: Wanted, item: tuple[int, str]) -> tuple[int, Imported | Stop]:
    at, name = item
    try:
        return at, pipeline.read(store, name, wanted)
    except Stop as stop:
        return at, Stop(stop.message, stop.fix)  # without what it came from, which may not go to another process


def _kept(brought: Imported, wanted: Wanted) -> Imported | Stop:
    try:
        return pipeline.keep(brought, wanted)
    except Stop as stop:
        return stop
    except Exception as error:  # noqa: BLE001  # see `importing.read`
        wrong = mistake(error)
        return Stop(f"{brought.source}：{wrong.message}", wrong.fix)


def _unread(item: tuple[int, str]) -> tuple[int, Imported | Stop]:
    at, name = item
    why = _("{name}：读它的进程没有了", name=pipeline.title(name))
    return at, Stop(why, _("多半是内存不够；用原程序打开，只留年报，再导入"))
