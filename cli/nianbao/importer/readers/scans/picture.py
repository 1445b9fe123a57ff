"""Pictures of pages: opened within bounds, without red ink, upright and straight."""

import warnings
from io import BytesIO
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING

from nianbao.importer.readers.refusal import UnreadableError, make_damage_error
from nianbao.importer.readers.scans.engine import Picture, find_lines, read_lines
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from PIL import Image

MAX_SIDE = 20_000  # pixels
MAX_PIXELS = 64_000_000  # A4 at 600 dpi has 35 million
LONG_SIDE = 2339  # pixels of the long side of a page that is read: A4 at 200 dpi
SMALL_SIDE = 1200  # pixels, enough to find lines of text, and which way is up
RULE_CONTRAST = 8  # of 255, of a thin line in a faint copy
_SAMPLES = 8  # lines that are read to see which way is up
_LONG = 6  # times as long as high; of longer lines only so much is read for that
_OBLONG = 1.5  # how much longer than high a line is at least, so that it shows which way it runs
_MAX_SKEW = 6.0  # degrees
_MIN_SKEW = 0.05  # degrees
_LONG_LINE = 0.6  # of the longest line; the angles of shorter ones are less certain
_MIN_SIGN = 40  # pixels of the smallest sign that stands alone
_NEAR_SIGN = 21  # pixels around a sign in which points belong to it
_WHITE = 255


def open_picture(content: bytes) -> Picture:
    """Open a picture as an array of grey; raises `UnreadableError` for one that is damaged or too large to decode."""
    from PIL import Image  # noqa: PLC0415  # heavy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
                limit_pixels(*image.size)
                return remove_red(image)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise make_damage_error() from error


def limit_pixels(width: int, height: int) -> None:
    """Raise `UnreadableError` for a picture that is larger than any scan, before it is decoded."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadableError(_("picture-too-large", width=width, height=height), _("scan-at-lower-resolution"))


def remove_red(image: "Image.Image") -> Picture:
    """Return a picture of Pillow in grey as through red glass, where red ink is pale, and what it covers is seen."""
    import numpy as np  # noqa: PLC0415  # heavy
    from PIL import ImageOps  # noqa: PLC0415  # heavy

    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"LA", "PA", "RGBA"} or "transparency" in upright.info:
        colours = upright.convert("RGBA")
        upright = colours.copy()
        upright.paste("white", (0, 0, *colours.size))
        upright.alpha_composite(colours)
    is_grey = upright.mode in {"1", "L", "I;16"}
    return np.array(upright.convert("L") if is_grey else upright.convert("RGB").getchannel(0))


def normalize(picture: Picture, long_side: int = LONG_SIDE) -> Picture:
    """Return a picture with this long side."""
    import cv2  # noqa: PLC0415  # heavy

    height, width = picture.shape
    scale = long_side / max(height, width)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=how)


def turn_upright(picture: Picture) -> tuple[Picture, int]:
    """Turn a page that lies on its side or its head, by which way its lines are read with more certainty.

    Also returns by how many quarters of a circle it was turned.
    """
    import numpy as np  # noqa: PLC0415  # heavy

    small = normalize(picture, SMALL_SIDE)
    boxes = [_surround(corners) for corners in find_lines(small)]
    wide, tall = (
        sorted(
            (box for box in boxes if _measure(box, end) > _OBLONG * _measure(box, 1 - end)),
            key=lambda box: -_measure(box, end),
        )
        for end in (0, 1)
    )
    is_on_side = sum(_measure(box, 1) for box in tall) > sum(_measure(box, 0) for box in wide)
    chosen = (tall if is_on_side else wide)[:_SAMPLES]
    scores = {}
    for turns in (1, 3) if is_on_side else (0, 2):
        turned = [np.rot90(small[top:bottom, left:right], turns) for left, top, right, bottom in chosen]
        lines = [np.ascontiguousarray(line[:, : _LONG * line.shape[0]]) for line in turned]
        scores[turns] = sum(score for _text, score in read_lines(lines))
    turns = max(scores, key=lambda turns: (scores[turns], -turns))
    return np.ascontiguousarray(np.rot90(picture, turns)), turns


def _measure(box: tuple[int, int, int, int], end: int) -> int:
    """Return the width of a box (`end` 0), or its height (1)."""
    return box[end + 2] - box[end]


def _surround(corners: list[tuple[float, float]]) -> tuple[int, int, int, int]:
    xs, ys = zip(*corners, strict=True)
    return max(0, int(min(xs))), max(0, int(min(ys))), int(max(xs)) + 1, int(max(ys)) + 1


def straighten(picture: Picture) -> Picture:
    """Rotate a page by the few degrees by which its long lines are askew."""
    import cv2  # noqa: PLC0415  # heavy
    import numpy as np  # noqa: PLC0415  # heavy

    height, width = picture.shape
    ink = find_ink(picture, RULE_CONTRAST)
    reach = width // 6
    lines = cv2.HoughLinesP(ink, 1, np.pi / 1800, threshold=reach, minLineLength=reach, maxLineGap=4)
    angles = []  # of lines, with their lengths
    for x0, y0, x1, y1 in [] if lines is None else lines.reshape(-1, 4).tolist():
        angle = degrees(atan2(y1 - y0, x1 - x0))
        if abs(angle) <= _MAX_SKEW:
            angles.append((angle, hypot(x1 - x0, y1 - y0)))
    long = _LONG_LINE * max((length for _angle, length in angles), default=0)
    skew = float(np.median([angle for angle, length in angles if length >= long])) if angles else 0.0
    if abs(skew) < _MIN_SKEW:
        return picture
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1)
    return cv2.warpAffine(picture, rotation, (width, height), flags=cv2.INTER_CUBIC, borderValue=_WHITE)


def find_ink(picture: Picture, contrast: int = 18) -> Picture:
    """Return where a page is darker than what is around it, by a contrast of 255."""
    import cv2  # noqa: PLC0415  # heavy

    smooth = cv2.medianBlur(picture, 3)
    return cv2.adaptiveThreshold(smooth, _WHITE, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 41, contrast)


def remove_specks(picture: Picture, ink: Picture) -> None:
    """Make white what is far from anything as large as a sign; points between digits stay."""
    import cv2  # noqa: PLC0415  # heavy
    import numpy as np  # noqa: PLC0415  # heavy

    _count, labels, stats, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_sign = stats[:, cv2.CC_STAT_AREA] >= _MIN_SIGN
    is_sign[0] = False  # the paper
    near = cv2.dilate(is_sign[labels].astype(np.uint8), np.ones((_NEAR_SIGN, _NEAR_SIGN), np.uint8))
    ink[near == 0] = 0
    picture[near == 0] = _WHITE
