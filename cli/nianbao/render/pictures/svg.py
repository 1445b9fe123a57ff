"""Draw a picture as SVG: bars from left to right, whose labels may be long, and lines over periods."""

from decimal import Decimal
from math import ceil, floor, log10

from nianbao.compose.pictures import DrawnFigure, DrawnPicture
from nianbao.render.pictures.canvas import LINE, SIZE, WIDTH, Canvas, measure, wrap

_LABEL_WIDTH = 140.0  # that labels of bars have at most
_BAR = 16.0
_GAP = 9.0  # between bars of two categories
_MANY = 12  # categories, which stand closer together, with labels of one line where possible
_CLOSE_GAP, _WIDE_LABEL = 4.0, 250.0
_LEAST = 1.0  # of a bar that is not 0
_PLOT = 200.0  # height of lines
_STEPS = 5  # of an axis, at most
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
_SWATCH = 12.0


def draw_svg(picture: DrawnPicture) -> str:
    """Draw a picture."""
    canvas = Canvas(picture.title, picture.description)
    _draw_title(canvas, picture)
    if picture.draw == "share":
        _draw_share(canvas, picture)
    else:
        if len(picture.series) > 1:
            _draw_legend(canvas, picture)
        (_draw_lines if picture.draw == "lines" else _draw_bars)(canvas, picture)
    canvas.height += 4
    return canvas.write()


def _draw_title(canvas: Canvas, picture: DrawnPicture) -> None:
    for line in wrap(picture.title, WIDTH - 20):
        canvas.height += LINE + 2
        canvas.text(WIDTH / 2, canvas.height, line, "middle", bold=True)
    if picture.unit:
        canvas.height += LINE
        canvas.text(WIDTH - 4, canvas.height, picture.unit_words, "end")
    canvas.height += 8


def _draw_legend(canvas: Canvas, picture: DrawnPicture) -> None:
    x, y = 4.0, canvas.height
    for series, label in enumerate(picture.series):
        lines = wrap(label, WIDTH - 40)
        width = _SWATCH + 6 + max(map(measure, lines)) + 14
        if x > 4.0 and x + width > WIDTH:  # noqa: PLR2004  # the left margin
            x, y = 4.0, y + LINE + 3
        if picture.draw == "lines":
            canvas.line([(x - 2, y + 6), (x + _SWATCH + 3, y + 6)], "edge", _DASHES[series % len(_DASHES)])
            canvas.marker(x + _SWATCH / 2, y + 6, series)
        else:
            canvas.bar(x, y, _SWATCH, _SWATCH, series)
        for at, line in enumerate(lines):
            canvas.text(x + _SWATCH + 6, y + 11 + at * LINE, line)
        y += (len(lines) - 1) * LINE
        x += width
    canvas.height = y + LINE + 8


# ── bars ─────────────────────────────────────────────────────────────────────────────────────────────


def _draw_bars(canvas: Canvas, picture: DrawnPicture) -> None:
    is_long = len(picture.categories) > _MANY
    gap = _CLOSE_GAP if is_long else _GAP
    labels = [wrap(label, _WIDE_LABEL if is_long else _LABEL_WIDTH) for label in picture.categories]
    texts = [figure.text for row in picture.cells for figure in row]
    stacked = picture.draw == "stacked"
    beside = 10.0 if stacked else max(map(measure, texts)) + 8  # room for numbers
    left = max(measure(line) for lines in labels for line in lines) + 10
    least, most, step = _scale(picture, WIDTH - beside - left)
    left += beside if least < 0 else 0
    unit = (WIDTH - beside - left) / (most - least)
    zero, top = left - least * unit, canvas.height
    heights = [_measure_group(picture, at, len(lines), unit) + gap for at, lines in enumerate(labels)]
    bottom = top + sum(heights) + gap
    _draw_axis(canvas, picture, (left, unit, least, most, step), (top, bottom))
    y = top + gap
    for at, (lines, height) in enumerate(zip(labels, heights, strict=True)):
        figures = [row[at] for row in picture.cells]
        inner = height - gap
        first = y + (inner - (len(lines) - 1) * LINE) / 2 + SIZE / 3
        for number, line in enumerate(lines):
            canvas.text(left - 8 - (beside if least < 0 else 0), first + number * LINE, line, "end")
        if stacked:
            _draw_stack(canvas, picture, figures, (zero, unit), y)
        elif len({(figure.value, figure.text) for figure in figures}) == 1 and figures[0].value is None:
            canvas.text(zero + 4, y + inner / 2 + SIZE / 3, figures[0].text)  # once for all
        else:
            start = y + (inner - _BAR * len(figures)) / 2
            for series, figure in enumerate(figures):
                _draw_bar(canvas, figure, (zero, unit), start + series * _BAR, series)
        y += height
    canvas.line([(zero, top), (zero, bottom)], "edge")
    canvas.height = bottom + LINE + 4


