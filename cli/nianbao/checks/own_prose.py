"""The sentences of a report that its data file says, not the form's templates, as they are compared with others."""

import re
from functools import lru_cache

from nianbao.compose import markdown, prose
from nianbao.compose.template_context import make_names
from nianbao.model.report import Report

COPIED_PERCENT = 80  # per cent of common text from which on a section says what another one says
MIN_SECTION, MIN_FACT, MIN_RUN = 50, 12, 10  # characters; shorter ones are not compared


def find_own_sentences(report: Report, section: str, text: str) -> list[str]:
    """Give the sentences of a section that the data file says, not the form's template."""
    own = ""
    if prose_text := report.prose.get(section):
        own = markdown.to_plain_text(
            prose.fill_prose(prose_text, make_names(report) | {"title": "", prose.STANDARD: ""}, section)
        )
    parts = [own]
    parts += [words for words in _list_fact_texts(report) if words in text and words not in own]
    return [line for part in parts for line in re.split(r"(?<=[。；！？\n])", part) if line.strip()]


@lru_cache(maxsize=4)  # section after section asks for them
def _list_fact_texts(report: Report) -> list[str]:
    """Give the words of every fact that is a text of some length."""
    found = []
    for fact in report.form.facts:
        value = report.values.get(fact.id)
        if fact.kind in {"text", "texts"} and not fact.required:
            parts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
            found += [
                words for part in parts if len(words := markdown.to_plain_text(markdown.escape(part))) >= MIN_FACT
            ]
    return found


def mask_digits(text: str) -> str:
    """Hide which digits stand in a text: a text with new figures is still last year's text."""
    return re.sub(r"\d", "0", text)
