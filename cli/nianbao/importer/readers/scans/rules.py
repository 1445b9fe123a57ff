"""The ruled lines of a straight page, also where they are broken or a little askew."""

from nianbao.importer.readers.page_layout import Box
from nianbao.importer.readers.scans.engine import Picture
from nianbao.importer.readers.scans.picture import RULE_CONTRAST, find_ink

_MIN_LENGTH = 50  # pixels at 200 dpi; strokes of characters are shorter
_GAP = 3  # pixels by which a line may be broken; characters are further apart
_MAX_THICKNESS = 14  # pixels; more is a dark area
_REACH = 3  # pixels around a line that are no text


def find_rules(page: Picture) -> tuple[list[Box], Picture]:
    """Return the lines as boxes without width or height, in pixels, and where on the page they are."""
    import cv2  # noqa: PLC0415  # heavy
    import numpy as np  # noqa: PLC0415  # heavy

    rules: list[Box] = []
    ink = find_ink(page, RULE_CONTRAST)
    found = np.zeros_like(ink)
    for across in (True, False):
        bridge, long = ((_GAP, 1), (_MIN_LENGTH, 1)) if across else ((1, _GAP), (1, _MIN_LENGTH))
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(bridge[::-1], np.uint8))
        lines = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones(long[::-1], np.uint8))
        _count, _labels, stats, centres = cv2.connectedComponentsWithStats(lines)
        for (left, top, width, height, _area), (x, y) in zip(stats[1:].tolist(), centres[1:].tolist(), strict=True):
            if min(width, height) > _MAX_THICKNESS and not _is_askew(width, height, across=across):
                continue
            rules.append((left, y, left + width, y) if across else (x, top, x, top + height))
            found[top : top + height, left : left + width] |= lines[top : top + height, left : left + width]
    reach = np.ones((2 * _REACH + 1, 2 * _REACH + 1), np.uint8)
    return rules, cv2.dilate(found, reach)


def _is_askew(width: int, height: int, *, across: bool) -> bool:
    """Tell whether a long line has a thick box only because it is a little askew."""
    long, short = (width, height) if across else (height, width)
    return short < long / 60
