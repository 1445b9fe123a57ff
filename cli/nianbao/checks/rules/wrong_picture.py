"""[[pictures]] 要画的图画不出来，或者画出来是空的。

图里的每个数都按地址取自数据文件：没有这个地址、单位不同、负数要叠起来，都画不出来，所以算错。
全是 0 的图画得出，可是没有内容，提醒一下。格式里现成的图，写 id 就行。

不对:

    [[pictures]]
    id      = "by_applicant"
    title   = "收到的申请来自哪里"
    section = "requests"
    figures = ["requests.recieved"]

对:

    [requests]
    received        = { person = 1 }
    outcome.granted = { person = 1 }

    [[pictures]]
    id      = "by_applicant"
    title   = "收到的申请来自哪里"
    section = "requests"
    figures = ["requests.received"]
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.compose import prose, template_context
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.pictures import PICTURES
from nianbao.model.pictures.requests import find_request_faults, has_only_zeros, list_pictures

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find pictures that cannot be drawn, and those that would show nothing."""
    report = context.report
    written = report.facts.tree.get(PICTURES)
    for fault in find_request_faults(report) if written is not None else ():
        place = report.facts.find_key(fault.keys) if fault.at_key else report.facts.find_place(fault.keys)
        yield context.make_finding(".".join(map(str, fault.keys)), fault.message, place=place)
    entries = [entry if isinstance(entry, dict) else {} for entry in (written if isinstance(written, list) else ())]
    ids = [entry.get("id") for entry in entries]
    for number, entry in enumerate(entries):
        title = entry.get("title")
        for wrong in prose.find_faults(title, template_context.make_names(report)) if isinstance(title, str) else ():
            yield context.make_finding(f"{PICTURES}.{number}.title", wrong.message)
    for picture in list_pictures(report):
        if has_only_zeros(report, picture):
            address = f"{PICTURES}.{ids.index(picture.id)}.id" if picture.id in ids else ""
            yield context.make_finding(address, _("picture-of-zeros", title=picture.id), level="warning")
