"""What templates write values with: each type of value as the language of the document has it, and filters."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from jinja2 import TemplateError

from nianbao.compose.markdown import Markdown, escape
from nianbao.compose.template_context import AbsentFact, NumberOfType, TextOfType, Year, describe_no_value
from nianbao.model.i18n import _, translate
from nianbao.model.locale import Locale
from nianbao.model.value_types import find_currency_places

_MAX_PLACES = 12  # of a number that is printed as it is; a quotient has more


def format_value(value: object, locale: Locale) -> str:
    """Write a value as plain text; raises TemplateError for what is none, and for an absent fact."""
    if isinstance(value, AbsentFact):
        if value.printed is None:
            raise TemplateError(_("data-file-lacks-fact", address=value.address, label=translate(value.label)))
        return value.printed
    if isinstance(value, NumberOfType | TextOfType):
        return value.value_type.format(value, locale)
    if isinstance(value, str | Year):
        return str(value)
    if isinstance(value, list):
        return locale.format_list([format_value(item, locale) for item in value])
    return _format_plain_value(value, locale)


def _format_plain_value(value: object, locale: Locale) -> str:
    if isinstance(value, bool):
        return locale.format_yes_no(value)
    if isinstance(value, int | Decimal):
        return _format_number(value, locale)
    if isinstance(value, date):
        return locale.format_date(value)
    raise TemplateError(describe_no_value(value))


def _format_number(number: int | Decimal, locale: Locale) -> str:
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else 0
    if not isinstance(exponent, int) or -exponent > _MAX_PLACES:
        raise TemplateError(_("round-before-printing"))
    return locale.format_number(number)


def to_markdown(value: object, locale: Locale) -> Markdown:
    """Write a value as Markdown that prints as it is; a URL becomes a link."""
    if isinstance(value, Markdown):
        return value
    text = format_value(value, locale)
    if isinstance(value, TextOfType) and value.value_type.name == "url":
        return Markdown(f"[{escape(text)}](<{text}>)")
    return Markdown(text) if isinstance(value, int | Decimal) else escape(text)


def divide(left: object, right: object) -> Decimal:
    """Divide exactly, as the operator `/` of templates does; raises TemplateError with the reason."""
    numerator, denominator = _require_number(left), _require_number(right)
    if not denominator:
        raise TemplateError(_("division-by-zero"))
    return numerator / denominator


def _require_number(value: object) -> Decimal:
    if isinstance(value, AbsentFact):
        raise TemplateError(_("data-file-lacks-fact", address=value.address, label=translate(value.label)))
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TemplateError(_("must-be-number", value=str(value)[:40]))
    return Decimal(str(value))


def _round(value: object, places: int = 0) -> Decimal:
    """Round half up, as people do, and keep the digits asked for."""
    return _require_number(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _quote(value: object, locale: Locale) -> Markdown:
    """Quote a value for the metadata of the page, where it is read as Markdown within YAML."""
    return Markdown(json.dumps(escape(format_value(value, locale)), ensure_ascii=False))


def make_filters(locale: Locale) -> Mapping[str, Callable[..., object]]:
    """Make the filters of templates, which write in a language. An absent cell is written as in its table."""

    def write(format_it: Callable[..., str]) -> Callable[..., str]:
        def apply(value: object, *arguments: object) -> str:
            absent = isinstance(value, AbsentFact) and value.printed is not None
            return format_value(value, locale) if absent else format_it(value, *arguments)

        return apply

    def number(value: object, places: int | None = None) -> str:
        return locale.format_number(_require_number(value) if places is None else _round(value, places))

    def percent(value: object, places: int | None = None) -> str:
        return locale.format_percent(_require_number(value) if places is None else _round(value, places))

    def money(value: object, currency: str) -> str:
        find_currency_places(currency)  # which tells an unknown one
        return locale.format_money(_require_number(value), currency)

    def day(value: object, pattern: str = "") -> str:
        if isinstance(value, AbsentFact):
            raise TemplateError(_("data-file-lacks-fact", address=value.address, label=translate(value.label)))
        if not isinstance(value, date):
            raise TemplateError(_("must-be-date", value=str(value)[:40]))
        return locale.format_date(value, pattern)

    return {
        "markdown": Markdown,
        "quoted": lambda value: _quote(value, locale),
        "round": _round,
        "number": write(number),
        "percent": write(percent),
        "money": write(money),
        "date": write(day),
        "list": lambda items: locale.format_list([format_value(item, locale) for item in items]),
    }
