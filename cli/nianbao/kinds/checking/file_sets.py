"""Check the file `files.toml` of a kind against the editions of its form."""

from collections.abc import Collection, Iterator, Sequence

from nianbao.kinds.mistakes import Mistake, locate_faults, split_error
from nianbao.model.file_sets.mapping import FileEntry, FileSet
from nianbao.model.file_sets.rows import RowPattern, find_table, list_key_texts, list_patterns
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY, list_lines
from nianbao.workspace.kinds import FILES_FILE, KindFolder


def check_file_set(kind: KindFolder, forms: Sequence[Form]) -> Iterator[Mistake]:
    """Check that what the file names is there in every edition, and that its keys tell rows apart."""
    found = kind.find_files(FILES_FILE).get(FILES_FILE)
    if found is None:
        return
    top, path = found
    try:
        file_set = kind.settings.file_set
    except UserError as error:
        yield from split_error(error, top.display(path))
        return
    source = top.read_toml(path)
    for form in forms:
        yield from locate_faults([source], list(_find_faults(form, file_set)) if file_set else [])


def _find_faults(form: Form, file_set: FileSet) -> Iterator[Fault]:
    facts = form.value_types
    conditions = [condition.id for condition in form.conditions]
    for number, entry in enumerate(file_set.files):
        keys: Keys = ("files", number)
        for at, column in enumerate(entry.columns):
            yield from _find_unknown((*keys, "columns", at, "fact"), column.fact, facts, N_("no-such-fact-of-file"))
        for at, row in enumerate(entry.rows):
            yield from _find_unknown((*keys, "rows", at, "fact"), row.fact, facts, N_("no-such-fact-of-file"))
            yield from _find_unknown((*keys, "rows", at, "when"), row.when, conditions, N_("no-such-condition-of-file"))
        for axis in entry.placeholders:
            yield from _find_unknown((*keys, "placeholders", axis), axis, form.axes, N_("no-such-axis-of-file"))
        if entry.table:
            table = find_table(form, entry)
            tables = [one.id for one in form.tables]
            yield from _find_unknown((*keys, "table"), entry.table, tables, N_("no-such-table-of-file"))
            if table:
                yield from _find_table_faults(entry, table, keys)


def _find_unknown(keys: Keys, name: str, known: Collection[str], message: str) -> Iterator[Fault]:
    if name and name not in known:
        yield Fault(keys, _(message, name=name) + suggest(name, list(known)))


def _find_table_faults(entry: FileEntry, table: Table, keys: Keys) -> Iterator[Fault]:
    columns = [line.ids for block in table.blocks for line in list_lines(block.columns)]
    rows = list_patterns(table)
    for at, column in enumerate(entry.columns):
        yield from _find_unknown((*keys, "columns", at, "column"), column.column, columns, N_("no-such-column-of-file"))
    for row in entry.texts:
        yield from _find_unknown((*keys, "texts", row), row, [one.ids for one in rows], N_("no-such-row-of-file"))
    yield from _find_alike(entry, rows, keys)


def _find_alike(entry: FileEntry, rows: Sequence[RowPattern], keys: Keys) -> Iterator[Fault]:
    """Find rows that have the same texts in all key cells, unless they are entries, which their place tells apart."""
    seen: dict[tuple[str, ...], RowPattern] = {}
    for row in rows:
        texts = list_key_texts(entry, row)
        if row.path[-1].each != ENTRY and (other := seen.setdefault(texts, row)) is not row:
            why = _("rows-not-told-apart", name=entry.name, first=other.ids, second=row.ids, texts=join_words(texts))
            yield Fault((*keys, "columns"), why)
