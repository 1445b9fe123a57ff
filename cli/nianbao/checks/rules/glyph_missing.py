r"""有的字没有字体能画，PDF 里只印它的编号。

生僻字、自造字（私用区的字，多见于旧系统里的人名）、表情符号等，现有的字体里可能没有。
PDF 里会留一个空框，谁也不会报错；所以在印之前找出来，PDF 里改印它的编号，例如 U+1F642。
装上含有这个字的字体，或换一个写法。

不对:

    [agency]
    name = "某局\uE83E"

对:

    [agency]
    name = "某局"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.workspace.theme import COVERED_CHARACTERS

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every text with a character that no font has."""
    if COVERED_CHARACTERS.fullmatch(context.report.facts.text):
        return
    texts = [(at, text, frozenset(COVERED_CHARACTERS.sub("", text))) for at, text in context.report.facts.texts]
    missing = context.find_undrawable(frozenset().union(*(characters for *_, characters in texts)))
    for address, text, characters in texts:
        for character in sorted(characters & missing):
            place = context.report.facts.find_place_in_text(address, text, text.index(character), character)
            message = _("no-face-draws-sign", sign=character, code=ord(character))
            fix = _("reword-or-install-face")
            yield context.make_finding(address, message, fix=fix, place=place)
