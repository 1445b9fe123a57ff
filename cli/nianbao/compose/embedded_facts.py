"""What is embedded in an output file: its facts, so that an import loses nothing, and a description of the report."""

import json
import re
from datetime import date

import tomli_w

from nianbao.compose.document import ILLEGAL_CHARACTERS, compose_author, compose_title
from nianbao.model.kind import DEFAULT_KIND
from nianbao.model.open_rows.filling import make_arrays
from nianbao.model.report import Report

INTERNAL_KEYS = frozenset({"accept"})  # notes of the office to itself, which are not published


def format_facts(report: Report) -> str:
    """Return the facts that a report is rendered from, as TOML from which the same report can be loaded.

    Comments and accepted findings are left out. No character can end the script element of a web page early,
    and none is illegal in XML: `<`, and what XML cannot hold, are written as TOML escapes.
    """
    kind = report.form.kind
    fact = kind.period_fact
    identity: dict[str, object] = {} if kind.id == DEFAULT_KIND else {"kind": kind.id}
    identity |= {fact: report.year if fact == "year" else str(report.period or ""), "edition": report.form.edition}
    facts = {name: value for name, value in report.facts.tree.items() if name not in INTERNAL_KEYS}
    text = tomli_w.dumps(identity | make_arrays(report.form, facts))
    return re.sub(f"<|{ILLEGAL_CHARACTERS.pattern}", lambda match: f"\\u{ord(match[0]):04X}", text)


def describe_report(report: Report) -> str:
    """Return a description of a report for search engines: JSON-LD with the vocabulary of schema.org."""
    day, kind = report.values.get("published"), report.form.kind
    properties = {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": compose_title(report),
        "author": {"@type": kind.publisher_type, "name": compose_author(report)},
        "inLanguage": report.form.locale.language,
        "temporalCoverage": _format_coverage(report),
        "datePublished": day.isoformat() if isinstance(day, date) else None,
    }
    text = json.dumps({name: value for name, value in properties.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003C")


def _format_coverage(report: Report) -> str:
    """Format the period of a report as its first and last day; empty where it has none, or one of no such day."""
    calendar, period = report.form.kind.calendar, report.period
    try:
        return f"{calendar.get_first_day(period)}/{calendar.get_last_day(period)}" if period else ""
    except ValueError:
        return ""
