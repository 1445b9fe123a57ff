"""Figures as JSON: tables of rows of columns by their labels, as `report import --to json` prints them."""

import json
from decimal import Decimal
from typing import Any

from nianbao.importer.readers import html
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Claim, Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.i18n import _

ORDER = 31
SUFFIXES = frozenset({"json"})
_MAX_DEPTH = 50
_MARKUP = "</"  # in a text: a page, as the programs of a site hand it round


def claim(sample: Sample) -> Claim:
    """Take what is called JSON, or, where it has no name, begins as JSON does."""
    if sample.has_suffix(SUFFIXES):
        return Claim.CERTAIN
    return Claim.LIKELY if sample.is_text and not sample.suffix and sample.beginning[:1] in {b"{", b"["} else Claim.NO


def read(content: bytes) -> PublishedDocument:
    """Read JSON: an object of two levels whose values are figures is a table, a text is a paragraph."""
    try:
        tree = json.loads(decode_text(content), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(_("不是合格的 JSON：{error}", error=error), _("检查文件是不是完整")) from error
    if not isinstance(tree, dict):
        raise UnreadableError(_("JSON 里应有一份报告"), _("照 report import --to json 写出的样子"))
    blocks: list[Paragraph | PublishedTable] = []
    _collect_blocks(tree, blocks)
    said = {key: tree[key] for key in ("title", "agency") if isinstance(tree.get(key), str)}
    year = tree.get("year")
    return PublishedDocument(
        tuple(blocks), said.get("title", ""), said.get("agency", ""), year if isinstance(year, int) else 0
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
    """Make a grid of each run of rows with the same columns."""
    runs: list[list[tuple[str, dict[str, Any]]]] = []
    for label, row in rows.items():
        if runs and list(runs[-1][0][1]) == list(row):
            runs[-1].append((label, row))
        else:
            runs.append([(label, row)])
    return [_make_table(run) for run in runs]


def _make_table(rows: list[tuple[str, dict[str, Any]]]) -> PublishedTable:
    depth = max(label.count("/") + 1 for label, _row in rows)
    heads = list(rows[0][1])
    boxes = [PublishedCell("", 0, 1, 0, depth)]
    boxes += [PublishedCell(head, 0, 1, depth + at, depth + at + 1) for at, head in enumerate(heads)]
    for line, (label, row) in enumerate(rows, 1):
        parts = label.split("/")
        boxes += [
            PublishedCell(part, line, line + 1, at, depth if at == len(parts) - 1 else at + 1)
            for at, part in enumerate(parts)
        ]
        boxes += [
            PublishedCell("" if value is None else str(value), line, line + 1, depth + at, depth + at + 1)
            for at, value in enumerate(row.values())
        ]
    return PublishedTable(tuple(boxes))
