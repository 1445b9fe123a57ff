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
from nianbao.compose import document
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate
from nianbao.model.text_rules import compile_pattern

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every section that mentions only one of two topics that belong together."""
    for pair in context.report.form.text_rules.pairs:
        text = context.texts.get(pair.section, "")
        has_first, has_second = (bool(compile_pattern(words).search(text)) for words in (pair.words, pair.other_words))
        if has_first != has_second:
            present, missing = (pair.what, pair.other) if has_first else (pair.other, pair.what)
            heading = document.compose_heading(context.report, pair.section)
            message = _(
                "speaks-of-one-not-other", heading=heading, there=translate(present), missing=translate(missing)
            )
            yield context.make_finding(f"prose.{pair.section}", message)
