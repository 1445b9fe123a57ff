"""Find comparisons in templates whose result is the same for every report: with a value that is never there."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal

from jinja2 import nodes

from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import suggest
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.period import parse_period
from nianbao.model.value_types import VALUE_TYPES, ValueType
from nianbao.model.values.faults import check_choice

# Returns why a value is never that of a name, with the nearest one that may be; an empty text where it may be.
_FindFault = Callable[[object], str]
_Loops = dict[str, list[str]]  # the keys of what each name of a loop goes through; of other assigned names no table
_SHOWN = 12  # of the words that a name may have
_WRITTEN = {"eq": "==", "ne": "!=", "in": "in", "notin": "not in"}
_PERIOD_TYPES = {"year": "year", "period_start": "date", "period_end": "date"}
_MISTAKEN_TESTS = ("defined", "undefined", "none")  # for `given`: what the form has is defined in every report


def find_idle_comparisons(tree: nodes.Node, forms: Sequence[Form]) -> Iterator[tuple[nodes.Node, str, str]]:
    """Find comparisons with a value that a name never has in any of the forms, and tests that ask nothing.

    Gives the node, the words by which it is found on its line, and the message.
    """
    forms = [expand_with_samples(form) for form in forms]
    assigned = {name.name: [""] for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    for node, loops in _walk(tree, assigned):
        if isinstance(node, nodes.Test):
            address = ".".join(split_into_keys(node.node))
            if node.name in _MISTAKEN_TESTS and address and all(address in form.value_types for form in forms):
                yield node, address, _("test-asks-nothing", name=address, test=node.name)
            continue
        for sign, keys, value in _list_compared(node):
            judges = [judge for form in forms if (judge := _find_judge(form, keys, loops))]
            whys = [judge(value) for judge in judges]
            if whys and all(whys):
                shown = f'"{value}"' if isinstance(value, str) else str(value)
                why = _("comparison-is-idle", name=".".join(keys), sign=sign, value=shown, why=whys[-1])
                yield node, str(value), why


def split_into_keys(node: nodes.Node) -> list[str]:
    """Return the keys of `a.b.c`; none where it does not begin with a name."""
    if isinstance(node, nodes.Getattr):
        keys = split_into_keys(node.node)
        return [*keys, node.attr] if keys else []
    return [node.name] if isinstance(node, nodes.Name) and node.ctx == "load" else []


def _walk(node: nodes.Node, loops: _Loops) -> Iterator[tuple[nodes.Compare | nodes.Test, _Loops]]:
    """Go through comparisons and tests, each with the names that are assigned around it, and what loops go through."""
    if isinstance(node, nodes.Compare | nodes.Test):
        yield node, loops
    inner = loops
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        inner = loops | {node.target.name: split_into_keys(node.iter)}
    for child in node.iter_child_nodes():
        yield from _walk(child, inner)


def _list_compared(compare: nodes.Compare) -> Iterator[tuple[str, list[str], object]]:
    """List the names that are compared with values, each with the sign and a value."""
    left = compare.expr
    for operand in compare.ops:
        sides = [(left, operand.expr)] if operand.op in _WRITTEN else []
        if operand.op in {"eq", "ne"}:
            sides.append((operand.expr, left))
        left = operand.expr
        for named, written in sides:
            keys = split_into_keys(named)
            with suppress(nodes.Impossible):
                value = written.as_const() if keys else []
                for one in value if isinstance(value, list | tuple) else [value]:
                    yield _WRITTEN[operand.op], keys, Decimal(str(one)) if isinstance(one, float) else one


def _find_judge(form: Form, keys: list[str], loops: _Loops) -> _FindFault | None:
    """Find what says which values a name has in a form; None where the form has no such name, or nobody can tell."""
    if keys[0] in loops:
        return _find_judge_of_loop(form, loops[keys[0]], keys[1:])
    if keys[0] == "form":
        known = {"edition": form.edition, "name": form.name, "document": form.document}
        return _judge_words([known[keys[1]]]) if len(keys) > 1 and keys[1] in known else None
    address = ".".join(keys)
    if address == "period":
        return lambda value: _judge_period(form, value)
    value_type = VALUE_TYPES[_PERIOD_TYPES[address]] if address in _PERIOD_TYPES else form.value_types.get(address)
    pattern = next((fact.pattern for fact in form.facts if fact.id == address), "")
    return (lambda value: _judge_value(value_type, pattern, value)) if value_type else None


def _find_judge_of_loop(form: Form, gone_through: list[str], keys: list[str]) -> _FindFault | None:
    if gone_through == ["sections"] and keys == ["id"]:
        return _judge_words([section.id for section in form.sections])
    table = next((table for table in form.tables if gone_through[:-1] == ["tables", table.id]), None)
    if table is None or gone_through[-1] not in {"rows", "columns"}:
        return None
    if keys == ["id"]:  # of open rows the data says the ids
        ids = [slot.row if gone_through[-1] == "rows" else slot.column for slot in table.slots]
        return None if table.open_rows else _judge_words(list(dict.fromkeys(ids)))
    types = [slot.value_type for slot in table.slots if gone_through[-1] == "rows" and slot.column == ".".join(keys)]
    return (lambda value: _judge_types(types, value)) if types else None


def _judge_words(words: Sequence[str]) -> _FindFault:
    def judge(value: object) -> str:
        if value in words:
            return ""
        return (check_choice(value, words) if len(words) <= _SHOWN else "") + suggest(value, words)

    return judge


def _judge_period(form: Form, value: object) -> str:
    period = parse_period(value) if isinstance(value, str) else None
    return "" if period and form.calendar.has(period) else _("should-be-a-period")


def _judge_types(types: Sequence[ValueType], value: object) -> str:
    whys = [_judge_value(one, "", value) for one in types]
    return whys[0] if all(whys) else ""


def _judge_value(value_type: ValueType, pattern: str, value: object) -> str:
    if value is None or value == "":
        return _("left-out-is-not-given")
    why = value_type.find_fault(value)
    if not why and pattern and not re.fullmatch(pattern, str(value)):
        why = _("text-not-like-pattern", label=value, pattern=pattern)
    return why and why + suggest(value, value_type.choices)
