"""正文里的占位写法不对。

正文是 Markdown，里面可以用 {{ 事实 }} 取数，也可以把几个事实相加、相减，例如
{{ requests.received.total + requests.carried_in.total }}；其他写法（判断、循环、函数）属于模板，不能写在数据里。

不对:

    [prose]
    other = "{% if year %}无。{% endif %}"

对:

    [prose]
    other = "{{ year }}年没有其他需要报告的事项。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_placeholder_faults
from nianbao.model.finding import Finding

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every placeholder in the prose with invalid syntax."""
    yield from find_placeholder_faults(context)
