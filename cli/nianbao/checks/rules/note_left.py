"""正文里还留着写稿人的话。

例如（待核）（请确认）（此句删）、连写的问号、空着的括号。它们是写给自己或审稿人看的，核完就该去掉。
等着填的记号（XX、待填）另算，见 placeholder-left。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "全年举办培训4次（待核实）。"

对:

    [prose]
    other = "全年举办培训4次。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.rules.placeholder_left import compile_placeholder
from nianbao.checks.wording import list_own_texts, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every note of a writer in the texts of the data file."""
    written = context.report.form.locale.text
    to_fill = compile_placeholder(written.prompts)
    for address, text in list_own_texts(context.report):
        if not any(compile_pattern(note).search(text) for note in written.notes):
            continue
        filled = to_fill.sub(lambda match: "\0" * len(match[0]), text)
        told: set[str] = set()
        for match in (match for note in written.notes for match in compile_pattern(note).finditer(filled)):
            if match[0] not in told:
                told.add(match[0])
                place = context.report.facts.find_place_in_text(address, text, match.start(), match[0])
                message = _("note-of-writer-left", words=shorten(match[0]))
                yield context.make_finding(address, message, label=_("check-and-delete"), place=place)
