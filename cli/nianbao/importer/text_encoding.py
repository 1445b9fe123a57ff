"""The encoding of a text that declares none: GB18030 or Big5, by which of them gives more labels of the forms."""

from collections.abc import Iterator
from contextlib import suppress

from nianbao.importer.readers.sniff import Sample
from nianbao.importer.readers.texts import find_charset
from nianbao.importer.recognition.labels import normalize
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.workspace.store import Store

_BIG5 = "big5hkscs"
_MIN_LENGTH = 4  # characters of a label; shorter ones may stand in any text
_MAX_BYTES = 2 * 2**20  # of such a text; converting more takes long


def decode_big5(content: bytes, store: Store, kind: str = "") -> bytes:
    """Return a text as UTF-8 where it says nothing of its encoding and is Big5; anything else as it is."""
    if len(content) > _MAX_BYTES or not Sample(content, "").is_text or find_charset(content):
        return content
    gb18030, big5 = _decode(content, "gb18030"), _decode(content, _BIG5)
    if not gb18030 or not big5 or _decode(content, "utf-8"):
        return content
    for form in _list_forms(store, kind):
        reading = form.kind.signs
        rows = [layout.all_row_labels for layout in list_layouts([form])]
        labels = {label.core for labels in rows for label in labels if len(label.core) >= _MIN_LENGTH}
        likeness = [sum(label in normalize(text, reading) for label in labels) for text in (gb18030, big5)]
        if any(likeness):
            return big5.encode() if likeness[1] > likeness[0] else content
    return content


def _list_forms(store: Store, kind: str) -> Iterator[Form]:
    """Yield the newest edition of each kind that can be recognized, or of the one asked for; the default one first."""
    for one in [kind] if kind else sorted(store.list_kinds(), key=lambda one: (one != store.default_kind, one)):
        with suppress(UserError):  # of a kind that cannot be read
            of_kind = store.of_kind(one).kind
            if of_kind.settings.reading is not None and (editions := of_kind.editions()):
                yield of_kind.edition(max(editions))


def _decode(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return ""
