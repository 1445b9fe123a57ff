"""Which cells and facts apply to a report: by the conditions of the form, and by what the data says itself."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from nianbao.model.form import Form

_ANY_KEYS = r"[^.]+(?:\.[^.]+)*"  # what `*` stands for


def find_excluded(form: Form, values: Mapping[str, object], patterns: object) -> frozenset[str]:
    """Find the addresses that do not apply; `values` are those of the data, and `patterns` what it excludes itself."""
    broken = {one.id for one in form.conditions if not one.may_hold(values.get(one.fact))}
    found = {address for condition in broken for address in form.conditional.get(condition, ())}
    if isinstance(patterns, list) and (texts := tuple(one for one in patterns if isinstance(one, str))):
        found |= _find_matching(form, texts)
    return frozenset(found)


@lru_cache(maxsize=8)  # what is read back fills the same form a hundred times, with thousands of addresses
def _find_matching(form: Form, patterns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(filter(compile_addresses(patterns).fullmatch, form.value_types))


@cache
def compile_addresses(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Compile addresses in which `*` is one or more keys; a pattern matches all that is below an address, too."""
    parts = (
        r"\.".join(_ANY_KEYS if key == "*" else re.escape(key) for key in pattern.split(".")) for pattern in patterns
    )
    return re.compile(f"(?:{'|'.join(parts)})(?:\\..*)?")


def find_idle_patterns(form: Form, patterns: Iterable[str]) -> list[str]:
    """Find patterns that match no address of a form."""
    return [one for one in patterns if not any(map(compile_addresses((one,)).fullmatch, form.value_types))]
