"""Which row of a layout each row of a region is, by the words of its label."""

from collections.abc import Sequence

from nianbao.importer.recognition.labels import MIN_LEAD, MIN_SIMILARITY
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.columns import Alignment, find_figures, find_groups, find_labels
from nianbao.importer.recognition.tables.doubtful_rows import compare_label, has_other_label
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import PublishedRow, Region
from nianbao.model.loading.reading import Reading

_MIN_WHOLE = 0.97  # of the words of a row's label that a text has all; an alias, too
_ALIAS_PENALTY = 0.02  # for an alias, where the label itself stands as well


def match_rows(region: Region, layout: Layout, alignment: Alignment) -> tuple[tuple[int | None, ...], float]:
    """Find which row of the layout each row of a region is, and how sure all are together."""
    if not layout.rows:
        return _match_single_row(region, layout, alignment)
    rows: list[int | None] = []
    scores: dict[int, tuple[float, int]] = {}  # by the layout's row: the score and the region's row
    last = -1
    for number, row in enumerate(region.rows):
        index, score = _match_row(row, region, layout, alignment, last)
        if index is not None and score < _MIN_WHOLE and has_other_label([row.before], index, layout, scores):
            index = None  # the label of a row without figures, and the beginning of the next: whose figures are these?
        if index is not None and index in scores:
            if scores[index][0] == score:
                rows.append(index)  # the same row again
                continue
            if scores[index][0] > score:
                index = None  # an office's own row, whose label is less like it
            else:
                rows[scores[index][1]] = None
        if index is not None:
            scores[index] = (score, number)
            last = index
        rows.append(index)
    return tuple(rows), sum(min(score, 1.0) for score, _ in scores.values())


def _match_single_row(region: Region, layout: Layout, alignment: Alignment) -> tuple[tuple[int | None, ...], float]:
    """Find the row of a layout that has one without a label; a row with one may be it where it is the only one."""
    figures = [find_figures(row, alignment) for row in region.rows]
    fits = [
        bool(cells) and bool(len(cells) == len(layout.columns) or alignment.headers or row.from_text)
        for row, cells in zip(region.rows, figures, strict=True)
    ]
    unlabelled = [
        fit and not find_labels(row, alignment) and not _has_leading_label(cells, row.reading)
        for row, cells, fit in zip(region.rows, figures, fits, strict=True)
    ]
    taken = unlabelled if any(unlabelled) or fits.count(True) != 1 or not alignment.headers else fits
    return tuple(0 if is_taken else None for is_taken in taken), 1.0 if any(taken) else 0.0


def _has_leading_label(cells: Sequence[PublishedCell], reading: Reading) -> bool:
    """Tell whether words stand before figures: a label under the first header."""
    filled = [cell.text for cell in cells if cell.text.strip()]
    return len(filled) > 1 and not may_be_value(filled[0], reading) and may_be_value(filled[1], reading)


def _match_row(
    row: PublishedRow, region: Region, layout: Layout, alignment: Alignment, last: int
) -> tuple[int | None, float]:
    """Return the row of a layout whose label a row has, and how sure that is.

    Of several that are alike only the one behind `last`, the row found before, is taken. A row has no label that
    stands beside other rows too.
    """
    figures = find_figures(row, alignment)
    texts = find_labels(row, alignment) or list(region.context[-1:])
    scores = [
        max(
            compare_label(texts, labels, row.reading, groups),
            compare_label(texts, aliases, row.reading) - _ALIAS_PENALTY,
        )
        for labels, aliases, groups in zip(layout.row_labels, layout.row_aliases, layout.row_groups, strict=True)
    ]
    best = max(scores)
    is_below = any(cell.text == texts[-1] for cell in find_groups(row, figures)) if texts else False
    lacks_figures = not row.from_text and not alignment.headers and len(figures) < len(layout.columns)
    if best < MIN_SIMILARITY or not figures or lacks_figures or is_below:
        return None, 0.0
    near = [index for index, score in enumerate(scores) if score > best - MIN_LEAD]
    if len(near) > 1:
        near = [index for index in near if index == last + 1]
    if near and has_other_label(texts if row.from_text else texts[-1:], near[0], layout):
        return None, 0.0
    return (near[0], best) if len(near) == 1 else (None, 0.0)
