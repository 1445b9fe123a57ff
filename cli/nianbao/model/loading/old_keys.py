"""The old name of a key in forms, which is still read: `kind` of facts and headings, now `type`."""

from typing import Any

from nianbao.model.facts import Address, Facts
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import REMOVE, Fault, Keys

OLD, NEW = "kind", "type"


class _RenamedFacts(Facts, frozen=True):
    """A form's file whose tree has the new names of keys; places are found in its text by the old ones too."""

    def _find_node(self, address: Address) -> tuple[dict[str, Any] | None, bool]:
        node, found = super()._find_node(address)
        if found or isinstance(address, str) or not address or address[-1] != NEW:
            return node, found
        return super()._find_node((*address[:-1], OLD))


def rename_old_keys(source: Facts, faults: list[Fault]) -> Facts:
    """Return a form's file with the new names of keys; a fault where an entry has both is appended to `faults`."""
    lists = {name: _rename(source.tree[name], (name,), faults) for name in ("facts", "tables") if name in source.tree}
    return _RenamedFacts(source.file, source.text, source.tree | lists)


def _rename(value: Any, keys: Keys, faults: list[Fault]) -> Any:  # noqa: ANN401  # any TOML value
    if isinstance(value, list):
        return [_rename(item, (*keys, number), faults) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if OLD in value and NEW in value:
        faults.append(Fault((*keys, OLD), _("old-key-beside-new", old=OLD, new=NEW), at_key=True))
    renamed = {NEW if key == OLD else key: _rename(item, (*keys, key), faults) for key, item in value.items()}
    removed = value.get(REMOVE)
    return renamed | ({REMOVE: [NEW if key == OLD else key for key in removed]} if isinstance(removed, list) else {})
