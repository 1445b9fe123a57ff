"""有一个部分是空的，或者比格式要求的短。

格式规定的各部分都要有，没有内容也要写明没有。空的部分是错误；比格式文件的 vocabulary.least 短的是提醒，
不妨碍生成。标准文字在数据文件没有给出它要的事实时会是空的。

不对:

    [prose]
    problems = "无。"

对:

    [prose]
    problems = "主动公开的解读材料还不够通俗。明年将由起草处室与政策文件同步编写解读。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.compose import document
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "error"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every section with a heading that has no text, or less than the form requires."""
    report = context.report
    least = report.form.text_rules.minimum_lengths
    for section in report.form.sections:
        if not section.heading or section.table or section.id not in context.texts:
            continue
        size = len("".join(context.texts[section.id].split()))
        heading = document.compose_heading(report, section.id)
        fix = _("write-section-or-facts", id=section.id)
        if not size:
            yield context.make_finding(f"prose.{section.id}", _("section-empty", heading=heading), fix=fix)
        elif size < least.get(section.id, 0):
            message = _("section-too-short", heading=heading, size=size, least=least[section.id])
            yield context.make_finding(f"prose.{section.id}", message, level="warning")
