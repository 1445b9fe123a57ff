"""Fields of Word files that consist of several runs, put as Word shows them.

Pandoc 3.9 takes the results of fields within the instructions of another one for words, and drops the fields that Word
draws without a result: the digits of the first were part of figures, the cells of the others blank.
"""

import re
from collections.abc import Collection
from xml.etree import ElementTree as ET

from msgspec import Struct

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_UNKNOWN = "\N{OBJECT REPLACEMENT CHARACTER}"  # what a field shows that has no result
_SILENT = re.compile(r"\s*(?:XE|TC|TA|RD|SET|ASK|PRIVATE|ADVANCE|NEXT)\b")  # fields that show nothing
MAX_LEVELS = 50  # between an element and one around it, and of fields in fields: no person has as many
_WORDS = frozenset(f"{W}{name}" for name in ("t", "tab", "br", "sym", "noBreakHyphen"))

Parents = dict[ET.Element, ET.Element]


class _Field(Struct):
    """A field that has begun: its paragraph, its instruction, and whether its result has begun."""

    paragraph: ET.Element | None
    instruction: str = ""
    has_result: bool = False


def settle_fields(root: ET.Element, parents: Parents) -> bool:
    """Empty what stands in the instructions of fields, and mark those in cells that have no result; tell if any did.

    The marks are added to `parents`.
    """
    changed = False
    open_fields: list[_Field] = []
    ends: list[ET.Element] = []  # the runs behind which a mark is to stand
    for run in list(root.iter(f"{W}r")):
        for part in list(run):
            if part.tag == f"{W}fldChar":
                if _follow(part.get(f"{W}fldCharType", ""), run, open_fields, parents):
                    ends.append(run)
            elif part.tag == f"{W}instrText" and open_fields:
                open_fields[-1].instruction += part.text or ""
            elif part.tag in _WORDS and _is_instruction(run, open_fields, parents):
                run.remove(part)
                changed = True
    _add_marks(ends, parents)
    return changed or bool(ends)


def _is_instruction(run: ET.Element, open_fields: list[_Field], parents: Parents) -> bool:
    """Tell whether a run stands in the instruction of a field, which has to end in the paragraph that it begins in."""
    if all(field.has_result for field in open_fields):
        return False
    paragraph = find_above(run, {f"{W}p"}, parents)
    open_fields[:] = [field for field in open_fields if field.has_result or field.paragraph is paragraph]
    return not all(field.has_result for field in open_fields)


def _follow(sign: str, run: ET.Element, open_fields: list[_Field], parents: Parents) -> bool:
    """Follow a sign of a field; returns whether it ended one in a cell that Word draws without a result."""
    if sign == "begin":
        open_fields.append(_Field(find_above(run, {f"{W}p"}, parents)))
        del open_fields[:-MAX_LEVELS]
    elif sign == "separate" and open_fields:
        open_fields[-1].has_result = True
    elif sign == "end" and open_fields:
        field = open_fields.pop()
        is_shown = not field.has_result and field.instruction.strip() and not _SILENT.match(field.instruction)
        if is_shown and not _is_instruction(run, open_fields, parents):
            return find_above(run, {f"{W}tc"}, parents) is not None
    return False


def _add_marks(ends: Collection[ET.Element], parents: Parents) -> None:
    """Put a mark behind each of some runs."""
    marks: dict[ET.Element, list[ET.Element]] = {}
    for run in ends:
        mark = ET.Element(f"{W}r")
        ET.SubElement(mark, f"{W}t").text = _UNKNOWN
        marks.setdefault(run, []).append(mark)
    for parent in {parents[run]: None for run in marks}:
        parent[:] = [part for child in parent for part in (child, *reversed(marks.get(child, ())))]
    parents.update({mark: parents[run] for run, added in marks.items() for mark in added})


def find_above(element: ET.Element, tags: Collection[str], parents: Parents) -> ET.Element | None:
    """Return the nearest element with one of some tags around another one, if it is not far."""
    above: ET.Element | None = element
    for _level in range(MAX_LEVELS):
        above = parents.get(above) if above is not None else None
        if above is None or above.tag in tags:
            return above
    return None
