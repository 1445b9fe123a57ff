"""写了存在的问题而没有写改进，或者写了改进而没有写问题。

第五部分是“存在的主要问题及改进情况”，两样都要有，改进应当对着问题。
这是提醒，不妨碍生成。

依据：条例第五十条第（四）项。

不对:

    [facts]
    problems = ["政策解读的形式单一"]

对:

    [facts]
    problems     = ["政策解读的形式单一"]
    improvements = ["用图表和问答解读政策"]
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.text_rules import compile_pattern

LEVEL = "warning"
SCOPE = "texts"


def judge(case: CheckContext) -> Iterator[Finding]:
    """Find every section that speaks of one of two things that belong together."""
    for pair in case.report.form.text_rules.pairs:
        text = case.texts.get(pair.section, "")
        first, second = (bool(compile_pattern(words).search(text)) for words in (pair.words, pair.other_words))
        if first != second:
            there, missing = (pair.what, pair.other) if first else (pair.other, pair.what)
            heading = case.report.get_heading(pair.section)
            message = _("{heading}: 写了{there}，没有写{missing}", heading=heading, there=_(there), missing=_(missing))
            yield case.make_finding(f"prose.{pair.section}", message)
