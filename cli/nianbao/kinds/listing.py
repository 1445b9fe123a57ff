"""What kinds there are, and where each is from."""

from msgspec import Struct

from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.kind import Kind
from nianbao.workspace.origins.sources import describe_origin
from nianbao.workspace.store import Store


class ListedKind(Struct, frozen=True):
    """A kind as it is listed: with the first error of one that cannot be used."""

    id: str
    origin: str
    settings: Kind | None
    editions: tuple[str, ...] = ()
    error: str = ""


def list_kinds(store: Store) -> list[ListedKind]:
    """List every kind that is found; a broken one does not keep the others from being listed."""
    return [_list_kind(store, id_) for id_ in store.list_kinds()]


def _list_kind(store: Store, id_: str) -> ListedKind:
    kind = store.find_kind(id_)
    origin, settings, editions = describe_origin(kind.origin), None, tuple(sorted(kind.editions()))
    try:
        settings = kind.settings
        for edition in editions:
            kind.edition(edition)
    except UserError as error:
        return ListedKind(id_, origin, settings, editions, error.message.split("\n")[0])
    except Exception as error:  # noqa: BLE001  # any bug that a kind triggers; the others are listed
        return ListedKind(id_, origin, settings, editions, make_internal_error(error).message)
    return ListedKind(id_, origin, settings, editions)
