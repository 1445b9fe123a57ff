"""正文里有不能用的标记，没有照它印出。

正文是事实，不是程序：只能有段落、标题、列表、引用、强调、代码、表格、链接、脚注，以及用 { #place } 标记的位置。
脚注写作 [^1]，它的文字另起一段，写在 [^1]: 后面，两样都要有；标题和链接里不能有。
链接只能指向 http、https、mailto 地址，或本文里的位置（#名称）。别的标记（样式、类别、属性、网页代码、
元数据）不起作用，只印其中的文字：打开报告的人不应当被带到别处，报告的样子也只由模板和版式定。
段落之间要空一行：没有空行的编号段落和表格，与上一行印成一段；用制表符隔开的表格，各格连成一段。
一行的格比表头多，多出的不印。

不对:

    [prose]
    other = "[点这里](javascript:alert(1))"

对:

    [prose]
    other = "[点这里](https://example.com/)"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import make_markup_finding, quote_markup
from nianbao.compose.prose import CROWDED, PICTURE
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _

LEVEL = "warning"
SCOPE = "texts"
_MESSAGES = {
    "link": N_("link-without-effect"),
    "attribute": N_("attribute-without-effect"),
    "element": N_("element-not-allowed"),
    "depth": N_("nested-too-deeply-to-print"),
    "width": N_("table-too-wide"),
    "number": N_("list-number-too-high"),
    "note": N_("note-printed-in-place"),
    "second_note": N_("note-text-written-twice"),
    "missing_note": N_("note-without-text"),
    "unused_note": N_("note-without-reference"),
    "metadata": N_("metadata-printed-as-text"),
    "brackets": N_("brackets-printed-as-text"),
    "signs": N_("signs-printed-as-text"),
    "joined": N_("line-joins-line-above"),
    "columns": N_("cells-run-together"),
    "cells": N_("cells-beyond-columns"),
    "inner_table": N_("table-in-table"),
}
_ELEMENTS = {  # of pandoc
    "BlockQuote": N_("element-quotation"),
    "BulletList": N_("element-list"),
    "CodeBlock": N_("element-code"),
    "DefinitionList": N_("element-definitions"),
    "Header": N_("element-heading"),
    "OrderedList": N_("element-list"),
    "SmallCaps": N_("element-small-capitals"),
    "Table": N_("element-table"),
    "Underline": N_("element-underline"),
}


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find markup that is not printed."""
    for item in context.dropped_markup:
        if item.kind not in {PICTURE, CROWDED}:
            words = _(_ELEMENTS[item.words]) if item.words in _ELEMENTS else quote_markup(item)
            yield make_markup_finding(context, item, _(_MESSAGES[item.kind], words=words))
