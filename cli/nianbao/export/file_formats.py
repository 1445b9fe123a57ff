"""The formats of exported files, as SQL: DuckDB's options for each, and how a value is written."""

from nianbao.export.rows import FORMULA_PATTERN
from nianbao.model.value_types import PLACES_LIMIT


def quote_text(text: str) -> str:
    """Quote a text for SQL."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def quote_name(name: str) -> str:
    """Quote the name of a column for SQL."""
    quoted = name.replace('"', '""')
    return f'"{quoted}"'


def _select_unchanged(name: str, _column_type: str) -> str:
    return quote_name(name)


def _select_for_json(name: str, column_type: str) -> str:
    return f"({_format_decimal(name)})::json" if _is_decimal(column_type) else quote_name(name)


def _select_for_csv(name: str, column_type: str) -> str:
    """Put an apostrophe before texts that a spreadsheet would take for formulas; numbers stay numbers."""
    if column_type != "VARCHAR":
        return _format_decimal(name) if _is_decimal(column_type) else quote_name(name)
    column = quote_name(name)
    return f"if(regexp_matches({column}, {quote_text(FORMULA_PATTERN)}), '''' || {column}, {column})"


# How files are written: DuckDB's options, what a file begins with, and the expression that selects a column.
COPY_FORMATS = {
    "csv": ("format csv", "\ufeff", _select_for_csv),  # the byte order mark by which Excel recognizes UTF-8
    "json": ("format json, array true", "", _select_for_json),
    "parquet": ("format parquet, compression zstd", "", _select_unchanged),
}


def _is_decimal(column_type: str) -> bool:
    return column_type.startswith("DECIMAL")


def _format_decimal(name: str) -> str:
    """Return the expression for a decimal without the zeros that its type adds at the end; nearly all are whole."""
    text, zeros = f"({quote_name(name)}::varchar)", f".{'0' * PLACES_LIMIT}"
    trimmed = f"if(contains({text}, '.'), rtrim(rtrim({text}, '0'), '.'), {text})"
    return f"if(ends_with({text}, '{zeros}'), {text}[:-{len(zeros) + 1}], {trimmed})"
