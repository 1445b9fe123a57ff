"""Sentences of a report that are written in its data file, not in templates; they are compared with other reports."""

import re
from functools import lru_cache
from itertools import pairwise

from nianbao.compose import markdown, prose
from nianbao.compose.template_context import make_names
from nianbao.model.report import Report

COPIED_PERCENT = 80  # of common text, from which on a section counts as copied


def find_own_sentences(report: Report, section: str, text: str) -> list[str]:
    """Find the sentences of a section that are written in the data file, not in a template of the form."""
    own = ""
    if prose_text := report.prose.get(section):
        own = markdown.to_plain_text(
            prose.fill_prose(
                prose_text,
                make_names(report) | {"title": "", prose.STANDARD: ""},
                f"prose.{section}",
                report.form.locale,
            )
        )
    parts = [own]
    parts += [words for words in _list_fact_texts(report) if words in text and words not in own]
    return [line for part in parts for line in split_parts(part, report.form.locale.part_end) if line.strip()]


def split_parts(text: str, end: re.Pattern[str]) -> list[str]:
    """Split a text after each match of a pattern."""
    ends = [0, *(match.end() for match in end.finditer(text)), len(text)]
    return [text[start:stop] for start, stop in pairwise(ends)]


@lru_cache(maxsize=4)  # it is called for each section
def _list_fact_texts(report: Report) -> list[str]:
    """List the plain text of every optional fact that is written anew each time, if it is not too short."""
    found, least = [], report.form.locale.text.least.fact
    for fact in report.form.facts:
        value = report.values.get(fact.id)
        if fact.type in {"text", "texts"} and not fact.required and not fact.standing:
            parts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
            found += [words for part in parts if len(words := markdown.to_plain_text(markdown.escape(part))) >= least]
    return found


def mask_digits(text: str) -> str:
    """Replace every digit by 0: a text in which only figures changed counts as the same."""
    return re.sub(r"\d", "0", text)
