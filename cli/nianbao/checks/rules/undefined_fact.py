"""正文里的 {{ 占位 }} 没有对应的事实。

占位写错了名称，或者事实没有写，印出来就少一个数，所以算错，不会悄悄印成空白。
正文里能用的名称，就是数据文件里各个值的地址，例如 requests.received.total。

不对:

    [prose]
    other = "新收申请{{ requests.recieved.total }}件。"

对:

    [prose]
    other = "新收申请{{ requests.received.total }}件。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_placeholder_faults
from nianbao.model.finding import Finding

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every placeholder in the prose that names an unknown fact."""
    yield from find_placeholder_faults(context)
