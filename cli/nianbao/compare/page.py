"""The page of a comparison, from which every format is rendered: Markdown with changed words in spans."""

import re
from collections.abc import Callable
from decimal import Decimal

from nianbao.compare.comparison import ComparedSection, Comparison
from nianbao.compare.figures import ComparedTable, ComparedValue
from nianbao.compare.runs import Runs, TokenRun
from nianbao.compose.document import ILLEGAL_CHARACTERS, Page, compose_author
from nianbao.compose.markdown import Markdown, escape
from nianbao.compose.templating import LoadTemplate, fill_template, make_environment
from nianbao.model.locale import Locale
from nianbao.model.report import Number
from nianbao.model.value_types import Value

TEMPLATE = "comparison/page.md.j2"


def make_page(comparison: Comparison, load_template: LoadTemplate) -> Page:
    """Make the page of a comparison, in the language of the later report."""
    form = comparison.after.report.form
    names = {
        "title": _compose_title(comparison),
        "author": compose_author(comparison.after.report),
        "before": comparison.before_label,
        "after": comparison.after_label,
        "editions": [document.report.form.edition for document in (comparison.before, comparison.after)],
        "say": form.locale.say,
        "repeats": [
            {"section": name_section(title, form.locale), "words": words, "size": len(words)}
            for title, words in comparison.repeats
        ],
        "tables": [_describe_table(table, comparison) for table in comparison.tables],
        "carried": [_describe_value(value, form.locale) for value in list_lost(comparison)],
        "sections": [_describe_section(section, form.locale) for section in comparison.sections],
    }
    text = fill_template(make_environment(load_template, form.locale, trim_blocks=True), TEMPLATE, names)
    return Page(form, Markdown(ILLEGAL_CHARACTERS.sub("\ufffd", re.sub(r"\n{3,}", "\n\n", text))), {})


def _compose_title(comparison: Comparison) -> str:
    report = comparison.after.report
    return report.form.locale.say(
        "compare-title", name=report.form.name, before=comparison.before_label, after=comparison.after_label
    )


def name_section(title: str, locale: Locale) -> str:
    """Name a section by its heading; what stands before the first one has none."""
    return title or locale.say("compare-opening")


def list_lost(comparison: Comparison) -> list[ComparedValue]:
    """List the values that are not what the earlier report hands on."""
    return [value for table in comparison.tables for value in table.values if value.is_lost]


def format_value(value: Value | None, compared: ComparedValue, locale: Locale) -> str:
    """Write a value as the report prints it; nothing where a report has none."""
    if value is None:
        return ""
    return compared.value_type.format(value, locale)


def format_change(change: Number | None, locale: Locale) -> str:
    """Write a difference with its sign."""
    return _put_sign(change, locale.format_number)


def format_percent(percent: Decimal | None, locale: Locale) -> str:
    """Write a change in per cent with its sign."""
    return _put_sign(percent, locale.format_percent)


def _put_sign(number: Number | None, write: Callable[[Number], str]) -> str:
    if number is None:
        return ""
    return f"−{write(-number)}" if number < 0 else f"+{write(number)}" if number else write(number)


def _describe_table(table: ComparedTable, comparison: Comparison) -> dict[str, object]:
    locale, shown = comparison.after.report.form.locale, comparison.select_values(table)
    label = table.label or locale.say("compare-other-values")
    rows = [_describe_value(value, locale) for value in shown]
    key = "compare-left-out-same" if comparison.is_one_report else "compare-left-out-empty"
    omitted = len(table.values) - len(shown)
    return {"label": label, "rows": rows, "omitted": locale.say(key, count=omitted) if omitted else ""}


def _describe_value(value: ComparedValue, locale: Locale) -> dict[str, object]:
    label = locale.add_unit(value.label, value.unit)
    if value.status != "kept":
        label += locale.put_in_brackets(locale.say(f"compare-{value.status}"))
    return {
        "label": label,
        "before": format_value(value.before, value, locale),
        "after": format_value(value.after, value, locale),
        "change": format_change(value.change, locale),
        "percent": format_percent(value.percent, locale),
        "carried": format_value(value.carried, value, locale),
    }


def _describe_section(section: ComparedSection, locale: Locale) -> dict[str, object]:
    opening = name_section("", locale)
    return {
        "title": section.title or opening,
        "heading": mark_runs(section.heading if section.title else (TokenRun(opening, opening),)),
        "share": locale.format_percent(section.repetition.share) if section.repetition.share else "",
        "paragraphs": [mark_runs(runs) for runs in section.paragraphs],
    }


def mark_runs(runs: Runs) -> Markdown:
    """Write runs as Markdown: changed words are spans of the classes `deletion` and `insertion`, as pandoc has them."""
    return Markdown("".join(_mark_run(run) for run in runs))


def _mark_run(run: TokenRun) -> str:
    if not run.is_changed:
        return _escape_words(run.after)
    spans = ((run.before, "deletion"), (run.after, "insertion"))
    return "".join(f"[{_escape_words(words)}]{{.{kind}}}" for words, kind in spans if words)


def _escape_words(words: str) -> str:
    """Escape words of a paragraph; a blank at their ends stays one, which Markdown would drop."""
    stripped = words.strip(" ")
    if not stripped:
        return "&#32;" * bool(words)
    return "&#32;" * words.startswith(" ") + escape(stripped) + "&#32;" * words.endswith(" ")
