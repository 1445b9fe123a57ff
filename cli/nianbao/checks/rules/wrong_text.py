"""文字太长，或者不是规定的写法。

格式文件用 max_length 写明文字最多多少个字符，用 pattern 写明文字是什么样子。

不对:

    [[bodies]]
    name = "vienna"

对:

    [[bodies]]
    name = "Vienna"
"""

import re
from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every text that is longer than the form allows, or not of the pattern that it asks for."""
    report = context.report
    facts = {fact.id: (fact.pattern, fact.max_length) for fact in report.form.facts}
    for address, value in report.values.items():
        slot = report.form.slots.get(address)
        said = slot.traits.said if slot else {}
        pattern, longest = facts.get(address) or (said.get("pattern"), said.get("max_length"))
        if not isinstance(value, str) or not (pattern or longest):
            continue
        label = translate(report.form.labels.get(address, address))
        if longest and len(value) > longest:
            message = _("text-longer-than-allowed", label=label, size=len(value), limit=longest)
            yield context.make_finding(address, message)
        if pattern and not re.fullmatch(pattern, value):
            yield context.make_finding(address, _("text-not-like-pattern", label=label, pattern=pattern))
