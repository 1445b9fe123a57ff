"""正文里有图片，没有印出来。

报告是一个不向外取任何东西的文件，不取网络上的图片，也不读本机的图片；印出来的只有图片的说明文字。

不对:

    [prose]
    other = "![示意图](https://example.com/a.png)"

对:

    [prose]
    other = "无。"
"""

from collections.abc import Iterator

from nianbao.checks.context import PICTURE, CheckContext
from nianbao.checks.wording import make_markup_finding, quote_markup
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find pictures, which are not printed."""
    for item in context.dropped_markup:
        if item.kind == PICTURE:
            message = _("picture-not-printed", source=quote_markup(item))
            yield make_markup_finding(context, item, message, fix=_("delete-picture"))
