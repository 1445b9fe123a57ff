"""Lists of reports as tables that can be queried and exported: a row for each entry, a column for each of its own."""

from collections.abc import Sequence
from typing import NamedTuple

from nianbao.export.file_formats import quote_name, quote_text
from nianbao.export.tables import DECIMAL, KEY
from nianbao.model.form import Form
from nianbao.model.open_rows.filling import expand_with_samples
from nianbao.model.table import Table


class ListView(NamedTuple):
    """A table with a row for each entry of a list: the label of the list, and the statement that makes it."""

    label: str
    statement: str


def make_list_views(forms: Sequence[Form]) -> dict[str, ListView]:
    """Make a table for each list of some editions, by its name; its columns are those that any of them has."""
    selects: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for form in forms:
        if not any(table.list_rules for table in form.open_tables.values()):
            continue  # a large form is not expanded for nothing
        for table in expand_with_samples(form).tables:
            if table.list_rules:
                name = f"list_{table.id}"
                selects.setdefault(name, []).append(_select_entries(form, table))
                labels[name] = table.label
    order = "order by office, kind, period, entry"
    return {
        name: ListView(labels[name], f"select * from ({' union all by name '.join(parts)}) {order}")
        for name, parts in selects.items()
    }


def _select_entries(form: Form, table: Table) -> str:
    columns = []
    for slot in table.slots:
        is_number = slot.value_type.has_number_schema
        value = f"any_value(number::{DECIMAL})" if is_number else "string_agg(value, chr(10) order by item)"
        name = quote_name(f"{table.id}_{slot.column.replace('.', '_')}")
        columns.append(f"{value} filter (where field = {quote_text(slot.column)}) as {name}")
    start = len(table.id) + 3  # of a column behind the number of an entry, whose first character is included
    return f"""select {KEY}, entry, {", ".join(columns)}
        from (select report, split_part(address, '.', 2)::integer as entry,
                address[{start} + len(split_part(address, '.', 2)):] as field, item, value, nullif(number, '') as number
              from stated_facts where starts_with(address, {quote_text(table.id + ".")}))
        join report_rows using (report)
        where kind = {quote_text(form.kind.id)} and edition = {quote_text(form.edition)}
        group by all"""
