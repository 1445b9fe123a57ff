"""The tables that can be queried and exported, as SQL over the rows of reports, offices and findings."""

import re
from datetime import date
from operator import attrgetter
from typing import Literal

from nianbao.export.rows import CELL_SEPARATOR, FIGURE_SOURCES, ReportRows
from nianbao.model.i18n import N_
from nianbao.model.value_types import PLACES_LIMIT, ValueType

DECIMAL = f"decimal({16 + PLACES_LIMIT}, {PLACES_LIMIT})"  # the largest amount has 16 digits before the point
CELLS = f"string_split(figures, '{CELL_SEPARATOR}')"
_SOURCE_CASES = " ".join(f"when '{letter}' then '{word}'" for letter, word in FIGURE_SOURCES.items())
# What tells a report from others, in this order in every table; these are fields of `ReportRows` too.
KEYS = ("office", "name", "kind", "year", "period", "edition", "leaf")
KEY = ", ".join(KEYS)
get_keys = attrgetter(*KEYS)
_KEY_TYPES = {"year": "integer", "leaf": "boolean"}
_KEY_COLUMNS = ", ".join(f"{name} {_KEY_TYPES.get(name, 'varchar')}" for name in KEYS)
_OFFICE_COLUMNS = (
    "office varchar, registered_name varchar, type varchar, parent varchar, level integer, own boolean, leaf boolean"
)
# The tables that hold the rows, with their columns.
TABLES = {
    "report_rows": f"report integer, {_KEY_COLUMNS}, title varchar, published date, due date, late_days integer, "
    "figures varchar, sources varchar",
    "figure_columns": "kind varchar, edition varchar, position integer, table_id varchar, address varchar, "
    "row_label varchar, column_label varchar, label varchar, unit varchar, type varchar, is_number boolean",
    "stated_facts": "report integer, address varchar, item integer, label varchar, value varchar, number varchar, "
    "unit varchar, type varchar",
    "section_texts": "report integer, section varchar, heading varchar, text varchar, given varchar",
    "office_rows": _OFFICE_COLUMNS,
    "state_rows": f"{_OFFICE_COLUMNS}, kind varchar, year integer, period varchar, state varchar, due date, "
    "published date, late_days integer, outdated boolean, why varchar, file varchar",
    "finding_rows": "office varchar, kind varchar, year integer, period varchar, rule varchar, level varchar, "
    "address varchar, message varchar, place varchar, accepted varchar",
}
_OFFICE = "office, coalesce(registered_name, latest.name, office) as name"
_LATEST = "(select office, arg_max(name, period) as name from report_rows group by office) as latest"
# What can be queried and exported: name -> description, and the statement that makes it.
VIEWS = {
    "figures": (
        N_("table-figures-described"),
        f"""select {KEY}, position, table_id, address, row_label, column_label, label,
              case when is_number then nullif(cell, '')::{DECIMAL} end as value,
              case when not is_number then nullif(cell, '') end as text,
              nullif(unit, '') as unit, case letter {_SOURCE_CASES} end as given
            from (select {KEY}, unnest({CELLS}) as cell,
                    unnest(string_split(sources, '')) as letter, unnest(range(1, len(sources) + 1)) as position
                  from report_rows)
            join figure_columns using (kind, edition, position)""",
    ),
    "facts": (
        N_("table-facts-described"),
        f"""select {KEY}, address, item, label, value,
              nullif(number, '')::{DECIMAL} as number, nullif(unit, '') as unit, type
            from stated_facts join report_rows using (report)""",
    ),
    "prose": (
        N_("table-prose-described"),
        f"select {KEY}, section, heading, text, given from section_texts join report_rows using (report)",
    ),
    "reports": (
        N_("table-reports-described"),
        f"""select {KEY}, title, published, due, late_days, state, outdated, file
            from (select * exclude (figures, sources) from report_rows)
            left join (select office, kind, period, state, outdated, file from state_rows)
              using (office, kind, period)""",
    ),
    "findings": (
        N_("table-findings-described"),
        f"""select {_OFFICE}, kind, year, period, rule, level, address, label, message, place, accepted
            from finding_rows left join (select office, registered_name from office_rows) using (office)
            left join (select kind, address, any_value(label) as label from figure_columns group by all)
              using (kind, address)
            left join {_LATEST} using (office)""",
    ),
    "register": (
        N_("table-register-described"),
        f"""select {_OFFICE}, type, parent, level, own, leaf, kind, year, period, state, due, published, late_days,
              outdated, why, file
            from state_rows left join {_LATEST} using (office)""",
    ),
    "offices": (
        N_("table-offices-described"),
        """select office, coalesce(registered_name, name, office) as name, kind, type, parent, level, own, leaf,
              first_year, last_year, coalesce(reports, 0) as reports
            from office_rows left join
              (select office, arg_max(name, period) as name, kind, min(year) as first_year, max(year) as last_year,
                 count(*) as reports
               from report_rows group by office, kind) using (office)
            order by office, kind""",
    ),
    "addresses": (
        N_("table-names-described"),
        "select kind, edition, table_id, address, row_label, column_label, label, unit, type from figure_columns",
    ),
}


def get_row(report: ReportRows, today: date) -> tuple[object, ...]:
    """Return the row of a report without its number; `today` says how late it is where it was not issued."""
    days = (report.title, report.published, report.due, report.count_late_days(today))
    return (*get_keys(report), *days, report.figures, report.sources)


def choose_column_type(value_type: ValueType) -> str:
    """Return DuckDB's type for the values of a column; whole numbers are written twice as fast as decimal ones."""
    if value_type.is_whole:
        return "bigint"
    return DECIMAL if value_type.has_number_schema else "varchar"


# What is read for the tables that need more than figures and facts, because it takes longer.
Extra = Literal["texts", "findings", "states"]
EXTRAS: dict[str, Extra] = {"prose": "texts", "findings": "findings", "reports": "states", "register": "states"}


def list_extras(query: str) -> set[Extra]:
    """List what a query needs besides figures and facts, by the names of the tables in it."""
    return {EXTRAS[word] for word in re.findall(r"\w+", query.lower()) if word in EXTRAS}


EXAMPLE_QUERIES = (
    "select office, value from figures where address = 'requests.received.total' order by value desc",
    "select year, sum(value) from figures where address = 'requests.received.total' and leaf group by year",
    "select office, value from facts where address = 'agency.phone'",
    "select name, state from register where state <> 'right'",
)
