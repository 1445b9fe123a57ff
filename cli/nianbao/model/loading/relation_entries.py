"""Make relations from their entries in a form file, and find what is wrong with these."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from nianbao.model.finding import Level
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.form_file import FormFile, ListEntry, RelationEntry, ReportRelationEntry, TableEntry
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.relation_language.applying import suggest_term
from nianbao.model.relation_language.parser import parse_sides
from nianbao.model.relation_language.positions import Positions
from nianbao.model.relations import Relation
from nianbao.model.table import Table

_NO_LEVELS: Mapping[str, Level] = {}


def make_relations(file: FormFile, levels: Mapping[str, Level]) -> dict[str, tuple[Relation, ...]]:
    """Make the relations of each table; those of the whole report are under an empty text."""
    return {
        "": tuple(_make_relation(relation, levels) for relation in file.relations),
        **{table.id: tuple(_make_relation(relation, levels) for relation in table.relations) for table in file.tables},
        **{one.id: tuple(_make_relation(relation, levels) for relation in one.relations) for one in file.lists},
    }


def _make_relation(entry: ReportRelationEntry, levels: Mapping[str, Level] = _NO_LEVELS) -> Relation:
    """Make a relation; raises ValueError with the reason if what must hold cannot be understood."""
    return Relation(
        rule=entry.rule,
        each=entry.each if isinstance(entry, RelationEntry) else None,
        alternatives=tuple(map(parse_sides, entry.alternatives)),
        level=entry.level or levels.get(entry.rule, "error"),
        why=entry.why,
        source=entry.source,
        at=entry.at if isinstance(entry, RelationEntry) else (),
        but=entry.but if isinstance(entry, RelationEntry) else (),
        when=entry.when,
        within=Decimal(str(entry.within)),
        condition=parse_sides(entry.condition) if entry.condition else None,
        blanks=entry.blanks,
    )


def find_relation_faults(file: FormFile) -> Iterator[Fault]:
    """Find what cannot be understood in relations, and names that nothing binds."""
    for keys, entry in _list_relations(file):
        try:
            re.compile(entry.when)
        except re.error as error:
            yield Fault((*keys, "when"), _("not-regular-expression", text=entry.when, error=error))
        texts = [(entry.alternatives[0], "holds"), *((text, "holds") for text in entry.alternatives[1:])]
        bound: frozenset[str] | None = None
        for text, key in (*texts, *([(entry.condition, "if")] if entry.condition else [])):
            try:
                sides = parse_sides(text)
            except ValueError as error:
                yield Fault((*keys, key), str(error))
                break
            if key == "holds" and sides.sign in {"<", ">"}:
                yield Fault((*keys, key), _("write-relation"))
            bound = sides.names if bound is None else bound
            yield from (Fault((*keys, key), _("name-not-bound", name=name)) for name in sorted(sides.names - bound))


def _list_relations(file: FormFile) -> Iterator[tuple[Keys, ReportRelationEntry]]:
    yield from ((("relations", number), relation) for number, relation in enumerate(file.relations))
    for keys, table in _list_tables(file):
        yield from (((*keys, "relations", at), relation) for at, relation in enumerate(table.relations))


def _list_tables(file: FormFile) -> list[tuple[Keys, TableEntry | ListEntry]]:
    return [
        *((("tables", number), table) for number, table in enumerate(file.tables)),
        *((("lists", number), table) for number, table in enumerate(file.lists)),
    ]


def find_term_faults(form: Form, file: FormFile) -> Iterator[Fault]:
    """Find terms that name no address of the form, and relations that apply to no row or column of their table.

    `form` has samples in its open rows.
    """
    figures, cells = Positions(list(form.omitted_figures)), Positions(list(form.slots))  # texts can be counted, too
    for number, relation in enumerate(form.relations[""]):
        for term in relation.terms:
            positions = cells if term.function == "count" else figures
            if term.constant is None and not any(positions.match(term.segments, {})):
                if term.path in form.value_types:
                    why = _("address-is-no-figure", path=term.path, type=form.value_types[term.path].name)
                else:
                    why = _("no-such-address", path=term.path) + suggest(term.path, list(form.omitted_figures))
                yield Fault(("relations", number, "holds"), why)
    applied = {id(check.relation) for check in form.checks}
    tables = {table.id: table for table in form.tables}
    for keys, entry in _list_tables(file):
        for position, relation in enumerate(form.relations[entry.id]):
            unknown = list(_find_unknown_lines(tables[entry.id], relation, (*keys, "relations", position)))
            yield from unknown
            if id(relation) not in applied and not unknown:
                terms = " ".join(term.path for term in relation.terms)
                why = _("no-line-with-terms", terms=terms) + suggest_term(tables[entry.id], relation.terms)
                yield Fault((*keys, "relations", position, "holds"), why)


def _find_unknown_lines(table: Table, relation: Relation, keys: Keys) -> Iterator[Fault]:
    """Find names of rows or columns that a relation is or is not to apply to, and that are not there.

    The data may have other codes and entries in open rows than the samples.
    """
    if table.open_rows or any(one.columns for one in table.opened):
        return
    lines = [line for block in table.lines for line in (block.columns if relation.each == "column" else block.rows)]
    known = list(dict.fromkeys(line.ids for line in lines))
    for key, names in (("at", relation.at), ("but", relation.but)):
        for number, name in enumerate(names):
            if name not in known:
                why = _("no-such-column", name=name) if relation.each == "column" else _("no-such-row", row=name)
                yield Fault((*keys, key, number), why + suggest(name, known))
