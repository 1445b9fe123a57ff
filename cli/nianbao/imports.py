"""Published reports brought in, one or thousands, on every core."""

from collections.abc import Iterator, Sequence
from functools import partial

from nianbao import batch, importing
from nianbao.finding import Stop
from nianbao.importing import Imported, Wanted
from nianbao.language import _
from nianbao.store import Store


def bring_all(store: Store, names: Sequence[str], wanted: Wanted, jobs: int = 0) -> Iterator[Imported | Stop]:
    """Bring in many files; each as it is done, in no order, or the `Stop` that says why it could not be."""
    for result in batch.spread(names, partial(_brought, store, wanted), _unread, jobs):
        try:
            yield result if isinstance(result, Stop) else importing.keep(result, wanted)
        except Stop as stop:
            yield stop


def _brought(store: Store, wanted: Wanted, name: str) -> Imported | Stop:
    try:
        return importing.read(store, name, wanted)
    except Stop as stop:
        return Stop(stop.message, stop.fix)
    except RecursionError:
        return Stop(_("{name}：嵌套太深，读不下去", name=name), _("用原程序打开，另存一份再导入"))


def _unread(name: str) -> Stop:
    return Stop(_("{name}：读它的进程没有了", name=name), _("多半是内存不够；用原程序打开，只留年报，再导入"))
