"""Judge the topics that a form says its texts must mention, for every rule that they name."""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.compose import document
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _, join_words, translate
from nianbao.model.wordings.patterns import compile_pattern

DEFAULT_LEVEL: Level = "warning"  # where neither the form nor the page of the rule has one


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every section that lacks a topic, or mentions only one of two topics that belong together."""
    if context.has_data_for("texts"):
        yield from _find_missing_topics(context)
        yield from _find_single_topics(context)


def _find_missing_topics(context: CheckContext) -> Iterator[Finding]:
    missing: dict[tuple[str, Level, str], list[str]] = {}
    for expected in context.report.form.text_rules.expected:
        text = context.texts.get(expected.section, "")
        if text and not compile_pattern(expected.words).search(text):
            key = (expected.rule, expected.level or DEFAULT_LEVEL, expected.section)
            missing.setdefault(key, []).append(expected.what)
    for (rule, level, section), topics in missing.items():
        heading = document.compose_heading(context.report, section)
        message = _("topics-missing", heading=heading, things=join_words(map(translate, topics)))
        words = context.report.form.locale.join(topics)
        yield context.for_rule(rule, level).make_finding(f"prose.{section}", message, words=words)


def _find_single_topics(context: CheckContext) -> Iterator[Finding]:
    for pair in context.report.form.text_rules.pairs:
        text = context.texts.get(pair.section, "")
        has_first, has_second = (bool(compile_pattern(words).search(text)) for words in (pair.words, pair.other_words))
        if has_first != has_second:
            present, missing = (pair.what, pair.other) if has_first else (pair.other, pair.what)
            message = _(
                "speaks-of-one-not-other",
                heading=document.compose_heading(context.report, pair.section),
                there=translate(present),
                missing=translate(missing),
            )
            yield context.for_rule(pair.rule, pair.level or DEFAULT_LEVEL).make_finding(
                f"prose.{pair.section}", message, words=missing
            )