def _measure_group(picture: DrawnPicture, at: int, lines: int, unit: float) -> float:
    figures = [row[at] for row in picture.cells]
    bars = _BAR * (1 if picture.draw == "stacked" else len(figures))
    if picture.draw == "stacked":
        bars += LINE * len(_list_rest(picture, figures, unit))
    return max(bars, lines * LINE)


def _draw_axis(
    canvas: Canvas,
    picture: DrawnPicture,
    scale: tuple[float, float, float, float, float],
    ends: tuple[float, float],
) -> None:
    left, unit, least, most, step = scale
    top, bottom = ends
    for at in range(round(least / step), round(most / step) + 1):
        x = left + (at * step - least) * unit
        canvas.line([(x, top), (x, bottom)])
        canvas.text(x, bottom + LINE, _name_step(picture, at, step), "middle")


def _draw_bar(canvas: Canvas, figure: DrawnFigure, scale: tuple[float, float], y: float, series: int) -> None:
    zero, unit = scale
    value = float(figure.value or 0)
    width = max(abs(value) * unit, _LEAST) if value else 0
    if value:
        canvas.bar(zero - width if value < 0 else zero, y + 1, width, _BAR - 2, series)
    if value < 0:
        canvas.text(zero - width - 4, y + _BAR / 2 + SIZE / 3, figure.text, "end")
    else:
        canvas.text(zero + width + 4, y + _BAR / 2 + SIZE / 3, figure.text)


def _fits(figure: DrawnFigure, unit: float) -> bool:
    return figure.value is not None and float(figure.value) * unit >= measure(figure.text) + 6


def _draw_stack(
    canvas: Canvas, picture: DrawnPicture, figures: list[DrawnFigure], scale: tuple[float, float], y: float
) -> None:
    zero, unit = scale
    x = zero
    for series, figure in enumerate(figures):
        width = float(figure.value or 0) * unit
        if width:
            canvas.bar(x, y + 1, width, _BAR - 2, series)
        if _fits(figure, unit):
            room = measure(figure.text)
            canvas.ground(x + (width - room) / 2 - 1, y + _BAR / 2 + SIZE / 3, room + 2)
            canvas.text(x + width / 2, y + _BAR / 2 + SIZE / 3, figure.text, "middle")
        x += width
    for at, line in enumerate(_list_rest(picture, figures, unit)):
        canvas.text(zero + 4, y + _BAR + SIZE + at * LINE, line)


def _list_rest(picture: DrawnPicture, figures: list[DrawnFigure], unit: float) -> list[str]:
    """Write the figures whose part of the bar is too narrow for them as lines below it."""
    colon = picture.locale.file.marks.colon
    rest = [
        f"{name}{colon}{one.text}" for name, one in zip(picture.series, figures, strict=True) if not _fits(one, unit)
    ]
    return wrap(picture.locale.join(rest), WIDTH - _LABEL_WIDTH - 20) if rest else []


def _draw_share(canvas: Canvas, picture: DrawnPicture) -> None:
    figures = [row[0] for row in picture.cells]
    whole = sum(float(figure.value or 0) for figure in figures)
    x, left = 4.0, 4.0
    for series, figure in enumerate(figures):
        width = float(figure.value or 0) / whole * (WIDTH - 8) if whole else 0
        if width:
            canvas.bar(x, canvas.height, width, 30, series)
        x += width
    if not whole:
        canvas.line([(left, canvas.height), (left, canvas.height + 30)], "edge")
    canvas.height += 42
    room = max(measure(figure.text + picture.locale.put_in_brackets(figure.share)) for figure in figures) + 4
    for series, (label, figure) in enumerate(zip(picture.series, figures, strict=True)):
        canvas.bar(left, canvas.height, _SWATCH, _SWATCH, series)
        canvas.text(WIDTH - 4, canvas.height + 11, figure.text + picture.locale.put_in_brackets(figure.share), "end")
        for line in wrap(label, WIDTH - _SWATCH - 16 - room):
            canvas.text(left + _SWATCH + 6, canvas.height + 11, line)
            canvas.height += LINE + 2


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────


