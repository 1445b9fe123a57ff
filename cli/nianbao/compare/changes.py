"""The changes between two versions of one report, as the facts with which an updated version tells them."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from nianbao.checks.answers.rewriting import keep_mark, read_data_text, write_changed_text
from nianbao.compare.comparison import Comparison
from nianbao.compare.figures import ComparedValue
from nianbao.compare.page import format_value
from nianbao.compare.reports import ReportPair
from nianbao.compose.document import compose_heading
from nianbao.datafiles import edits, values
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.locale import Locale
from nianbao.model.value_types import Value
from nianbao.workspace.files import SavedFile

UPDATE = "update"  # the facts about an updated version are below it
_DATE, _CHANGES, _REASONS = (f"{UPDATE}.{name}" for name in ("date", "changes", "reasons"))
_HEADER = re.compile(rf"(?m)^[ \t]*\[[ \t]*{UPDATE}[ \t]*\][^\r\n]*")
_TEXTS = frozenset({"text", "texts"})


def require_versions(pair: ReportPair) -> None:
    """Raise `UserError` for two reports that are no versions of one: of two periods, or of two offices of a folder."""
    (store, period), before = pair.after, pair.before
    if before and before[0].root == store.root and before[0].office != store.office:
        first, other = (one.data(period) for one in (before[0], store))
        raise UserError(_("changes-of-two-offices", first=first, other=other), _("compare-versions"))
    if pair.before and pair.before[1] != pair.after[1]:
        raise UserError(_("changes-of-two-periods", first=pair.before[1], other=pair.after[1]), _("compare-versions"))


def compose_update(comparison: Comparison, today: date) -> dict[str, str]:
    """Return the facts about the update as TOML, by their keys in its table; none where nothing has changed.

    Raises `UserError` for a form that has no list of changes.
    """
    form = comparison.after.report.form
    if _CHANGES not in form.value_types:
        raise UserError(_("form-without-changes", edition=form.edition, address=_CHANGES), _("add-facts-of-update"))
    changes = list(dict.fromkeys(list_changes(comparison)))
    if not changes:
        return {}
    update = {"date": str(today)} if _DATE in form.value_types else {}
    update["changes"] = "\n".join(["[", *(f"  {values.format_value(one)}," for one in changes), "]"])
    return update | ({"reasons": f'""  # {form.labels[_REASONS]}'} if _REASONS in form.value_types else {})


def format_update(update: Mapping[str, str]) -> str:
    """Return the facts about an update as the table of a data file."""
    return "\n".join([f"[{UPDATE}]", *_format_lines(update), ""])


def write_update(pair: ReportPair, update: Mapping[str, str]) -> SavedFile:
    """Write the facts about an update into the data file of the later version; its reasons stay, all else too.

    Raises `UserError` where the file cannot be changed so.
    """
    store, period = pair.after
    content, text = read_data_text(store, period)
    try:
        changed = _set_update(text, update)
    except ValueError as error:
        raise UserError(_("update-not-writable", path=store.data(period)), _("update-by-hand")) from error
    return write_changed_text(store, period, content, keep_mark(content, changed))


def _set_update(text: str, update: Mapping[str, str]) -> str:
    """Set the facts about an update in the text of a data file; raises ValueError where anything else would change."""
    before, newline = edits.load_values(text), edits.find_newline(text)
    table = before.get(UPDATE, {})
    if not isinstance(table, dict):
        raise ValueError(UPDATE)  # noqa: TRY004  # of the file
    update = {key: raw for key, raw in update.items() if key != "reasons" or key not in table}
    present = edits.find_spans(text, [f"{UPDATE}.{key}" for key in update])
    new = {key: raw for key, raw in update.items() if f"{UPDATE}.{key}" not in present}
    parts = {span: update[address.removeprefix(f"{UPDATE}.")] for address, span in present.items()}
    if new and (header := _HEADER.search(text)):
        parts[edits.Span(header.end(), header.end())] = "".join(f"\n{line}" for line in _format_lines(new))
    elif new:
        parts[edits.Span(len(text), len(text))] = "\n" * (2 - text[-2:].count("\n")) + format_update(new)
    changed = edits.replace_spans(text, {span: raw.replace("\n", newline) for span, raw in parts.items()})
    if edits.load_values(changed) != {**before, UPDATE: {**table, **edits.load_values(format_update(update))[UPDATE]}}:
        raise ValueError(UPDATE)
    return changed


def _format_lines(update: Mapping[str, str]) -> list[str]:
    width = max(map(len, update))
    return [f"{key:{width}} = {raw}" for key, raw in update.items()]


def list_changes(comparison: Comparison) -> Iterator[str]:
    """Say each change in the language of the report: of a figure what it was and is, of a text that it was changed."""
    before, after = comparison.before.report, comparison.after.report
    locale = after.form.locale
    for table in comparison.tables:
        for value in table.values:
            if value.is_changed and not _is_of_update(value.address):
                yield _describe_value(table.label, value, locale)
    for address, value_type in after.form.value_types.items():
        is_text = value_type.name in _TEXTS and address not in after.form.slots and not _is_of_update(address)
        if is_text and before.values.get(address) != after.values.get(address):
            yield locale.say("compare-changed-text", label=after.form.labels[address])
    for section in dict.fromkeys((*after.prose, *before.prose)):
        if before.prose.get(section) != after.prose.get(section):
            yield locale.say("compare-changed-text", label=compose_heading(after, section))


def _is_of_update(address: str) -> bool:
    return address.startswith(f"{UPDATE}.")


def _describe_value(table: str, value: ComparedValue, locale: Locale) -> str:
    label = locale.say("compare-changed-cell", table=table, label=value.label) if table else value.label
    if value.value_type.name in _TEXTS:
        return locale.say("compare-changed-text", label=label)
    label += locale.put_in_brackets(value.unit)
    first, other = (_format(one, value, locale) for one in (value.before, value.after))
    return locale.say("compare-changed-value", label=label, before=first, after=other)


def _format(value: Value | None, compared: ComparedValue, locale: Locale) -> str:
    return locale.say("compare-no-value") if value is None else format_value(value, compared, locale)
