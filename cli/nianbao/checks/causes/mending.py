"""Reports as they would be without a mistake, to see what else the mistake causes."""

from collections.abc import Mapping
from contextlib import suppress

from msgspec.structs import replace

from nianbao.checks.rules.unknown_key import find_meant
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.report import Number, Report, compute_totals, fill_form
from nianbao.model.values.repairs import mend_header, repair_value
from nianbao.workspace.store import Store

# The rules whose mistakes are mended otherwise than by figures.
WRONG_EDITION, COPIED_TABLES = "wrong-edition", "copied-tables"
MISSING_TABLE, YEAR_DIFFERS, WRONG_TYPE = "missing-table", "year-differs", "wrong-type"
UNKNOWN_KEY = "unknown-key"


def mend(report: Report, change: Mapping[str, Number]) -> Report:
    """Return a report with other values of some figures, as if its file had them; its totals follow."""
    figures = {**report.figures, **change}
    computed = compute_totals(report.form, figures, report.figures.keys() - report.computed.keys() | change.keys())
    return replace(report, figures=figures, computed=computed)


def mend_cause(store: Store, report: Report, cause: Finding) -> Report | None:
    """Return the report as it would be without a mistake; None where nothing tells what should stand there."""
    if change := cause.change or cause.likely_change:
        return mend(report, dict(change))
    if cause.rule == WRONG_EDITION and report.period:
        with suppress(UserError):  # several are in force, or none
            mended = fill_form(store.kind.form_in_force(report.period), report.facts, report.previous)
            return mended if _count_unknown(mended) <= _count_unknown(report) else None  # else it is of its edition
    if cause.rule == COPIED_TABLES:
        copied = {cause.address} if cause.address else {table.id for table in report.form.tables}
        tree = {key: value for key, value in report.facts.tree.items() if key not in copied}  # as if nothing was read
        return fill_form(report.form, replace(report.facts, tree=tree), report.previous)
    text = _mend_text(report, cause)
    return _read_again(report, text) if text else None


def mend_value(report: Report, place: Place, value: str) -> Report | None:
    """Return a report with another value at a place of its file, as TOML has it; None where the file cannot be read."""
    return _read_again(report, _put_value(report, place, value))


def _read_again(report: Report, text: str) -> Report | None:
    facts = parse(text, report.facts.file)
    return fill_form(report.form, facts, report.previous) if isinstance(facts, Facts) else None


def _put_value(report: Report, place: Place, value: str) -> str:
    lines = report.facts.text.split("\n")
    lines[place.line - 1] = place.replace_text(value)
    return "\n".join(lines)


def _count_unknown(report: Report) -> int:
    return sum(not entry.known for entry in report.entries)


def _mend_text(report: Report, cause: Finding) -> str:
    """Return the text of a data file without a mistake of one line; empty where it is another mistake."""
    place = cause.place
    if place.file != report.facts.file or not place.line:
        return ""
    if cause.rule == MISSING_TABLE:
        lines = report.facts.text.split("\n")
        lines.insert(place.line - 1, f"[{cause.address}]")
        return "\n".join(lines)
    if cause.rule == YEAR_DIFFERS and cause.address in report.values:
        named = place.file.rpartition("/")[2].removesuffix(".toml")
        return _put_value(report, place, named if named.isdigit() else f'"{named}"')
    if cause.rule == UNKNOWN_KEY:
        return _rename_key(report, cause)
    return _mend_type(report, cause) if cause.rule == WRONG_TYPE else ""


def _mend_type(report: Report, cause: Finding) -> str:
    if header := mend_header(cause.place):
        lines = report.facts.text.split("\n")
        lines[cause.place.line - 1] = header
        return "\n".join(lines)
    repair = _repair(report, cause) or _stand_in(report, cause)
    return _put_value(report, cause.place, repair) if repair else ""


def _rename_key(report: Report, cause: Finding) -> str:
    """Return the text of a data file with the key that seems to be meant by an unknown one; empty if none does."""
    key, written = cause.address.rpartition(".")[2], cause.place.text
    meant = find_meant(report.form, cause.address) if written.endswith(key) else ""
    return _put_value(report, cause.place, f"{written.removesuffix(key)}{meant}") if meant else ""


def _stand_in(report: Report, cause: Finding) -> str:
    """Return a number for a fact that should have one, which shows what is said only because there is none."""
    value_type = report.form.value_types.get(cause.address)
    is_fact = value_type and value_type.is_number and cause.address not in report.form.slots
    return "0" if is_fact else ""


def _repair(report: Report, cause: Finding) -> str:
    """Return what a value of the wrong type should be; empty where that is not certain."""
    value_type = report.form.value_types.get(cause.address)
    repair = repair_value(cause.place.text, value_type) if value_type else None
    return repair.after if repair and (cause.fix or not repair.drops_sign) else ""
