"""A published set as the text of a data file, with a comment on every value that has no place in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.importer.file_sets.deviations import Deviation, join_rows, name_column, shorten
from nianbao.importer.file_sets.set_reading import ReadSet, put
from nianbao.importer.recognition.data_files.toml_values import format_inline, format_value
from nianbao.model.form import Form
from nianbao.model.locale import Locale

_MAX_COMMENTS = 300  # on values that are left out


def format_data_file(read: ReadSet, source: str) -> str:
    """Return the text of the data file of a set; `source` names what was imported."""
    form, locale = read.form, read.form.locale
    kind = form.kind
    origin = locale.say("import-origin", name=form.name, period=read.period, source=shorten(source))
    lines = [f"# {origin}", *_describe_lost(read.deviations, locale), ""]
    top = {kind.period_fact: kind.write_period(read.period), "edition": form.edition}
    top |= {key: value for key, value in read.tree.items() if not isinstance(value, dict | list)}
    lines += [f"{key} = {format_value(value)}" for key, value in top.items()]
    order = [*form.first_keys, *read.tree]
    for key in dict.fromkeys(order):
        if isinstance(value := read.tree.get(key), dict):
            asked = _ask_for_facts(form, read.tree, key)
            rows = [*_format_table(value, ""), *_propose_rows(read, key)]
            lines += ["", f"[{key}]", *asked, *rows, *_format_arrays(value, key)]
    return ILLEGAL_CHARACTERS.sub("\ufffd", "\n".join(lines) + "\n")


def _describe_lost(deviations: Sequence[Deviation], locale: Locale) -> Iterator[str]:
    """Give a comment for each value that is left out, with its place and its text."""
    lost = [one for one in deviations if one.lost and one.row and one.what != "set-value-if-as-above"]
    for one in lost[:_MAX_COMMENTS]:
        place = f"{one.part}, {one.row}" + ("" if one.column is None else f", {name_column(one.column)}")
        yield f"# {locale.say('import-left-out', place=shorten(place), printed=shorten(one.printed))}"
    if len(lost) > _MAX_COMMENTS:
        yield f"# {locale.say('import-left-out-more', count=len(lost) - _MAX_COMMENTS)}"


def _propose_rows(read: ReadSet, table: str) -> Iterator[str]:
    """Give as comments the rows of a table whose blank key cells may mean "as above", for a person to decide."""
    for part in read.parts:
        if part.entry.table == table and part.proposed:
            tree: dict[str, Any] = {}
            for values in part.proposed.values():
                for value in values:
                    put(tree, value.keys, value.value)
            rows = join_rows(value.row for values in part.proposed.values() for value in values)
            said = read.form.locale.say("import-rows-as-above", place=shorten(part.part.name), rows=rows)
            yield from ("", f"# {said}", *(f"# {line}" for line in _format_table(tree[table], "")))


def _ask_for_facts(form: Form, tree: Mapping[str, Any], table: str) -> Iterator[str]:
    """Give a comment for each fact of a table that every report must have, and that a set does not say."""
    for fact in form.facts:
        group, _dot, key = fact.id.partition(".")
        if fact.required and group == table and key not in tree[table]:
            yield f'# {key} = ""  # {fact.label}'


def _format_table(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Write a table line by line: a row of values as an inline table, an array of such rows with one on each line."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            if any(isinstance(below, dict | list) for below in value.values()):
                yield from _format_table(value, f"{name}.")
            else:
                yield f"{name} = {format_inline(value)}"
        elif isinstance(value, list):
            if not _is_nested(value):
                yield f"{name} = ["
                yield from (f"  {format_inline(row)}," for row in value)
                yield "]"
        else:
            yield f"{name} = {format_value(value)}"


def _format_arrays(table: Mapping[str, Any], path: str) -> Iterator[str]:
    """Write arrays of which the entries hold rows themselves: each entry below a header."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _format_arrays(value, f"{path}.{key}")
        elif isinstance(value, list) and _is_nested(value):
            for entry in value:
                yield from ("", f"[[{path}.{key}]]", *_format_table(entry, ""))


def _is_nested(array: Sequence[Mapping[str, Any]]) -> bool:
    return any(isinstance(value, dict | list) for entry in array for value in entry.values())
