"""Load a form from its file: types define what the file may hold, and contradictions in it are found."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from graphlib import CycleError
from typing import cast

from nianbao.model.facts import Facts
from nianbao.model.finding import Level
from nianbao.model.form import Fact, Form, Section
from nianbao.model.i18n import _
from nianbao.model.kind import Kind
from nianbao.model.loading.form_file import FormFile, RelationEntry, ReportRelationEntry, TableEntry
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.old_keys import rename_old_keys
from nianbao.model.locale import Locale
from nianbao.model.pictures import Picture
from nianbao.model.pictures.requests import find_picture_faults
from nianbao.model.relations import Relation, Sign, parse_terms, suggest_term
from nianbao.model.table import Table
from nianbao.model.text_rules import complete, find_pattern_faults, parse_sum, resolve_path
from nianbao.model.text_rules import find_faults as find_text_rule_faults

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

    Raises `UserError` that lists the faults. The patterns of one that `is_shipped` were checked before: that takes
    longer than to judge a report.
    """
    sources = _rename_old_keys(sources)
    file = load(FormFile, sources)
    faults = [*_find_duplicates(file), *_find_file_faults(file)]
    if not faults:
        form = _make_form(edition, file, kind, locale, levels)
        faults = [*_find_type_faults(form)]
    if not faults:
        faults = [
            *_find_form_faults(form, file),
            *find_text_rule_faults(file.vocabulary, form.value_types, _list_ids(file.sections)),
            *_find_picture_faults(form),
            *(() if is_shipped else find_pattern_faults(file.vocabulary, locale.gaps)),
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
        tables=tuple(Table(table.id, table.label, table.blocks, table.widths) for table in file.tables),
        relations={
            "": tuple(_parse_relation(relation, levels) for relation in file.relations),
            **{
                table.id: tuple(_parse_relation(relation, levels) for relation in table.relations)
                for table in file.tables
            },
        },
        facts=file.facts,
        due=file.due,
        pictures=file.pictures,
        carries=file.carries,
        takes=file.takes,
        key_figures=file.key_figures,
        text_rules=complete(file.vocabulary, locale.gaps, levels),
    )


def _list_ids(entries: Sequence[Section | TableEntry | Fact | Picture]) -> list[str]:
    return [entry.id for entry in entries]


