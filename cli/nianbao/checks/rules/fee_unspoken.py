"""其他需要报告的事项没有写收取信息处理费的情况。

2021 版格式要求在第六部分报告依法收取信息处理费的情况，没有收取的也要写明没有收取。
写出 facts.processing_fee，标准文字就会写这一句；0 表示没有收取。
这是提醒，不妨碍生成。

依据：国办公开办函〔2021〕30号；国办函〔2020〕109号《政府信息公开信息处理费管理办法》。

不对:

    [prose]
    other = "没有其他需要报告的事项。"

对:

    [prose]
    other = "没有收取信息处理费，没有其他需要报告的事项。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_missing_topics
from nianbao.model.finding import Finding

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a section that must report fees and does not mention them."""
    yield from find_missing_topics(context)
