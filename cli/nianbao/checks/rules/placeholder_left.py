"""文字里还留着待填的记号。

例如 XX、×××、TODO、____，以及报告所用语言里的说法（待填、请填写）。它们是写稿时占位用的，印出去就是差错，
所以不改就不能生成；要先看样子，用 --draft 生成草稿。新建的数据文件里原有的提示另算，见 prompt-left。
网址里的 xx（例如 xxgk）不算，Markdown 的加粗和分隔线也不算。

不对:

    [prose]
    other = "全年举办培训XX次。"

对:

    [prose]
    other = "全年举办培训4次。"
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_prompts, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "error"

# Of every language; those of one are in its locale.
_PLACEHOLDERS = (
    r"(?<![A-Za-z0-9./_×-])(?:[Xx]{2,}|×{2,})(?![A-Za-z0-9./_×-])",
    r"(?<![A-Za-z])(?:TODO|TBD|FIXME)(?![A-Za-z])",
    r"(?<=[^\n_])_{3,}|(?<!_)_{3,}+(?=[^\n_])|\uff3f{2,}|[?\uff1f]{3,}",
)
_CACHED_LENGTH = 100  # characters


@cache
def compile_placeholder(prompts: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a mark to be filled in, those of a language among them."""
    return re.compile("|".join((*_PLACEHOLDERS, *prompts)))


@cache
def _cache_search(prompts: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    """Return a search that remembers its results, since keys are the same in every file.

    One for each pattern: to hash a pattern takes longer than to look for it in a key.
    """
    return lru_cache(maxsize=4096)(compile_placeholder(prompts).search)


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every text with a mark for something to be filled in."""
    facts = context.report.facts
    written = context.report.form.locale.text.prompts
    placeholder, search_cached = compile_placeholder(written), _cache_search(written)
    prompts = find_prompts(context.report)
    texts = dict(facts.texts)
    for address, text in texts.items():
        if len(text) < _CACHED_LENGTH and not search_cached(text):
            continue
        if address.startswith("accept") or prompts.get(address) == text:
            continue
        told: set[str] = set()
        for mark in (mark for mark in placeholder.finditer(text) if mark[0] not in told):
            told.add(mark[0])
            place = facts.find_place_in_text(address, text, mark.start(), mark[0])
            yield context.make_finding(address, _("placeholder-in-text", words=shorten(mark[0])), place=place)
    for section, text in context.texts.items():
        match = placeholder.search(text)
        if match and not any(match[0] in part for part in texts.values()):
            message = _("placeholder-in-template-text", words=shorten(match[0]))
            yield context.make_finding(f"prose.{section}", message)
