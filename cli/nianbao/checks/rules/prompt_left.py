"""新建的数据文件里的提示还没有换成本机关的事实。

report new 和 report init 写出的文件里，有几处是提示，例如机关全称处写着“请填写”。
文件一建好就能生成，好先看看样子，所以这是提醒而不是错误；但提示会照样印出来，所以不换掉它，印出来的总是草稿，
也不能用 [[accept]] 接受。
其他待填的记号一律是错误，见 placeholder-left。

不对:

    [agency]
    name = "（请填写机关全称）"

对:

    [agency]
    name = "某市某局"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_prompts
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every fact that is still the prompt of a new data file."""
    for address in find_prompts(context.report):
        fact = address.rpartition(".")[0] if address.rpartition(".")[2].isdecimal() else address
        label = context.report.form.labels.get(fact, fact)
        message = _("prompt-still-there", label=translate(label))
        yield context.make_finding(address, message, label=_("write-the-fact"), fix=_("build-is-draft-until-filled"))
