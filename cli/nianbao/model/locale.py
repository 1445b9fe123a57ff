"""The language of a document: how it writes dates, numbers and lists, and the words that are put into its files.

It belongs to the kind of document, not to the person who runs the command: messages to people are in `i18n`.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.period import Period
from nianbao.model.values.durations import parse_duration

_NAMES = re.compile("MMM|E")  # fields of a date that are names of months or days
_NUMERIC_FIELDS = re.compile(r"y|MM?|dd?")


class DateFormats(Shape, frozen=True):
    """How dates and periods are written."""

    day: Annotated[Text, Meta(description="日期，用 CLDR 的字段：y 年，M 月，MMMM 月名，d 日")]
    month: Annotated[Text, Meta(description="一月，用 CLDR 的字段")]
    quarter: Annotated[Text, Meta(description="一季，{year} 年份，{number} 第几个")]
    half_year: Annotated[Text, Meta(description="半年，{year} 年份，{number} 第几个")]
    year: Annotated[Text, Meta(description="一年，{year} 是年份")] = "{year}"


class NumberFormats(Shape, frozen=True):
    """How numbers are written."""

    group: Annotated[str, Meta(description="千分位的符号；空的就是不分")] = ""
    decimal: Annotated[Text, Meta(description="小数点")] = "."
    percent: Annotated[Text, Meta(description="百分比，{number} 是数")] = "{number}%"


class DurationFormats(Shape, frozen=True):
    """How durations are written: each unit with {number}, and in the plural where that differs."""

    day: Annotated[Text, Meta(description="一天，{number} 是数")] = "{number} d"
    hour: Annotated[Text, Meta(description="一小时")] = "{number} h"
    minute: Annotated[Text, Meta(description="一分钟")] = "{number} min"
    second: Annotated[Text, Meta(description="一秒")] = "{number} s"
    days: Annotated[str, Meta(description="几天；不写就同一天")] = ""
    hours: Annotated[str, Meta(description="几小时；不写就同一小时")] = ""
    minutes: Annotated[str, Meta(description="几分钟；不写就同一分钟")] = ""
    seconds: Annotated[str, Meta(description="几秒；不写就同一秒")] = ""
    join: Annotated[str, Meta(description="各单位之间")] = " "


class ListFormats(Shape, frozen=True):
    """How words are listed in a sentence."""

    join: Annotated[Text, Meta(description="各项之间")]
    last: Annotated[str, Meta(description="最后两项之间；不写就同上")] = ""
    pair: Annotated[str, Meta(description="只有两项时它们之间；不写就同上")] = ""


class Marks(Shape, frozen=True):
    """Signs and short words on a page."""

    draft: Annotated[Text, Meta(description="草稿，印在每页上")]
    draft_title: Annotated[Text, Meta(description="草稿，放在网页的标题前面")]
    page_number: Annotated[Text, Meta(description="页码，{number} 是第几页")]
    no_glyph: Annotated[Text, Meta(description="没有字体能显示的字，{code} 是它的编码")]
    yes: Annotated[Text, Meta(description="是")]
    no: Annotated[Text, Meta(description="否")]
    nothing: Annotated[str, Meta(description="没有数的格里印什么")] = ""
    colon: Annotated[Text, Meta(description="冒号，连同后面的空格")] = ": "
    brackets: Annotated[Text, Meta(description="括号，{words} 是括号里的字")] = " ({words})"


class LocaleFile(Shape, frozen=True):
    """The file of a locale, `templates/locales/<language>.toml`."""

    name: Annotated[Text, Meta(description="语言的名称")]
    dates: Annotated[DateFormats, Meta(description="日期和报告期怎样写")]
    lists: Annotated[ListFormats, Meta(description="列举怎样写")]
    marks: Annotated[Marks, Meta(description="页面上的记号")]
    words: Annotated[dict[str, str], Meta(description="写进文书、数据文件和 Excel 表里的话，{…} 处填值")]
    numbers: Annotated[NumberFormats, Meta(description="数怎样写")] = NumberFormats()
    durations: Annotated[DurationFormats, Meta(description="时长怎样写")] = DurationFormats()
    base: Annotated[str, Meta(description="底本：另一种语言，这里只写与它不同的")] = ""


class Locale:
    """A language with its formats; `language` is a tag of BCP 47, such as zh-CN."""

    def __init__(self, language: str, file: LocaleFile) -> None:
        self.language, self.file = language, file

    @property
    def _babel_name(self) -> str:
        return self.language.replace("-", "_")

    def say(self, key: str, /, **values: object) -> str:
        """Return words to be put into a file, by their key in `words`, with the values filled in."""
        return self.file.words[key].format(**values)

    def format_date(self, day: date, pattern: str = "") -> str:
        """Write a date, by a pattern of CLDR or as the language does; raises ValueError for a faulty pattern."""
        return self._format_date(day, pattern or self.file.dates.day)

    def format_period(self, period: Period) -> str:
        """Write a period: 2024年, 2024年第3季度, the third quarter of 2024."""
        dates = self.file.dates
        if period.unit == "event":
            return self.format_date(date.fromisoformat(str(period)))
        if period.unit == "month":
            return self._format_date(date(period.year, period.number, 1), dates.month)
        words = {"year": dates.year, "half-year": dates.half_year, "quarter": dates.quarter}[period.unit]
        return words.format(year=period.year, number=period.number)

    def format_number(self, number: int | Decimal) -> str:
        """Write a number with all its digits, without an exponent."""
        numbers = self.file.numbers
        if not numbers.group and numbers.decimal == ".":
            return format(number, "f") if isinstance(number, Decimal) else str(number)
        text = f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
        return text.translate({ord(","): numbers.group, ord("."): numbers.decimal})

    def format_percent(self, number: int | Decimal) -> str:
        """Write a percentage, with the sign."""
        return self.file.numbers.percent.format(number=self.format_number(number))

    def format_money(self, number: int | Decimal, currency: str) -> str:
        """Write an amount of a currency, such as USD, with its sign and its usual digits after the point."""
        from babel.numbers import format_currency  # noqa: PLC0415  # slow to import, and few documents need it

        return format_currency(number, currency, locale=self._babel_name)

    def format_duration(self, text: str) -> str:
        """Write a duration such as 1h30m; a text that is none stays as it is."""
        formats = self.file.durations
        return (
            formats.join.join(
                ((number != 1 and getattr(formats, f"{unit}s")) or getattr(formats, unit)).format(
                    number=self.format_number(number)
                )
                for unit, number in parse_duration(text).items()
            )
            or text
        )

    def format_yes_no(self, value: bool) -> str:  # noqa: FBT001  # the value that is printed
        """Write yes or no."""
        return self.file.marks.yes if value else self.file.marks.no

    def format_list(self, items: Sequence[str]) -> str:
        """Write words as a list within a sentence."""
        lists = self.file.lists
        last = lists.last or lists.join
        if len(items) == 2:  # noqa: PLR2004  # a pair
            return (lists.pair or last).join(items)
        return last.join(filter(None, (lists.join.join(items[:-1]), *items[-1:])))

    def _format_date(self, day: date, pattern: str) -> str:
        if _NAMES.search(pattern):
            from babel.dates import format_date  # noqa: PLC0415  # slow to import, and only some languages need it

            return format_date(day, pattern, locale=self._babel_name)
        fields = {"y": f"{day.year}", "M": f"{day.month}", "MM": f"{day:%m}", "d": f"{day.day}", "dd": f"{day:%d}"}
        return _NUMERIC_FIELDS.sub(lambda match: fields[match[0]], pattern)
