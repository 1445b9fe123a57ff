"""正文里的表列太多，数字在页面上要小于六号字才放得下。

一页的版心宽 156 毫米。列多、数字又长的表，PDF 里的字小得看不清，Word 文件里的数字被拆成几行。
拆成几个表，或者把行和列对调；数字可以换大一级的单位。

不对:

    [prose]
    other = '''
    |1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|
    |-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|
    |10037|10074|10111|10148|10185|10222|10259|10296|10333|10370|10407|10444|10481|10518|10555|10592|10629|10666|
    '''

对:

    [prose]
    other = '''
    |月|件|
    |-|-|
    |1|10037|
    |2|10074|
    |3|10111|
    '''
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_markup
from nianbao.compose.prose import CROWDED
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find tables of prose whose figures are too long for their columns."""
    yield from find_markup(context, CROWDED, N_("figure-too-long-for-column"), _("split-table-or-swap-rows"))
