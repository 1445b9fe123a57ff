"""Fields of Word files that consist of several runs, put as Word shows them.

Pandoc 3.9 takes the results of fields within the instructions of another one for words, and drops the fields that Word
draws without a result: the digits of the first were part of figures, the cells of the others blank.
"""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from msgspec import Struct

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_UNKNOWN = "\N{OBJECT REPLACEMENT CHARACTER}"  # what a field shows that has no result
_SILENT = re.compile(r"\s*(?:XE|TC|TA|RD|SET|ASK|PRIVATE|ADVANCE|NEXT)\b")  # fields that show nothing
_MAX_LEVELS = 50  # between a run and the cell that it stands in
_WORDS = frozenset(f"{_W}{name}" for name in ("t", "tab", "br", "sym", "noBreakHyphen"))


class _Field(Struct):
    """A field that has begun: its paragraph, its instruction, and whether its result has begun."""

    paragraph: ET.Element | None
    instruction: str = ""
    has_result: bool = False


def settle_fields(root: ET.Element, parents: Mapping[ET.Element, ET.Element]) -> bool:
    """Empty what stands in the instructions of fields, and mark those in cells that have no result; tell if any did."""
    changed = False
    open_fields: list[_Field] = []
    for run in list(root.iter(f"{_W}r")):
        for part in list(run):
            if part.tag == f"{_W}fldChar":
                changed |= _follow(part.get(f"{_W}fldCharType", ""), run, open_fields, parents)
            elif part.tag == f"{_W}instrText" and open_fields:
                open_fields[-1].instruction += part.text or ""
            elif part.tag in _WORDS and _is_instruction(run, open_fields, parents):
                run.remove(part)
                changed = True
    return changed


def _is_instruction(run: ET.Element, open_fields: list[_Field], parents: Mapping[ET.Element, ET.Element]) -> bool:
    """Tell whether a run stands in the instruction of a field, which has to end in the paragraph that it begins in."""
    if all(field.has_result for field in open_fields):
        return False
    paragraph = _find_above(run, "p", parents)
    open_fields[:] = [field for field in open_fields if field.has_result or field.paragraph is paragraph]
    return not all(field.has_result for field in open_fields)


def _follow(mark: str, run: ET.Element, open_fields: list[_Field], parents: Mapping[ET.Element, ET.Element]) -> bool:
    """Follow a mark of a field; returns whether it ended one that Word draws, which then has a sign in its place."""
    if mark == "begin":
        open_fields.append(_Field(_find_above(run, "p", parents)))
    elif mark == "separate" and open_fields:
        open_fields[-1].has_result = True
    elif mark == "end" and open_fields:
        field = open_fields.pop()
        is_shown = not field.has_result and field.instruction.strip() and not _SILENT.match(field.instruction)
        if is_shown and not _is_instruction(run, open_fields, parents) and _find_above(run, "tc", parents) is not None:
            sign = ET.Element(f"{_W}r")
            ET.SubElement(sign, f"{_W}t").text = _UNKNOWN
            parents[run].insert(list(parents[run]).index(run) + 1, sign)
            return True
    return False


def _find_above(element: ET.Element, name: str, parents: Mapping[ET.Element, ET.Element]) -> ET.Element | None:
    above: ET.Element | None = element
    for _level in range(_MAX_LEVELS):
        above = parents.get(above) if above is not None else None
        if above is None or above.tag == f"{_W}{name}":
            return above
    return None
