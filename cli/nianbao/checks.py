"""Reports checked, one or thousands, on every core."""

from collections.abc import Iterator, Sequence
from functools import partial

from nianbao import batch, make
from nianbao.choice import Choice
from nianbao.finding import Stop, mistake
from nianbao.language import _
from nianbao.make import Checked, Failed
from nianbao.selection import Asked
from nianbao.store import Store

_store: Store | None = None


def check_all(store: Store, asked: Sequence[Asked], choice: Choice, jobs: int = 0) -> Iterator[Checked | Failed]:
    """Check reports; each as it is done, in no order, without the report itself, or why it could not be checked."""
    items = [(one.office, year) for one, year in asked]
    return batch.spread(items, partial(_checked, choice), _lost, jobs, partial(_open, store))


def _open(store: Store) -> None:
    global _store  # noqa: PLW0603  # a process checks reports of one folder, and keeps what it read of its templates
    _store = store


def _checked(choice: Choice, item: tuple[str, int]) -> Checked | Failed:
    assert _store is not None  # noqa: S101  # it was opened when the process began
    office, year = item
    try:
        return make.check(_store.of_office(office), year, choice).told()
    except Stop as stop:
        return Failed(office, year, stop)
    except Exception as error:  # noqa: BLE001  # our own mistake with one report must not stop the others
        return Failed(office, year, mistake(error))


def _lost(item: tuple[str, int]) -> Failed:
    return Failed(*item, Stop(_("核对这份报告的进程没有了"), _("多半是内存不够；用 --jobs 1 单独再做一次")))
