"""Load a form from its file: types define what the file may hold, and contradictions in it are found."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from graphlib import CycleError
from typing import TypeAlias

from nianbao.model.facts import Facts
from nianbao.model.finding import Level
from nianbao.model.form import Fact, Form, Section, list_above
from nianbao.model.i18n import _
from nianbao.model.kind import Kind
from nianbao.model.loading.form_file import FormFile, ListEntry, TableEntry
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.old_keys import rename_old_keys
from nianbao.model.loading.open_row_faults import find_open_row_faults, list_headings_of_tables
from nianbao.model.loading.relation_entries import find_relation_faults, find_term_faults, make_relations
from nianbao.model.locale import Locale
from nianbao.model.open_rows.axes import Axis, Condition, Group
from nianbao.model.open_rows.expansion import expand_table
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.open_rows.groups import Groups, list_headings
from nianbao.model.pictures import Picture
from nianbao.model.pictures.requests import find_picture_faults
from nianbao.model.table import ListRules, Table
from nianbao.model.tables.headings import ENTRY, Block, Heading
from nianbao.model.text_rules import complete, find_pattern_faults, parse_sum, resolve_path
from nianbao.model.text_rules import find_faults as find_text_rule_faults
from nianbao.model.value_types import make_value_type

_Entry: TypeAlias = Section | TableEntry | Fact | Picture | ListEntry | Group | Axis | Condition
_NO_LEVELS: Mapping[str, Level] = {}


def load_form(  # noqa: PLR0913  # all that a form depends on
    edition: str,
    sources: Sequence[Facts],
    kind: Kind,
    locale: Locale,
    levels: Mapping[str, Level] = _NO_LEVELS,
    *,
    is_shipped: bool = False,
) -> Form:
    """Load a form of a kind, whose rules have `levels`, from its file and those that it is based on, its own first.

    Raises `UserError` that lists the faults. For those of a form that `is_shipped` the tests look: to do so each time
    takes longer than to judge a report.
    """
    sources = _rename_old_keys(sources)
    file = load(FormFile, sources)
    if is_shipped:
        return _make_form(edition, file, kind, locale, levels)
    faults = [*_find_duplicates(file), *_find_file_faults(file)]
    if not faults:
        form = _make_form(edition, file, kind, locale, levels)
        sample = expand_with_samples(form)
        faults = [*_find_type_faults(sample, file)]
    if not faults:
        faults = [
            *_find_form_faults(sample, file),
            *find_text_rule_faults(file.vocabulary, sample.value_types, _list_ids(file.sections)),
            *_find_picture_faults(sample),
            *find_pattern_faults(file.vocabulary, locale.gaps),
        ]
    if faults:
        raise_faults(sources, faults)
    return form


def _rename_old_keys(sources: Sequence[Facts]) -> list[Facts]:
    """Give keys their new names in every file, before they are merged; raises `UserError` where one has both."""
    renamed = []
    for source in sources:
        faults: list[Fault] = []
        renamed.append(rename_old_keys(source, faults))
        if faults:
            raise_faults([source], faults)
    return renamed


def _make_form(edition: str, file: FormFile, kind: Kind, locale: Locale, levels: Mapping[str, Level]) -> Form:
    tables, axes = _make_tables(file), {axis.id: axis for axis in file.axes}
    return Form(
        kind=kind,
        locale=locale,
        edition=edition,
        name=file.name,
        document=file.document,
        first_year=file.years.first,
        last_year=file.years.last,
        unit=file.years.unit,
        template=file.template,
        title=file.title,
        author=file.author,
        sections=file.sections,
        tables=tuple(expand_table(table, {}, axes) if table.has_open else table for table in tables),
        relations=make_relations(file, levels),
        facts=file.facts,
        due=file.due,
        pictures=file.pictures,
        carries=file.carries,
        takes=file.takes,
        key_figures=file.key_figures,
        text_rules=complete(file.vocabulary, locale.gaps, levels),
        axes=axes,
        conditions=file.conditions,
        open_tables={table.id: table for table in tables if table.has_open},
    )


def _make_tables(file: FormFile) -> list[Table]:
    """Make the tables as they are written, with the headings of groups; lists are tables of one open row."""
    groups = Groups(file.groups)
    tables = [
        Table(
            table.id,
            table.label,
            groups.fill_blocks(table.blocks),
            table.widths,
            fold=table.fold,
            outline=table.outline,
        )
        for table in file.tables
    ]
    for one in file.lists:
        rules = ListRules(one.key, one.sort, one.at_least, one.at_most, one.none)
        block = Block(columns=one.columns, rows=(Heading(label="", each=ENTRY),))
        tables.append(Table(one.id, one.label, groups.fill_blocks([block]), one.widths, list_rules=rules))
    return tables


def _list_ids(entries: Sequence[_Entry]) -> list[str]:
    return [entry.id for entry in entries]


def _find_duplicates(file: FormFile) -> Iterator[Fault]:
    """Find entries of a list that have the same id as an earlier one."""
    for name, ids in (
        ("sections", _list_ids(file.sections)),
        ("tables", _list_ids(file.tables)),
        ("facts", _list_ids(file.facts)),
        ("lists", _list_ids(file.lists)),
        ("groups", _list_ids(file.groups)),
        ("axes", _list_ids(file.axes)),
        ("conditions", _list_ids(file.conditions)),
        ("pictures", _list_ids(file.pictures)),
    ):
        for number, id_ in enumerate(ids):
            if id_ in ids[:number]:
                yield Fault((name, number, "id"), _("name-written-twice", name=id_))


def _find_file_faults(file: FormFile) -> Iterator[Fault]:
    """Find faults that can be found before the form is made: in relations, patterns, days and years."""
    if file.years.last is not None and file.years.last < file.years.first:
        yield Fault(("years", "to"), _("last-year-before-first"))
    for number, due in enumerate(file.due):
        yield from _find_pattern_faults(due.author, ("due", number, "author"))
        try:
            date(2001, due.month, due.day)
        except ValueError:
            yield Fault(("due", number, "day"), _("month-without-day", month=due.month, day=due.day))
    yield from find_relation_faults(file)
    yield from find_open_row_faults(file)


def _find_type_faults(form: Form, file: FormFile) -> Iterator[Fault]:
    """Find types that lack a parameter, and columns that weigh the values of a rollup and are not there.

    `form` has samples in its open rows, as below.
    """
    for number, fact in enumerate(form.facts):
        try:
            fact.value_type  # noqa: B018  # made here for the first time
        except ValueError as error:
            yield Fault(("facts", number, "type"), str(error))
    for keys, table in _list_tables(form):
        try:
            for slot in table.slots:
                if slot.value_type and slot.weight and slot.weight not in form.slots:
                    yield Fault(keys, _("no-such-address", path=slot.weight))
        except ValueError as error:
            yield from list(_find_headings_of_wrong_types(file, keys)) or [Fault(keys, str(error))]


def _find_headings_of_wrong_types(file: FormFile, keys: Keys) -> Iterator[Fault]:
    """Find the headings of a table, which has the path `keys`, that say themselves what is wrong with their types."""
    for start, headings in list_headings_of_tables(file):
        for at, heading in list_headings(start, headings) if start[:2] == keys else ():
            type_ = heading.type or ("currency" if heading.currency else "")
            try:
                if type_:
                    make_value_type(type_, heading.choices, heading.places, heading.currency)
            except ValueError as error:
                yield Fault((*at, "currency" if heading.currency else "type"), str(error))


def _list_tables(form: Form) -> Iterator[tuple[Keys, Table]]:
    """List the tables with the paths to them in the file, where lists follow them."""
    lists = [table for table in form.tables if table.list_rules]
    yield from ((("tables", number), table) for number, table in enumerate(form.tables) if not table.list_rules)
    yield from ((("lists", number), table) for number, table in enumerate(lists))


def _find_pattern_faults(text: str, keys: Keys) -> Iterator[Fault]:
    try:
        re.compile(text)
    except re.error as error:
        yield Fault(keys, _("not-regular-expression", text=text, error=error))


def _find_form_faults(form: Form, file: FormFile) -> Iterator[Fault]:
    """Find names of tables, addresses and rows that a form does not have, and faults of its tables."""
    tables = [table.id for table in form.tables]
    for number, section in enumerate(form.sections):
        if section.table and section.table not in tables:
            why = _("no-such-table", table=section.table) + suggest(section.table, tables)
            yield Fault(("sections", number, "table"), why)
    addresses = list(form.value_types)
    for number, address in enumerate(form.key_figures):
        if address not in form.value_types:
            why = _("no-such-address", path=address) + suggest(address, addresses)
            yield Fault(("key_figures", number), why)
    yield from _find_fact_faults(form)
    yield from _find_nested_facts(form)
    yield from find_term_faults(form, file)
    for row, keys in _list_row_names(form):
        if row not in form.value_types and not any(f"{address}.".startswith(f"{row}.") for address in form.slots):
            yield Fault(keys, _("no-such-row", row=row) + suggest(row, sorted(form.groups)), at_key=True)
    yield from _find_table_faults(form)


def _find_fact_faults(form: Form) -> Iterator[Fault]:
    """Find addresses that facts are compared with and that a form does not have, rates and dates that are none."""
    for number, fact in enumerate(form.facts):
        for address in (fact.id, fact.before) if fact.before else ():
            if address not in form.value_types:
                why = _("no-such-address", path=address) + suggest(address, list(form.value_types))
                yield Fault(("facts", number, "before"), why)
            elif form.value_types[address].name != "date":
                yield Fault(("facts", number, "before"), _("address-is-no-date", address=address))
        for text, key in ((fact.at_most, "at_most"), *((text, "rates") for text in fact.rates)):
            if key == "rates" and text.count("/") != 1:
                yield Fault(("facts", number, key), _("write-fraction"))
            for path in (path for _sign, path in parse_sum(text) if not resolve_path(path, form.value_types)):
                yield Fault(
                    ("facts", number, key), _("no-such-address", path=path) + suggest(path, list(form.value_types))
                )


def _find_nested_facts(form: Form) -> Iterator[Fault]:
    """Find facts at whose address another value would need a table."""
    below = {above: address for address in form.value_types for above in list_above(address)}
    for number, fact in enumerate(form.facts):
        if fact.id in below:
            yield Fault(("facts", number, "id"), _("fact-holds-another", id=fact.id, other=below[fact.id]))


def _find_picture_faults(form: Form) -> Iterator[Fault]:
    for number, picture in enumerate(form.pictures):
        yield from find_picture_faults(form, picture, ("pictures", number))


def _list_row_names(form: Form) -> Iterator[tuple[str, Keys]]:
    """List the rows of this edition, and facts, that `carries` and `takes` name, with the paths to them."""
    for target, row in form.carries.items():
        yield target, ("carries", target)
        yield row, ("carries", target)
    for other, rows in form.takes.items():
        yield from ((row, ("takes", other, row)) for row in rows)


def _find_table_faults(form: Form) -> Iterator[Fault]:
    seen: Counter[str] = Counter()
    for keys, table in _list_tables(form):
        seen.update(slot.address for slot in table.slots)
        for address in sorted({slot.address for slot in table.slots if seen[slot.address] > 1}):
            yield Fault(keys, _("address-of-two-figures", address=address))
        if table.widths and len(table.widths) != (columns := table.make_grid().columns):
            yield Fault((*keys, "widths"), _("takes-widths", columns=columns))
    try:
        len(form.totals)
    except CycleError as error:
        yield Fault(("tables",), _("totals-contain-each-other", chain=" → ".join(error.args[1])))
