r"""文字里有 XML 不能包含的控制字符。

Word 文件和网页都是 XML 一类的文本，遇到这些字符就打不开。它们多半是从别的软件复制时带来的，
看不见，删去即可。

依据：XML 1.0 第 2.2 节 Char。

不对:

    [agency]
    name = "某\u0001局"

对:

    [agency]
    name = "某局"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every text with a character that is not allowed in XML."""
    report = context.report
    if "\\" not in report.facts.text and not ILLEGAL_CHARACTERS.search(report.facts.text):
        return  # such a character is in the file itself or written as an escape
    for address, text in report.facts.texts:
        if match := ILLEGAL_CHARACTERS.search(text):
            place = report.facts.find_place_in_text(address, text, match.start())
            message = _("unprintable-character", code=ord(match[0]))
            yield context.make_finding(address, message, fix=_("delete-character"), place=place)