def _find_duplicates(file: FormFile) -> Iterator[Fault]:
    """Find entries of a list that have the same id as an earlier one."""
    for name, ids in (
        ("sections", _list_ids(file.sections)),
        ("tables", _list_ids(file.tables)),
        ("facts", _list_ids(file.facts)),
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
    for keys, relation in _list_relations(file):
        yield from _find_pattern_faults(relation.when, (*keys, "when"))
        try:
            _parse_relation(relation)
        except ValueError as error:
            yield Fault((*keys, "holds"), str(error))


def _list_relations(file: FormFile) -> Iterator[tuple[Keys, ReportRelationEntry]]:
    yield from ((("relations", number), relation) for number, relation in enumerate(file.relations))
    for number, table in enumerate(file.tables):
        yield from ((("tables", number, "relations", at), relation) for at, relation in enumerate(table.relations))


def _find_type_faults(form: Form) -> Iterator[Fault]:
    """Find types that lack a parameter, and columns that weigh the values of a rollup and are not there."""
    for number, fact in enumerate(form.facts):
        try:
            fact.value_type  # noqa: B018  # made here for the first time
        except ValueError as error:
            yield Fault(("facts", number, "type"), str(error))
    for number, table in enumerate(form.tables):
        try:
            for slot in table.slots:
                if slot.value_type and slot.weight and slot.weight not in form.slots:
                    yield Fault(("tables", number), _("no-such-address", path=slot.weight))
        except ValueError as error:
            yield Fault(("tables", number), str(error))


def _find_pattern_faults(text: str, keys: Keys) -> Iterator[Fault]:
    try:
        re.compile(text)
    except re.error as error:
        yield Fault(keys, _("not-regular-expression", text=text, error=error))


def _find_form_faults(form: Form, file: FormFile) -> Iterator[Fault]:
    """Find names of tables, addresses and rows that a form does not have, and faults of its tables."""
    tables = _list_ids(file.tables)
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
    for number, relation in enumerate(form.relations[""]):
        for term in (*relation.left, *relation.right):
            if term.constant is None and not any(f"{at}.".startswith(f"{term.path}.") for at in form.omitted_figures):
                why = _("no-such-address", path=term.path) + suggest(term.path, addresses)
                yield Fault(("relations", number, "holds"), why)
    for row, keys in _list_row_names(form):
        if not any(f"{address}.".startswith(f"{row}.") for address in form.slots):
            yield Fault(keys, _("no-such-row", row=row) + suggest(row, sorted(form.groups)), at_key=True)
    yield from _find_table_faults(form)


def _find_fact_faults(form: Form) -> Iterator[Fault]:
    """Find addresses that facts are compared with and that a form does not have, and rates that are no fractions."""
    for number, fact in enumerate(form.facts):
        for text, key in ((fact.at_most, "at_most"), *((text, "rates") for text in fact.rates)):
            if key == "rates" and text.count("/") != 1:
                yield Fault(("facts", number, key), _("write-fraction"))
            for path in (path for _sign, path in parse_sum(text) if not resolve_path(path, form.value_types)):
                yield Fault(
                    ("facts", number, key), _("no-such-address", path=path) + suggest(path, list(form.value_types))
                )


def _find_picture_faults(form: Form) -> Iterator[Fault]:
    for number, picture in enumerate(form.pictures):
        yield from find_picture_faults(form, picture, ("pictures", number))


def _list_row_names(form: Form) -> Iterator[tuple[str, Keys]]:
    """List the rows of this edition that `carries` and `takes` name, with the paths to them."""
    for target, row in form.carries.items():
        yield target, ("carries", target)
        yield row, ("carries", target)
    for other, rows in form.takes.items():
        yield from ((row, ("takes", other, row)) for row in rows)


def _find_table_faults(form: Form) -> Iterator[Fault]:
    seen: set[str] = set()
    applied = {id(check.relation) for check in form.checks}
    for number, table in enumerate(form.tables):
        addresses = [slot.address for slot in table.slots]
        for address in sorted({address for address in addresses if address in seen or addresses.count(address) > 1}):
            yield Fault(("tables", number), _("address-of-two-figures", address=address))
        seen.update(addresses)
        columns = table.make_grid().columns
        if table.widths and len(table.widths) != columns:
            yield Fault(("tables", number, "widths"), _("takes-widths", columns=columns))
        for position, relation in enumerate(form.relations[table.id]):
            if id(relation) not in applied:
                terms = [term.path for term in (*relation.left, *relation.right)]
                why = _("no-line-with-terms", terms=" ".join(terms)) + suggest_term(table, terms)
                yield Fault(("tables", number, "relations", position, "holds"), why)
    try:
        len(form.totals)
    except CycleError as error:
        yield Fault(("tables",), _("totals-contain-each-other", chain=" → ".join(error.args[1])))


def _parse_relation(entry: ReportRelationEntry, levels: Mapping[str, Level] = _NO_LEVELS) -> Relation:
    """Parse the equation of a relation; raises ValueError with the reason if it is invalid."""
    match = re.fullmatch(r"([^<>=!]+)(<=>|>=|<=|!=|=)([^<>=!]+)", entry.holds)
    if not match:
        raise ValueError(_("write-relation"))
    left, sign, right = match.groups()
    return Relation(
        rule=entry.rule,
        each=entry.each if isinstance(entry, RelationEntry) else None,
        left=parse_terms(left),
        sign=cast("Sign", sign),
        right=parse_terms(right),
        level=entry.level or levels.get(entry.rule, "error"),
        why=entry.why,
        at=entry.at if isinstance(entry, RelationEntry) else (),
        but=entry.but if isinstance(entry, RelationEntry) else (),
        when=entry.when,
        within=Decimal(str(entry.within)),
    )
