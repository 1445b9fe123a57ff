"""正文里有不能用的标记，没有照它印出。

正文是事实，不是程序：只能有段落、标题、列表、引用、强调、代码、表格、链接，以及用 { #place } 标记的位置。
链接只能指向 http、https、mailto 地址，或本文里的位置（#名称）。别的标记（样式、类别、属性、网页代码、
元数据）不起作用，只印其中的文字：打开报告的人不应当被带到别处，报告的样子也只由模板和版式定。

不对:

    [prose]
    other = "[点这里](javascript:alert(1))"

对:

    [prose]
    other = "[点这里](https://example.com/)"
"""

from collections.abc import Iterator

from nianbao.checks.context import PICTURE, CheckContext
from nianbao.checks.wording import make_markup_finding, quote_markup
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _

LEVEL = "warning"
SCOPE = "texts"
_MESSAGES = {
    "link": N_("链接 {words} 没有用，只印了它的文字：只能链接到 http、https、mailto 地址，或本文里的 #名称"),
    "attribute": N_("属性 {words} 没有用：正文里只能用 {{ #place }} 标记位置，名称用英文字母、数字、- 和 _，不能重复"),
    "element": N_("正文里不能用 {words}，只印了它的文字"),
    "depth": N_("列表、引用套得太深，里面的只印文字"),
    "width": N_("表格有 {words} 列，太宽了，只印文字"),
    "number": N_("列表的编号太大，改从 1 编起"),
    "metadata": N_("正文里不能写 --- 开头的元数据，照文字印出"),
    "brackets": N_("一段里的方括号太多，或套得太深，都照文字印出"),
}


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find markup that is not printed."""
    for item in context.dropped_markup:
        if item.kind != PICTURE:
            yield make_markup_finding(context, item, _(_MESSAGES[item.kind], words=quote_markup(item)))
