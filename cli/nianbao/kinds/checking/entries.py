"""Find what an edition says in vain: an entry that is right by itself has no effect, or not the one that was meant."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.loading.loader import merge_sources
from nianbao.model.value_types import VALUE_TYPES
from nianbao.workspace.kinds import KindFolder

_Tree = Mapping[str, Any]
_NUMBERS = frozenset(
    {name for name, known in VALUE_TYPES.items() if known.is_number} | {"decimal", "percent", "currency"}
)
_ADDED_UP = frozenset({name for name, known in VALUE_TYPES.items() if known.adds_up} | {"decimal", "currency"})
_PLACED = frozenset({"decimal", "percent", "currency"})
_TEXTS = frozenset({"text", "url", "choice", "duration", "period"})
# By key: the types of value for which it says something.
_TYPES_OF_KEYS: Mapping[str, frozenset[str]] = {
    "choices": frozenset({"choice"}),
    "currency": frozenset({"currency"}),
    "places": _PLACED,
    "least": _PLACED,
    "most": _PLACED,
    "pattern": _TEXTS,
    "max_length": _TEXTS,
}


def find_idle_entries(kind: KindFolder, form: Form) -> Iterator[Fault]:
    """Find faults of an edition, by the tree of its file and those that it is based on."""
    tree = merge_sources(kind.read_edition_files(form.edition))
    for number, fact in enumerate(tree.get("facts", ())):
        yield from _find_type_faults(fact, ("facts", number), {_read_type(fact) or "count"})
    for keys, headings, others in _list_trees(tree):
        yield from _find_heading_faults(headings, keys, "", _list_types(others))
    yield from _find_due_faults(tree.get("due", ()))
    yield from _find_carry_faults(form)
    yield from _find_section_faults(form)
    yield from _find_claim_faults(tree)


def _list_trees(tree: _Tree) -> Iterator[tuple[Keys, Sequence[_Tree], Sequence[_Tree]]]:
    """List the trees of headings, each with the headings of the other direction."""
    for number, table in enumerate(tree.get("tables", ())):
        for at, block in enumerate(table.get("blocks", ())):
            rows, columns = block.get("rows", ()), block.get("columns", ())
            yield ("tables", number, "blocks", at, "columns"), columns, rows
            yield ("tables", number, "blocks", at, "rows"), rows, columns
    for number, one in enumerate(tree.get("lists", ())):
        yield ("lists", number, "columns"), one["columns"], ()


def _read_type(entry: _Tree) -> str:
    return str(entry.get("type") or entry.get("kind") or "")


def _list_types(headings: Iterable[_Tree], above: str = "") -> set[str]:
    """List the types of the lines of headings; "" for a line that says none, "*" where a group may say one."""
    found: set[str] = set()
    for heading in headings:
        own = _read_type(heading) or above
        if heading.get("group"):
            found.add("*")
        found |= _list_types(heading["below"], own) if heading.get("below") else {own}
    return found


def _find_heading_faults(headings: Sequence[_Tree], keys: Keys, above: str, others: set[str]) -> Iterator[Fault]:
    for number, heading in enumerate(headings):
        own, own_keys = _read_type(heading) or above, (*keys, number)
        types = _list_types([heading], above)
        if "" in types:  # the other direction says it, else it is a count
            types = (types - {""}) | {name or "count" for name in others} | ({"count"} if not others else set())
        if "*" not in types:
            yield from _find_type_faults(heading, own_keys, types)
        label = heading.get("label", "")
        if label and not label.strip():
            yield Fault((*own_keys, "label"), _("label-is-blank"))
        if "{{" in label or "{%" in label:
            yield Fault((*own_keys, "label"), _("label-is-no-template"))
        yield from _find_heading_faults(heading.get("below", ()), (*own_keys, "below"), own, others)


def _find_type_faults(entry: _Tree, keys: Keys, types: set[str]) -> Iterator[Fault]:
    """Find keys of a fact or heading that say nothing of values of its types, and what cannot be a value of any."""
    for key, known in _TYPES_OF_KEYS.items():
        if key in entry and types.isdisjoint(known):
            names = {"type": join_words(sorted(types)), "known": join_words(sorted(known))}
            yield Fault((*keys, key), _("key-says-nothing-of-type", key=key, **names), at_key=True)
    rollup = str(entry.get("rollup", "none"))
    known = _ADDED_UP if rollup == "sum" else _NUMBERS
    if rollup != "none" and types.isdisjoint(known):
        names = {"type": join_words(sorted(types)), "known": join_words(sorted(known))}
        yield Fault((*keys, "rollup"), _("values-are-not-rolled-up", rollup=rollup, **names))
    choices = entry.get("choices", ())
    for number, choice in enumerate(choices):
        if choice in choices[:number]:
            yield Fault((*keys, "choices", number), _("name-written-twice", name=choice))
    if "least" in entry and "most" in entry and entry["most"] < entry["least"]:
        yield Fault((*keys, "most"), _("most-below-least-value", least=entry["least"], most=entry["most"]))


def _find_due_faults(dues: Sequence[_Tree]) -> Iterator[Fault]:
    """Find due dates that say when in two ways, or only half of it."""
    for number, due in enumerate(dues):
        ways = [key for key in ("month", "days", "months") if key in due or (key == "month" and "day" in due)]
        if len(ways) > 1:
            yield Fault(("due", number, ways[1]), _("due-in-two-ways", first=ways[0], second=ways[1]), at_key=True)
        elif "month" in due and "day" not in due:
            yield Fault(("due", number, "month"), _("due-month-needs-day"), at_key=True)
        elif "day" in due and "month" not in due:
            yield Fault(("due", number, "day"), _("due-day-needs-month"), at_key=True)


def _find_carry_faults(form: Form) -> Iterator[Fault]:
    """Find rows and facts that carry over into themselves, or into those of other types."""
    for target, source in form.carries.items():
        keys: Keys = ("carries", target)
        if target == source and target not in form.value_types:
            yield Fault(keys, _("row-carries-into-itself", row=target))
        into, out_of = _list_cells(form, target), _list_cells(form, source)
        shared = into.keys() & out_of.keys()
        if not shared:
            yield Fault(keys, _("carried-rows-differ", target=target, source=source))
        for column in sorted(shared):
            if into[column] != out_of[column]:
                types = {"target": target, "source": source, "type": into[column], "other": out_of[column]}
                yield Fault(keys, _("carried-types-differ", **types))
                break


def _list_cells(form: Form, row: str) -> dict[str, str]:
    """Return the types of the cells of a row by column; those of a fact under an empty text."""
    if row in form.value_types:
        return {"": form.value_types[row].name}
    return {
        address.removeprefix(f"{row}."): known.name
        for address, known in form.value_types.items()
        if address.startswith(f"{row}.")
    }


def _find_section_faults(form: Form) -> Iterator[Fault]:
    """Find tables that two sections print under the same condition, and landscape sections without a table."""
    seen: Counter[tuple[str, str]] = Counter()
    for number, section in enumerate(form.sections):
        key = (section.table, section.when)
        if section.table and seen[key]:
            yield Fault(("sections", number, "table"), _("table-in-two-sections", table=section.table))
        seen[key] += 1
        if section.landscape and not (section.table or section.text):
            yield Fault(("sections", number, "landscape"), _("landscape-without-table"), at_key=True)


def _find_claim_faults(tree: _Tree) -> Iterator[Fault]:
    """Find claims of the same id, and phrases without a number."""
    claims = tree.get("vocabulary", {}).get("claims", ())
    seen: set[tuple[str, str]] = set()  # several may state a figure in words of their own
    for number, claim in enumerate(claims):
        keys: Keys = ("vocabulary", "claims", number)
        key = (claim["id"], claim["what"])
        if key in seen:
            yield Fault((*keys, "id"), _("name-written-twice", name=claim["id"]))
        seen.add(key)
        for at, phrase in enumerate(claim["says"]):
            if "#" not in phrase and "<" not in phrase:  # a term may have it
                yield Fault((*keys, "says", at), _("claim-without-number"))
