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

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_markup
from nianbao.compose.prose import PICTURE
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find pictures, which are not printed."""
    yield from find_markup(context, PICTURE, N_("picture-not-printed"), _("delete-picture"))
