"""总体情况没有写到规定的某一个方面。

2021 版格式的总体情况要写五个方面：主动公开、依申请公开、政府信息管理、政府信息公开平台建设、监督保障。
没有新情况的方面也应当有一句话。怎样算写到，看格式文件里 vocabulary.expected 的说法。
这是提醒，不妨碍生成。

依据：国办公开办函〔2021〕30号所附格式。

不对:

    [prose]
    overview = "2021年，主动公开信息30条，收到依申请公开2件。"

对:

    [prose]
    overview = "2021年，主动公开信息30条，收到依申请公开2件，完善了政府信息管理制度，改版了网站，组织了一次考核。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_missing_topics
from nianbao.model.finding import Finding

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every aspect that a section must mention and does not."""
    yield from find_missing_topics(context)
