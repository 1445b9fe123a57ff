"""The language of a document: how it writes dates, numbers and lists, and the words that are put into its files.

It belongs to the kind of document, not to the person who runs the command: messages to people are in `i18n`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated

from msgspec import Meta

from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.period import Period

_NAMES = re.compile("MMM|E")  # fields of a date that are names of months or days
_NUMERIC_FIELDS = re.compile(r"y|MM?|dd?")
_SIZE = Meta(ge=1, le=10_000)
_PATTERN = Meta(pattern=r"\S")
_PATTERN_KEYS = ("sentence_end", "part_end", "year", "not_count_before", "not_count_after")


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


class LeastCharacters(Shape, frozen=True):
    """From how many characters on texts are compared; shorter ones may be equal by chance."""

    paragraph: Annotated[int, _SIZE, Meta(description="一份报告里不该出现两次的一段")] = 80
    section: Annotated[int, _SIZE, Meta(description="一个部分里自己写的文字")] = 200
    sentence: Annotated[int, _SIZE, Meta(description="不该与去年一字不差的一句")] = 120
    fact: Annotated[int, _SIZE, Meta(description="成句的事实；再短就是名称")] = 48
    run: Annotated[int, _SIZE, Meta(description="两份报告共有的一串字")] = 40


class TextFormats(Shape, frozen=True):
    """How prose is read by the rules: patterns are regular expressions."""

    sentence_end: Annotated[str, _PATTERN, Meta(description="一句话结束的地方")] = r"[.?!](?=\s|$)"
    part_end: Annotated[str, _PATTERN, Meta(description="与别的报告比较的一句或半句结束的地方")] = r"[.?!;](?=\s|$)"
    clause_end: Annotated[Text, Meta(description="隔开半句话的标点")] = ",;:()"
    gap: Annotated[int, _SIZE, Meta(description="说法里的 … 至多代表多少个字")] = 48
    year: Annotated[str, _PATTERN, Meta(description="正文里的一个年份，括号里是数字")] = r"\b((?:19|20)\d\d)\b"
    digits: Annotated[str, Meta(description="年份的另一种写法，从 0 到 9；没有就是空的")] = ""
    zeros: Annotated[str, Meta(description="这种写法里 0 的别的字形")] = ""
    blanks: Annotated[bool, Meta(description="词与词之间有空格")] = True
    not_count_before: Annotated[str, _PATTERN, Meta(description="一个数前面有它，就不是件数一类的数")] = "[(#]"
    not_count_after: Annotated[str, _PATTERN, Meta(description="一个数后面有它，就不是件数一类的数")] = "[%:-]"
    prompts: Annotated[tuple[Annotated[str, _PATTERN], ...], Meta(description="待填的记号")] = ()
    least: Annotated[LeastCharacters, Meta(description="多少个字以上的文字才比较")] = LeastCharacters()


class LocaleFile(Shape, frozen=True):
    """The file of a locale, `templates/locales/<language>.toml`."""

    name: Annotated[Text, Meta(description="语言的名称")]
    dates: Annotated[DateFormats, Meta(description="日期和报告期怎样写")]
    lists: Annotated[ListFormats, Meta(description="列举怎样写")]
    marks: Annotated[Marks, Meta(description="页面上的记号")]
    words: Annotated[dict[str, str], Meta(description="写进文书、数据文件和 Excel 表里的话，{…} 处填值")]
    numbers: Annotated[NumberFormats, Meta(description="数怎样写")] = NumberFormats()
    text: Annotated[TextFormats, Meta(description="核对正文时怎样读它")] = TextFormats()
    base: Annotated[str, Meta(description="底本：另一种语言，这里只写与它不同的")] = ""


class Locale:
    """A language with its formats; `language` is a tag of BCP 47, such as zh-CN."""

    def __init__(self, language: str, file: LocaleFile) -> None:
        self.language, self.file = language, file
        self.text = file.text

    @cached_property
    def gap(self) -> str:
        """The pattern that `…` stands for in phrases of a form: a few characters, no digit and no punctuation mark."""
        signs = re.escape(self.text.clause_end + self.file.lists.join.strip())
        return rf"[^{signs}\d\n]{{0,{self.text.gap}}}?"

    @cached_property
    def sentence_end(self) -> re.Pattern[str]:
        """The end of a sentence or a line."""
        return re.compile(rf"{self.text.sentence_end}|\n")

    @cached_property
    def part_end(self) -> re.Pattern[str]:
        """The end of a sentence, of an independent part of one, or of a line."""
        return re.compile(rf"{self.text.part_end}|\n")

    def say(self, key: str, /, **values: object) -> str:
        """Return words to be put into a file, by their key in `words`, with the values filled in."""
        return self.file.words[key].format(**values)

    def format_date(self, day: date) -> str:
        """Write a date."""
        return self._format_date(day, self.file.dates.day)

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

            return format_date(day, pattern, locale=self.language.replace("-", "_"))
        fields = {"y": f"{day.year}", "M": f"{day.month}", "MM": f"{day:%m}", "d": f"{day.day}", "dd": f"{day:%d}"}
        return _NUMERIC_FIELDS.sub(lambda match: fields[match[0]], pattern)


def find_faults(file: LocaleFile) -> Iterator[Fault]:
    """Find patterns of a locale that are no regular expressions, or that lack the group of a year."""
    patterns: list[tuple[Keys, str]] = [(("text", key), getattr(file.text, key)) for key in _PATTERN_KEYS]
    patterns += [(("text", "prompts", number), text) for number, text in enumerate(file.text.prompts)]
    for keys, text in patterns:
        try:
            groups = re.compile(text).groups
        except re.error as error:
            yield Fault(keys, _("not-regular-expression", text=text, error=error))
        else:
            if keys == ("text", "year") and groups != 1:
                yield Fault(keys, _("year-pattern-needs-group"))
    if len(file.text.digits) not in {0, 10}:
        yield Fault(("text", "digits"), _("digits-should-be-ten"))
