"""The files of the pages on kinds: Markdown, with pictures of the examples beside it."""

from nianbao.kinds.docs import describe_all, describe_kind
from nianbao.kinds.listing import list_kinds
from nianbao.kinds.pictures import draw_first_page
from nianbao.workspace.origins.sources import describe_origin
from nianbao.workspace.store import Store


def make_page(store: Store, id_: str, name: str = "") -> dict[str, bytes]:
    """Make the page on a kind, and with the name of its file the picture beside it; the page is the first."""
    of_kind = store.of_kind(store.find_kind(id_).id)
    picture = draw_first_page(of_kind, of_kind.kind) if name else b""
    file = f"{id_}.png" if picture else ""
    page = describe_kind(of_kind.kind, describe_origin(of_kind.kind.origin), file)
    return {name or f"{id_}.md": page.encode()} | ({file: picture} if file else {})


def make_gallery(store: Store, name: str) -> dict[str, bytes]:
    """Make the page of all kinds with the name of its file, and those on each of them; the first is the gallery."""
    files: dict[str, bytes] = {}
    entries = []
    for listed in list_kinds(store):
        page = "" if listed.error else f"{listed.id}.md"
        made = make_page(store, listed.id, page) if page else {}
        entries.append((listed, page, next((file for file in made if file.endswith(".png")), "")))
        files |= made
    return {name: describe_all(entries).encode()} | files
