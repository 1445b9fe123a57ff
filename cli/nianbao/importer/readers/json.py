"""Figures as JSON: tables as objects of rows, rows as objects of columns, as `report import --to json` prints them."""

import json
from decimal import Decimal
from typing import Any

from nianbao.importer.readers import html
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.i18n import _

ORDER = 31
SUFFIXES = frozenset({"json"})
_MAX_DEPTH = 50
_MARKUP = "</"  # of a web page in a string, as the programs of a site deliver it


def claim(sample: Sample) -> Confidence:
    """Claim a file with the suffix of JSON or, where it has no suffix, one that begins as JSON does."""
    if sample.has_suffix(SUFFIXES):
        return Confidence.CERTAIN
    return (
        Confidence.LIKELY
        if sample.is_text and not sample.suffix and sample.beginning[:1] in {b"{", b"["}
        else Confidence.NO
    )


def read(content: bytes) -> PublishedDocument:
    """Read JSON: an object whose values are rows (objects of figures) is a table, a string with markup a web page.

    Raises `UnreadableError` for what is no JSON object.
    """
    try:
        tree = json.loads(decode_text(content), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(_("json-not-valid", error=error), _("check-file-complete")) from error
    if not isinstance(tree, dict):
        raise UnreadableError(_("json-should-hold-report"), _("json-as-import-prints"))
    blocks: list[Paragraph | PublishedTable] = []
    _collect_blocks(tree, blocks)
    texts = {key: tree[key] for key in ("title", "agency") if isinstance(tree.get(key), str)}
    year = tree.get("year")
    return PublishedDocument(
        tuple(blocks), texts.get("title", ""), texts.get("agency", ""), year if isinstance(year, int) else 0
    )


def _collect_blocks(tree: dict[str, Any], blocks: list[Paragraph | PublishedTable], depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        return
    rows = {key: value for key, value in tree.items() if _is_row(value)}
    if rows:
        blocks.extend(_make_tables(rows))
    for key, value in tree.items():
        if isinstance(value, dict) and key not in rows:
            _collect_blocks(value, blocks, depth + 1)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    _collect_blocks(item, blocks, depth + 1)
        elif isinstance(value, str) and _MARKUP in value:
            blocks.extend(html.read(value.encode()).blocks)


def _is_row(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(item is None or isinstance(item, int | Decimal | str) for item in value.values())
        and not any(isinstance(item, str) and _MARKUP in item for item in value.values())
    )


def _make_tables(rows: dict[str, dict[str, Any]]) -> list[PublishedTable]:
    """Make a table of each run of rows with the same columns."""
    runs: list[list[tuple[str, dict[str, Any]]]] = []
    for label, row in rows.items():
        if runs and list(runs[-1][0][1]) == list(row):
            runs[-1].append((label, row))
        else:
            runs.append([(label, row)])
    return [_make_table(run) for run in runs]


def _make_table(rows: list[tuple[str, dict[str, Any]]]) -> PublishedTable:
    """Make a table with a header row; the parts of a label, separated by `/`, have a column each."""
    depth = max(label.count("/") + 1 for label, _row in rows)
    cells = [PublishedCell("", 0, 1, 0, depth)]
    cells += [PublishedCell(header, 0, 1, column, column + 1) for column, header in enumerate(rows[0][1], depth)]
    for top, (label, row) in enumerate(rows, 1):
        parts = label.split("/")
        cells += [
            PublishedCell(part, top, top + 1, column, depth if column == len(parts) - 1 else column + 1)
            for column, part in enumerate(parts)
        ]
        cells += [
            PublishedCell("" if value is None else str(value), top, top + 1, column, column + 1)
            for column, value in enumerate(row.values(), depth)
        ]
    return PublishedTable(tuple(cells))
