"""Merge a TOML file with its `base`: the file holds only what differs from the base.

Tables are merged key by key, but for `years`; other values replace those of the base. Lists of tables
(`NATURAL_KEYS`) are merged entry by entry: an entry of the same natural key changes the one of the base, any other is
added at the end; an empty list replaces that of the base. Three keys control this, in any table:

- `remove = ["ask", "below"]`: these keys of the base are removed before the rest is merged. To replace a list,
  remove it and write it again.
- `remove = true`, in an entry of a list: this entry of the base is removed.
- `after = "made"`, in an entry of a list: it is placed right after the entry of that name; after the last one if
  several have that name, and first in the list with `after = ""`. The name is the first part of the natural key.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from nianbao.model.i18n import _

Keys: TypeAlias = tuple[str | int, ...]  # the path from the root of a file to a value; numbers are indexes from 0
Tree: TypeAlias = dict[str, Any]

BASE, REMOVE, AFTER = "base", "remove", "after"
_YEARS = "years"  # a table that is replaced as a whole: an edition that is still in force has no last year
# The lists that are merged, with the natural key of their entries; a heading without an id is found by its label.
NATURAL_KEYS: Mapping[str, tuple[str, ...]] = {
    "sections": ("id",),
    "tables": ("id",),
    "blocks": ("banner",),
    "columns": ("id",),
    "rows": ("id",),
    "below": ("id",),
    "relations": ("rule", "each", "holds", "at", "but"),
    "facts": ("id",),
    "lists": ("id",),
    "groups": ("id",),
    "headings": ("id",),
    "axes": ("id",),
    "codes": ("id",),
    "conditions": ("id",),
    "due": ("author",),
    "pictures": ("id",),
    "expected": ("what", "rule", "section"),
    "pairs": ("what", "section"),
    "claims": ("what", "id"),
    "balances": ("holds",),
    "shares": ("says",),
    "years": ("what", "says"),
    "topics": ("id",),
    "scopes": ("what",),
    "changes": ("says",),
}


class Fault(NamedTuple):
    """A fault of a value in a file, or of its key (`at_key`): the path to it and the message for people."""

    keys: Keys
    message: str
    at_key: bool = False


def find_nearest(word: object, known: Sequence[str]) -> str:
    """Return the known word that is most similar to a word; an empty text if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import, and only needed for mistakes

    return next(iter(get_close_matches(str(word), known, 1)), "")


def suggest(word: object, known: Sequence[str], table: str = "") -> str:
    """Return the question whether the most similar of the known words was meant; an empty text if none is similar.

    `table` is the name of the table that has the known words as keys.
    """
    nearest = find_nearest(word, known)
    return _("did-you-mean", near=join_keys(table, nearest)) if nearest else ""


def join_keys(name: str, key: object) -> str:
    """Join the name of a table and a key with a dot; the table of the whole file has no name."""
    return f"{name}.{key}" if name else str(key)


def merge(tree: Tree, base: Tree, faults: list[Fault], keys: Keys = ()) -> Tree:
    """Return the values of a base with the changes of a file; faults of the changes are appended to `faults`."""
    merged = dict(base)
    removed = tree.get(REMOVE, [])
    for number, key in enumerate(removed if isinstance(removed, list) else [removed]):
        if not isinstance(removed, list) or not isinstance(key, str):
            faults.append(Fault((*keys, REMOVE), _("remove-should-be-keys")))
        elif merged.pop(key, None) is None:
            faults.append(Fault((*keys, REMOVE, number), _("base-lacks-key", key=key) + suggest(key, list(base))))
    for key, value in tree.items():
        base_value, key_path = merged.get(key), (*keys, key)
        if key in {REMOVE, AFTER}:
            continue
        if isinstance(value, dict) and isinstance(base_value, dict) and key != _YEARS:
            merged[key] = merge(value, base_value, faults, key_path)
        elif key in NATURAL_KEYS and _is_list(value) and _is_list(base_value):
            merged[key] = _merge_list(value, base_value, faults, key_path)
        else:
            merged[key] = value
    return merged


