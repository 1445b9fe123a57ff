"""没有写必须有的事实，例如机关名称。

标题、落款都要用到它，不写就印不出来。

不对:

    [agency]
    short = "市人社局"

对:

    [agency]
    name  = "鞍山市人力资源和社会保障局"
    short = "市人社局"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.rules.unknown_key import find_misspelt
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every required fact that is not in the data file."""
    report = context.report
    written = {entry.address for entry in report.entries}
    lacking = [fact for fact in report.form.facts if fact.required and fact.id not in written | report.excluded]
    misspelt = tuple(f"{address}." for address in find_misspelt(report)) if lacking else ()
    for fact in lacking if report.facts.tree else ():
        if not f"{fact.id}.".startswith(misspelt):
            yield context.make_finding(fact.id, _("fact-not-written", id=fact.id, label=translate(fact.label)))
