"""Pictures of a report in words and figures, before they are drawn in the way of a format."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from msgspec import Struct

from nianbao.compose import prose, template_context
from nianbao.compose.filling import fill_form_text
from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.model.period import Period
from nianbao.model.pictures import Picture
from nianbao.model.pictures.lines import Line, find_type, list_lines, name_headings
from nianbao.model.pictures.requests import list_pictures
from nianbao.model.report import Number, Report
from nianbao.model.value_types import VALUE_TYPES, ValueType

Earlier = Mapping[Period, Report | None]  # the periods before that of a report, oldest first; None: it has no report


class DrawnFigure(Struct, frozen=True):
    """A figure of a picture: its value, None where there is none, and its text."""

    value: Number | None
    text: str
    share: str = ""  # of the whole, as a percentage


class DrawnPicture(Struct, frozen=True, dict=True):
    """A picture: `cells` has a row for each series, with a figure for each category."""

    name: str  # in the page, unique there
    section: str
    draw: str
    title: str
    unit: str
    categories: tuple[str, ...]
    series: tuple[str, ...]
    cells: tuple[tuple[DrawnFigure, ...], ...]
    value_type: ValueType
    locale: Locale

    @cached_property
    def description(self) -> str:
        """The title and the figures in words, for those who do not see the picture."""
        colon, locale = self.locale.file.marks.colon, self.locale
        columns = [[row[at] for row in self.cells] for at in range(len(self.categories))]
        parts = []
        for category, figures in zip(self.categories, columns, strict=True):
            if len(self.series) == 1:
                parts.append(f"{category}{colon}{figures[0].text}")
                continue
            named = zip(self.series, figures, strict=True)
            texts = [f"{name}{colon}{one.text}{locale.put_in_brackets(one.share)}" for name, one in named]
            parts.append(f"{category}{locale.put_in_brackets(locale.join(texts))}" if category else locale.join(texts))
        return f"{self.heading}{colon}{locale.join(parts)}"

    @property
    def heading(self) -> str:
        """The title with the unit."""
        return self.title + self.locale.put_in_brackets(self.unit_words)

    @property
    def unit_words(self) -> str:
        """The words that say the unit; an empty text where there is none."""
        return self.locale.say("picture-unit", unit=self.unit) if self.unit else ""

    def format(self, value: Number) -> str:
        """Write a number of an axis."""
        return self.value_type.format(value, self.locale)


def compose_pictures(report: Report, earlier: Earlier) -> list[DrawnPicture]:
    """Compose the pictures of a report in the order of the page.

    `earlier` has the reports of the periods before, as far as pictures draw them.
    Raises `TemplateFillError` where a title cannot be filled.
    """
    sections = [section.id for section in report.form.sections]
    pictures = sorted(list_pictures(report), key=lambda picture: sections.index(picture.section))
    return [_compose(report, picture, earlier, number) for number, picture in enumerate(pictures, 1)]


def _compose(report: Report, picture: Picture, earlier: Earlier, number: int) -> DrawnPicture:
    form = report.form
    lines = list_lines(form, picture)
    value_type, unit = _find_type(form, lines)
    if picture.periods > 1:
        reports = _select_periods(report, picture, earlier)
        categories = [form.locale.format_period(period) for period in reports]
        flat = [line for group in lines for line in group]
        series = [line.label for line in flat]
        cells = [[_draw(line, one, form, value_type) for one in reports.values()] for line in flat]
    elif picture.parts:
        categories, series = name_headings(form, picture)
        cells = [[_draw(line, report, form, value_type) for line in part] for part in zip(*lines, strict=True)]
    else:
        flat = [line for group in lines for line in group]
        figures = [_draw(line, report, form, value_type) for line in flat]
        categories, series, cells = [line.label for line in flat], [""], [figures]
    if picture.draw == "share":
        categories, series = [""], categories
        cells = [[figure] for figure in _add_shares(cells[0], form.locale)]
    return DrawnPicture(
        name=f"picture-{number}",
        section=picture.section,
        draw=picture.draw,
        title=_fill_title(report, picture),
        unit=unit,
        categories=tuple(categories),
        series=tuple(series),
        cells=tuple(map(tuple, cells)),
        value_type=value_type,
        locale=form.locale,
    )


def _find_type(form: Form, lines: list[list[Line]]) -> tuple[ValueType, str]:
    addresses = [address for group in lines for line in group for address in line.list_addresses(form)]
    value_type, unit = find_type(form, addresses[0])
    return value_type or VALUE_TYPES["count"], unit


def _select_periods(report: Report, picture: Picture, earlier: Earlier) -> dict[Period, Report | None]:
    """Select the periods that are drawn, from the first that has a report to that of the report itself."""
    assert report.period is not None  # noqa: S101  # a report without a period is not composed
    before = list(earlier.items())[1 - picture.periods :]
    while before and before[0][1] is None:
        del before[0]
    return {**dict(before), report.period: report}


def _draw(line: Line, report: Report | None, form: Form, value_type: ValueType) -> DrawnFigure:
    if report is None:
        return DrawnFigure(None, form.locale.say("picture-no-report"))
    value = line.add_up(report)
    if value is None:
        return DrawnFigure(None, form.locale.say("picture-no-figure"))
    return DrawnFigure(value, value_type.format(value, form.locale))


def _add_shares(figures: list[DrawnFigure], locale: Locale) -> list[DrawnFigure]:
    whole = sum((Decimal(figure.value) for figure in figures if figure.value), start=Decimal(0))
    return [
        DrawnFigure(figure.value, figure.text, _format_share(figure.value, whole, locale))
        if figure.value is not None and whole
        else figure
        for figure in figures
    ]


def _format_share(value: Number, whole: Decimal, locale: Locale) -> str:
    return locale.format_percent((100 * Decimal(value) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP))


def _fill_title(report: Report, picture: Picture) -> str:
    if not any(one.title == picture.title for one in report.form.pictures):
        names = template_context.make_names(report)
        return prose.fill_prose(picture.title, names, "pictures", report.form.locale, plain=True)
    return fill_form_text(report, picture.title)
