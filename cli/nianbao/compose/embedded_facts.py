"""What a finished document carries with it: its facts, so that a later reading loses nothing, and what it is."""

import json
import re
from datetime import date

import tomli_w

from nianbao.compose.document import ILLEGAL_CHARACTERS, compose_author, compose_title
from nianbao.model.report import Report

INTERNAL_KEYS = frozenset({"accept"})  # what the office says to itself, and prints nowhere


def format_facts(report: Report) -> str:
    """Return the facts that a report is printed from, as TOML that reads back to the same report.

    Comments stay behind, and so do acceptances. No sign can end the script element of a web page early,
    and none is illegal in XML: `<`, and what XML cannot hold, are written as TOML's escapes.
    """
    named = {"year": report.year, "edition": report.form.edition}
    facts = {name: value for name, value in report.facts.tree.items() if name not in INTERNAL_KEYS}
    text = tomli_w.dumps(named | facts)
    return re.sub(f"<|{ILLEGAL_CHARACTERS.pattern}", lambda sign: f"\\u{ord(sign[0]):04X}", text)


def describe_report(report: Report) -> str:
    """Describe a report to search engines, as JSON-LD in the words of schema.org."""
    day = report.values.get("published")
    said = {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": compose_title(report),
        "author": {"@type": "GovernmentOrganization", "name": compose_author(report)},
        "inLanguage": "zh-CN",
        "temporalCoverage": f"{report.year}-01-01/{report.year}-12-31",
        "datePublished": day.isoformat() if isinstance(day, date) else None,
    }
    text = json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003C")
