"""Acceptances: the `[[accept]]` entries of a data file, their faults, and the findings that they are about.

The value that an acceptance states is that of the finding:

- of a finding at a figure or another fact, that figure or fact;
- of a finding in a text, the words that it underlines, or names where it underlines none;
- of a finding about a section or a table as a whole, or about what is not there, an empty text.

An entry is also valid with the whole text, or the whole table, at the address. Findings of one rule that have address
and value in common are accepted together.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from nianbao.datafiles.values import format_value
from nianbao.model.facts import find_value
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.report import Report
from nianbao.model.values.faults import describe_value

BAD_ACCEPTANCE, VOID_ACCEPTANCE, IDLE_ACCEPTANCE = "bad-acceptance", "void-acceptance", "idle-acceptance"
KEYS = ("rule", "at", "value", "because")
UNREADABLE = frozenset({"broken-toml", "conflict-markers", "not-text", "too-large"})  # the file is no report
# Without these facts there is no report; a prompt is no fact of the office; and an acceptance is no answer to its own.
_NEVER_ACCEPTED = UNREADABLE | {"missing-fact", "prompt-left", BAD_ACCEPTANCE, VOID_ACCEPTANCE, IDLE_ACCEPTANCE}
# Slips of writing, which are mended in less time than they are accepted.
_SLIPS = frozenset(
    {
        "broken-placeholder",
        "illegal-character",
        "missing-table",
        "placeholder-left",
        "published-too-early",
        "undefined-fact",
        "unknown-key",
        "wrong-edition",
        "wrong-type",
        "year-differs",
    }
)

Entry = Mapping[str, Any]


def may_be_accepted(rule: str) -> bool:
    """Return whether findings of a rule may be accepted."""
    return rule not in _NEVER_ACCEPTED


def is_worth_accepting(finding: Finding) -> bool:
    """Return whether people are told how to accept a finding; of slips of writing, only programs are."""
    return bool(finding.address and finding.accepted_value) and finding.rule not in _SLIPS


def complete(report: Report, finding: Finding) -> Finding:
    """Return a finding with the value that an acceptance of it states; without one where it may not be accepted."""
    value = format_value(_list_values(report, finding)[0]) if may_be_accepted(finding.rule) else ""
    return replace(finding, accepted_value=value)


def _list_values(report: Report, finding: Finding) -> tuple[object, ...]:
    """List the values with which an acceptance of a finding is valid, first the one to write."""
    value = find_current_value(report, finding.address)
    if isinstance(value, str):
        if words := finding.words or _find_underlined_words(report, finding, value):
            return words, value
        return ("", value) if finding.address.startswith("prose.") else (value,)
    return (finding.words, value) if value is None or isinstance(value, dict) else (value,)


def _find_underlined_words(report: Report, finding: Finding, text: str) -> str:
    """Return the words of a text that a finding underlines; empty where it is about the text as a whole."""
    place = finding.place
    words = place.source[place.column - 1 : place.column - 1 + place.length] if place.line else ""
    return words if words in text and place != report.facts.find_place(finding.address) else ""


def find_current_value(report: Report, address: str) -> object:
    """Return the value at an address: a figure, a fact, a text, an item of a list; None where there is none."""
    if address in report.figures:
        return report.figures[address]
    if address in report.values:
        return report.values[address]
    return find_value(report.facts.tree, address)


def list_entries(report: Report) -> dict[int, Entry]:
    """List the complete entries of a data file by number."""
    entries = report.facts.tree.get("accept", [])
    return {
        number: entry
        for number, entry in enumerate(entries if isinstance(entries, list) else [])
        if _is_complete(entry)
    }


def _is_complete(entry: object) -> bool:
    texts = ("rule", "at", "because")
    return (
        isinstance(entry, dict)
        and "value" in entry
        and all(isinstance(entry.get(key), str) for key in texts)
        and bool(entry["because"].strip())
    )


def match_entries(report: Report, findings: Sequence[Finding]) -> dict[int, int]:
    """Match findings with the entries that accept them: number of the finding -> number of the entry."""
    entries = list_entries(report)
    found: dict[int, int] = {}
    for at, finding in enumerate(findings):
        about = [number for number, entry in entries.items() if _is_about(entry, finding)]
        if about and may_be_accepted(finding.rule):
            values = _list_values(report, finding)
            number = next((number for number in about if entries[number]["value"] in values), None)
            found |= {} if number is None else {at: number}
    return found


def _find_equal(entries: Mapping[int, Entry], number: int) -> int | None:
    """Find an earlier entry about the same as another one."""
    same = [entries[number][key] for key in ("rule", "at", "value")]
    earlier = (other for other in entries if other < number)
    return next((one for one in earlier if [entries[one][key] for key in ("rule", "at", "value")] == same), None)


def _is_about(entry: Entry, finding: Finding) -> bool:
    return (entry["rule"], entry["at"]) == (finding.rule, finding.address)


# ── findings about entries ───────────────────────────────────────────────────────────


def judge_unused(report: Report, findings: Sequence[Finding], used: Collection[int]) -> Iterator[tuple[str, Finding]]:
    """Find the entries that accept none of the findings, with the names of their rules.

    `findings` are those that are not accepted: an entry about one of them is void, any other has nothing to accept.
    Entries with faults of their own are left out.
    """
    entries = list_entries(report)
    bad = tuple(f"{finding.address}." for finding in findings if finding.rule == BAD_ACCEPTANCE)
    for number, entry in entries.items():
        if number not in used and not any(address.startswith(f"accept.{number}.") for address in bad):
            equal = _find_equal(entries, number)
            finding = next((finding for finding in findings if _is_about(entry, finding)), None)
            if finding and equal is None and may_be_accepted(finding.rule):
                yield entry["rule"], _make_void_finding(report, number, entry, finding)
            else:
                yield entry["rule"], _make_idle_finding(report, number, entry, equal)


def _make_void_finding(report: Report, number: int, entry: Entry, finding: Finding) -> Finding:
    address = f"accept.{number}.value"
    value, now = _shorten(format_value(entry["value"])), _shorten(finding.accepted_value)
    message = _("acceptance-void", rule=entry["rule"], at=entry["at"], value=value, now=now)
    fix = _("look-again-and-accept-anew")
    return Finding(VOID_ACCEPTANCE, "warning", report.facts.find_place(address), message, address, fix=fix)


def _shorten(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _make_idle_finding(report: Report, number: int, entry: Entry, equal: int | None) -> Finding:
    address = f"accept.{number}.rule"
    if equal is not None:
        line = report.facts.find_place(f"accept.{equal}.rule").line
        message = _("accepted-twice", at=entry["at"], rule=entry["rule"], line=line)
    elif not may_be_accepted(entry["rule"]):
        message = _("rule-cannot-be-accepted", rule=entry["rule"])
    else:
        message = _("nothing-to-accept", at=entry["at"], rule=entry["rule"])
    return Finding(IDLE_ACCEPTANCE, "note", report.facts.find_place(address), message, address, label=_("entry-can-go"))


def find_faults(report: Report, known: Collection[str]) -> dict[str, str]:
    """Find the faults of the entries of a data file, whose rules must be `known`: address -> message."""
    entries = report.facts.tree.get("accept", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return {"accept": _("accept-must-be-tables")}
    found: dict[str, str] = {}
    for number, entry in enumerate(entries):
        missing, other = [key for key in KEYS if key not in entry], [key for key in entry if key not in KEYS]
        found |= {f"accept.{number}.{key}": message for key, message in _find_entry_faults(entry, known)}
        if missing and other:  # one is written for the other
            message = _("accept-keys-differ", missing=join_words(missing), other=join_words(other))
            found[f"accept.{number}.{other[0]}"] = message
        elif missing:
            found[f"accept.{number}"] = _("accept-key-missing", key=join_words(missing))
        else:
            found |= {f"accept.{number}.{key}": _("unknown-key", key=key) for key in other}
    return found


def _find_entry_faults(entry: Entry, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Find the faults of the values of one entry, with their keys."""
    for key in ("rule", "at", "because"):
        if not isinstance(entry.get(key, ""), str):
            yield key, _("must-be-text", value=describe_value(entry[key]))
    if isinstance(rule := entry.get("rule"), str) and rule not in known:
        yield "rule", _("no-such-rule", rule=rule) + suggest(rule, sorted(known))
    if isinstance(because := entry.get("because"), str) and not because.strip():
        yield "because", _("accept-reason-missing")