def _is_list(value: object) -> TypeGuard[list[Tree]]:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _merge_list(entries: list[Tree], base: list[Tree], faults: list[Fault], keys: Keys) -> list[Tree]:
    name = str(keys[-1])
    merged = list(base)
    seen: list[object] = []
    for number, entry in enumerate(entries):
        entry_keys, natural_key = (*keys, number), _find_natural_key(name, entry)
        positions = [position for position, other in enumerate(merged) if _find_natural_key(name, other) == natural_key]
        if natural_key in seen:
            faults.append(Fault(entry_keys, _("name-written-twice", name=_name_entry(name, entry))))
        elif len(positions) > 1:
            why = _("base-entries-ambiguous", key=name, name=natural_key[0])
            faults.append(Fault(entry_keys, why))
        elif entry.get(REMOVE) is True:
            if not positions:
                names = [_name_entry(name, other) for other in merged]
                why = _("base-lacks-entry", name=_name_entry(name, entry)) + suggest(_name_entry(name, entry), names)
                faults.append(Fault((*entry_keys, REMOVE), why))
            for position in positions:
                del merged[position]
        else:
            _insert(
                merge(entry, merged[positions[0]] if positions else {}, faults, entry_keys),
                entry,
                positions,
                merged,
                faults,
                entry_keys,
            )
        seen.append(natural_key)
    return merged


def _insert(new: Tree, entry: Tree, positions: list[int], merged: list[Tree], faults: list[Fault], keys: Keys) -> None:  # noqa: PLR0913, PLR0917  # all that its position depends on
    """Insert a merged entry: at its old position, after the entry that it names, or at the end."""
    name, after = str(keys[-2]), entry.get(AFTER)
    if after is None and positions:
        merged[positions[0]] = new
        return
    for position in positions:
        del merged[position]
    names = [_name_entry(name, other) for other in merged]
    if after is None:
        merged.append(new)
    elif after in names:
        merged.insert(len(names) - names[::-1].index(after), new)
    else:
        if after != "":
            faults.append(Fault((*keys, AFTER), _("base-lacks-entry", name=after) + suggest(after, names)))
        merged.insert(0, new)


def _find_natural_key(name: str, entry: Tree) -> tuple[object, ...]:
    fields = NATURAL_KEYS[name] if "id" not in NATURAL_KEYS[name] or "id" in entry else ("label",)
    return tuple(entry.get(field, "") for field in fields)


def _name_entry(name: str, entry: Tree) -> str:
    return str(_find_natural_key(name, entry)[0])


def find_origin(trees: Sequence[Tree], merged: Tree, keys: Keys) -> tuple[int, Keys]:
    """Find the file that a merged value comes from: its index in `trees`, and the path to the value in that file.

    Each tree is based on the next. For a value that no file has, it is the file of the table that would hold it.
    """
    nodes: list[tuple[int, Any, Keys]] = [(number, tree, ()) for number, tree in enumerate(trees)]
    value: Any = merged
    for depth, key in enumerate(keys):
        value = _get_item(value, key)
        if value is None:
            return nodes[0][0], (*nodes[0][2], *keys[depth:])
        identity = _identify_entry(str(keys[depth - 1]), value) if depth and isinstance(key, int) else None
        below = [
            (number, node[position], (*path, position))
            for number, node, path in nodes
            for position in _find_positions(node, key, identity)
        ]
        nodes = below
    return nodes[0][0], nodes[0][2]


def _get_item(value: Any, key: str | int) -> Any:  # noqa: ANN401  # any TOML value
    try:
        return value[key]
    except (KeyError, IndexError, TypeError):
        return None


def _identify_entry(name: str, value: object) -> tuple[str, tuple[object, ...]] | None:
    return (name, _find_natural_key(name, value)) if name in NATURAL_KEYS and isinstance(value, dict) else None


def _find_positions(node: object, key: str | int, identity: tuple[str, tuple[object, ...]] | None) -> Iterator[Any]:
    """Find a key in a table or list of one file; an entry of a merged list is found by its natural key."""
    if isinstance(node, list) and identity:
        name, natural_key = identity
        positions = (
            index
            for index, entry in enumerate(node)
            if isinstance(entry, dict) and _find_natural_key(name, entry) == natural_key
        )
        yield from list(positions)[:1]
    elif (isinstance(node, dict) and key in node) or (
        isinstance(node, list) and isinstance(key, int) and key < len(node)
    ):
        yield key
