"""Find data files that no report is made of: those of a kind that is gone, or of a period that their kind has not."""

from collections.abc import Iterator

from nianbao.model.finding import UserError
from nianbao.model.offices import REGISTER_FILE
from nianbao.workspace.store import Store

_DEPTH = 2  # of folders below `data/`: an office and a kind


def find_unread_files(store: Store) -> Iterator[UserError]:
    """Yield why each file of TOML below `data/` is not read; the mistakes of a kind only once."""
    told: set[str] = set()
    for parts, name in _list_files(store):
        try:
            store.locate(parts, name)
        except UserError as error:
            if error.message not in told:
                told.add(error.message)
                yield error


def _list_files(store: Store, parts: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """List the files of TOML of offices and of their kinds, each with the folders between `data` and it."""
    for name in sorted(store.folder.names("/".join(("data", *parts)))):
        if name.endswith(".toml"):
            if parts or name != REGISTER_FILE:
                yield parts, name
        elif len(parts) < _DEPTH and not name.startswith("."):
            yield from _list_files(store, (*parts, name))