def _draw_lines(canvas: Canvas, picture: DrawnPicture) -> None:
    least, most, step = _scale(picture)
    names = [_name_step(picture, at, step) for at in range(round(least / step), round(most / step) + 1)]
    left, top = max(map(measure, names)) + 12, canvas.height + LINE
    count = len(picture.categories)
    across = (WIDTH - left - 8) / count
    unit = _PLOT / (most - least)

    def find_point(at: int, value: float) -> tuple[float, float]:
        return left + across * (at + 0.5), top + (most - value) * unit

    for at, name in enumerate(names):
        y = find_point(0, (round(least / step) + at) * step)[1]
        canvas.line([(left, y), (WIDTH - 8, y)])
        canvas.text(left - 6, y + SIZE / 3, name, "end")
    y = find_point(0, 0)[1]
    canvas.line([(left, y), (WIDTH - 8, y)], "edge")
    for series, row in enumerate(picture.cells):
        for run in _list_runs([figure.value for figure in row]):
            points = [find_point(at, float(row[at].value or 0)) for at in run]
            if len(points) > 1:
                canvas.line(points, "edge", _DASHES[series % len(_DASHES)])
            for x, y in points:
                canvas.marker(x, y, series)
    below = top + _PLOT + LINE + 3
    lowest = below
    for at, category in enumerate(picture.categories):
        figures = [row[at] for row in picture.cells]
        _write_numbers(canvas, figures, [find_point(at, float(figure.value or 0)) for figure in figures], top)
        missing = [*dict.fromkeys(figure.text for figure in figures if figure.value is None)]
        lines = [part for text in (category, *missing) for part in wrap(text, max(across - 4, 3 * SIZE))]
        for number, line in enumerate(lines):
            canvas.text(left + across * (at + 0.5), below + number * LINE, line, "middle")
        lowest = max(lowest, below + (len(lines) - 1) * LINE)
    canvas.height = lowest + 6


def _list_runs(values: list[object]) -> list[list[int]]:
    """List the runs of values between those that are absent, as the numbers of their places."""
    runs: list[list[int]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(at)
    return [run for run in runs if run]


def _write_numbers(canvas: Canvas, figures: list[DrawnFigure], points: list[tuple[float, float]], top: float) -> None:
    """Write numbers above their points, from the lowest upwards, none over another."""
    free = top + _PLOT + LINE
    known = [(y, x, figure.text) for (x, y), figure in zip(points, figures, strict=True) if figure.value is not None]
    for y, x, text in sorted(known, reverse=True):
        at = min(y - 7, free)
        canvas.text(x, at, text, "middle")
        free = at - SIZE - 1


# ── scales ───────────────────────────────────────────────────────────────────────────────────────────


def _scale(picture: DrawnPicture, width: float = 0) -> tuple[float, float, float]:
    """Return the ends of the axis of numbers, which has 0, and its step: 1, 2 or 5 times a power of ten.

    On an axis of some width the steps leave room for their numbers.
    """
    columns = [[float(row[at].value or 0) for row in picture.cells] for at in range(len(picture.categories))]
    tops = [sum(column) for column in columns] if picture.draw == "stacked" else [max(column) for column in columns]
    most = max(0.0, *tops)
    least = min(0.0, *(value for column in columns for value in column))
    span = most - least
    if not span:
        return 0.0, 1.0, 1.0
    widest = max(measure(figure.text) for row in picture.cells for figure in row)
    steps = max(1, min(_STEPS, floor(width / (widest + 3 * SIZE)))) if width else _STEPS
    power = 10.0 ** floor(log10(span / steps))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= steps)
    if not picture.value_type.places:
        step = max(step, 1.0)
    return floor(least / step) * step, max(ceil(most / step), floor(least / step) + 1) * step, step


def _name_step(picture: DrawnPicture, at: int, step: float) -> str:
    value = Decimal(at) * Decimal(f"{step:.6g}")
    return picture.format(int(value) if value == int(value) else value.normalize())
