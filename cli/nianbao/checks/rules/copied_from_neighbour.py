"""两个机关自己写的文字大半相同。

一个部分自己写的文字有八成以上，逐句与同一期另一个机关的相同，是提醒。数字不同不算不同。
一次核对几个机关（例如 --all）才比得出来。

只看数据文件里写的文字，不看模板的标准文字和每期相同的事实；太短的部分和句子不比。

不对:

    # data/dist-1/2023.toml
    [facts]
    problems     = ["部分科室对公开范围把握不准，有的信息没有按时公开，群众反映较多"]
    improvements = ["今年将按季度检查各科室的公开栏目，及时更新，并在年底前通报"]
    # data/dist-2/2023.toml
    [facts]
    problems     = ["部分科室对公开范围把握不准，有的信息没有按时公开，群众反映较多"]
    improvements = ["今年将按季度检查各科室的公开栏目，及时更新，并在年底前通报"]

对:

    # data/dist-1/2023.toml
    [facts]
    problems     = ["部分科室对公开范围把握不准，有的信息没有按时公开，群众反映较多"]
    improvements = ["今年将按季度检查各科室的公开栏目，及时更新，并在年底前通报"]
    # data/dist-2/2023.toml
    [facts]
    problems     = ["申请答复里有两件超过了法定期限，原因是转办时没有当天登记"]
    improvements = ["改为收到当天登记，由专人每周核对一次进度，逾期的当面说明"]
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_place
from nianbao.compose import document
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words

LEVEL = "warning"
SCOPE = "neighbours"

MAX_SHOWN = 5  # names of further offices


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every section that is mostly the same as that of another office."""
    for shared in context.neighbours or ():
        address, place = find_place(context, shared.section, "")
        message = _(
            "prose-shared-with-neighbour",
            heading=document.compose_heading(context.report, shared.section),
            share=shared.share,
            office=shared.office,
        )
        others = join_words(shared.others[:MAX_SHOWN])
        notes = (_("prose-shared-with-others", others=others, count=len(shared.others)),) if shared.others else ()
        yield context.make_finding(address, message, notes=notes, place=place)
