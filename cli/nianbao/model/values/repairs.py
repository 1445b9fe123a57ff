"""What a person meant by a value that is not of the value type of its address: a number or a day in quotes, a sign."""

import re
from decimal import Decimal
from typing import NamedTuple

import toml_rs

from nianbao.model.finding import Place
from nianbao.model.value_types import ValueType

_QUOTED = re.compile(r"\"([^\"\\\n]*)\"|'([^'\n]*)'")
_WHOLE = re.compile(r"([+-]?\d+)\.0+", re.ASCII)
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?", re.ASCII)
_NEGATIVE = re.compile(r"[-\u2212]\s*([1-9][\d_]*(?:\.\d+)?)", re.ASCII)
_LIST_HEADER = re.compile(r"(\s*)\[\[([^\[\]\n]+)\]\]")
_BARE = re.compile(r"[+-]?\d[\d.:T Z-]*", re.ASCII)


class Repair(NamedTuple):
    """What a value should be as it is written in TOML; `certain` where there is no other reading.

    One that `drops_sign` is right only if the other figures of the report say so.
    """

    after: str
    certain: bool
    drops_sign: bool = False


def repair_value(raw: str, value_type: ValueType) -> Repair | None:
    """Repair a value as it is written in TOML; None where nobody can tell what was meant."""
    return next((found for found in _list_repairs(raw) if _is_of_type(found.after, value_type)), None)


def mend_header(place: Place) -> str:
    """Return the header of one table for a line that is the header of a list of tables; else an empty text."""
    header = _LIST_HEADER.match(place.source)
    return f"{header[1]}[{header[2]}]{place.source[header.end() :]}" if header else ""


def _list_repairs(raw: str) -> list[Repair]:
    match = _QUOTED.fullmatch(raw)
    if not match:
        whole, day, negative = _WHOLE.fullmatch(raw), _DAY.fullmatch(raw), _NEGATIVE.fullmatch(raw)
        found = [Repair(whole[1], certain=True)] if whole else []
        found += [Repair(negative[1], certain=False, drops_sign=True)] if negative else []
        found += [Repair(f"{day[1]}-{day[2]}-{day[3]}", certain=False)] if day else []
        return [*found, Repair(f'"{raw}"', certain=True)] if _BARE.fullmatch(raw) else found
    from nianbao.model.parsing.scalars import read_value  # noqa: PLC0415  # slow to import, and few files have such values
    from nianbao.model.parsing.signs import fold  # noqa: PLC0415  # see above

    inner = fold(match[1] or match[2] or "").strip()
    reading = read_value(inner, inner, in_row=True) if inner else None
    found = [Repair(f"[{raw}]", certain=True)]
    if not inner or (reading and reading.after is None):
        return found
    after = reading.after if reading and reading.after else inner
    return [Repair(after, certain=reading.certain if reading else True), *found]


def _is_of_type(raw: str, value_type: ValueType) -> bool:
    try:
        value = toml_rs.loads(f"x = {raw}", parse_float=Decimal)["x"]
    except toml_rs.TOMLDecodeError:
        return False
    return not value_type.find_fault(value)
