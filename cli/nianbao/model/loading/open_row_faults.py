"""Find what is wrong with the groups, axes, conditions, lists and open rows of a form file."""

import re
from collections.abc import Iterator, Sequence

from nianbao.model.i18n import _
from nianbao.model.loading.form_file import FormFile
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.open_rows.axes import Axis
from nianbao.model.open_rows.groups import find_group_faults, list_headings
from nianbao.model.tables.headings import ENTRY, Heading

_HeadingsOfTables = list[tuple[Keys, Sequence[Heading]]]


def find_open_row_faults(file: FormFile) -> Iterator[Fault]:
    """Find the faults that must be mended before the form can be made."""
    tables = list_headings_of_tables(file)
    yield from find_group_faults(file.groups, tables)
    for number, axis in enumerate(file.axes):
        yield from _find_axis_faults(axis, ("axes", number, "codes"))
    groups: _HeadingsOfTables = [
        (("groups", number, "headings"), one.headings) for number, one in enumerate(file.groups)
    ]
    axes, conditions = [axis.id for axis in file.axes], [one.id for one in file.conditions]
    for start, headings in (*tables, *groups):
        for keys, heading in list_headings(start, headings):
            yield from _find_heading_faults(heading, keys, axes, conditions)
    facts = [fact.id for fact in file.facts]
    for number, condition in enumerate(file.conditions):
        if condition.fact not in facts:
            why = _("no-such-address", path=condition.fact) + suggest(condition.fact, facts)
            yield Fault(("conditions", number, "fact"), why)
    for number, section in enumerate(file.sections):
        yield from _find_condition_faults(section.when, ("sections", number), conditions)
    for number, fact in enumerate(file.facts):
        yield from _find_condition_faults(fact.when, ("facts", number), conditions)
        yield from _find_pattern_faults(fact.pattern, ("facts", number))
    yield from _find_list_faults(file)


def list_headings_of_tables(file: FormFile) -> _HeadingsOfTables:
    """List the trees of headings of all tables and lists, each with its path in the file."""
    found: _HeadingsOfTables = [
        (("tables", number, "blocks", at, name), headings)
        for number, table in enumerate(file.tables)
        for at, block in enumerate(table.blocks)
        for name, headings in (("rows", block.rows), ("columns", block.columns))
    ]
    return [*found, *((("lists", number, "columns"), one.columns) for number, one in enumerate(file.lists))]


def _find_axis_faults(axis: Axis, keys: Keys) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, code in enumerate(axis.codes):
        for name in (code.id, *code.aliases):
            if name in seen:
                yield Fault((*keys, number), _("name-written-twice", name=name))
            seen.add(name)


def _find_heading_faults(
    heading: Heading, keys: Keys, axes: Sequence[str], conditions: Sequence[str]
) -> Iterator[Fault]:
    yield from _find_condition_faults(heading.when, keys, conditions)
    yield from _find_pattern_faults(heading.pattern, keys)
    if heading.each and heading.each not in {ENTRY, *axes}:
        why = _("no-such-axis", axis=heading.each, entry=ENTRY) + suggest(heading.each, [ENTRY, *axes])
        yield Fault((*keys, "each"), why)
    if heading.each == ENTRY and "columns" in keys:
        yield Fault((*keys, "each"), _("entries-are-no-columns", entry=ENTRY))
    if heading.named_by and heading.each != ENTRY:
        yield Fault((*keys, "named_by"), _("only-entries-are-named", entry=ENTRY))


def _find_condition_faults(condition: str, keys: Keys, known: Sequence[str]) -> Iterator[Fault]:
    if condition and condition not in known:
        yield Fault((*keys, "when"), _("no-such-condition", condition=condition) + suggest(condition, known))


def _find_pattern_faults(pattern: str, keys: Keys) -> Iterator[Fault]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield Fault((*keys, "pattern"), _("not-regular-expression", text=pattern, error=error))


def _find_list_faults(file: FormFile) -> Iterator[Fault]:
    for number, one in enumerate(file.lists):
        columns = [heading.id for heading in one.columns]
        for key in ("key", "sort"):
            for at, column in enumerate(getattr(one, key)):
                if column not in columns:
                    yield Fault(("lists", number, key, at), _("no-such-column", name=column) + suggest(column, columns))
        if one.at_most is not None and one.at_most < one.at_least:
            yield Fault(("lists", number, "at_most"), _("most-below-least"))
