"""The changes between two versions of one report, as the facts with which an updated version tells them."""

from collections.abc import Iterator
from datetime import date

from nianbao.compare.comparison import Comparison
from nianbao.compare.figures import ComparedValue
from nianbao.compare.page import format_value
from nianbao.compare.reports import ReportPair
from nianbao.compose.document import compose_heading
from nianbao.datafiles import values
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.locale import Locale
from nianbao.model.value_types import Value

UPDATE = "update"  # the facts about an updated version are below it
_DATE, _CHANGES, _REASONS = (f"{UPDATE}.{name}" for name in ("date", "changes", "reasons"))
_TEXTS = frozenset({"text", "texts"})


def require_versions(pair: ReportPair) -> None:
    """Raise `UserError` for two reports that are no versions of one."""
    if pair.before and pair.before[1] != pair.after[1]:
        raise UserError(_("changes-of-two-periods", first=pair.before[1], other=pair.after[1]), _("compare-versions"))


def format_changes(comparison: Comparison, today: date) -> str:
    """Return the facts about the update as TOML, empty where nothing has changed.

    Raises `UserError` for a form that has no list of changes.
    """
    form = comparison.after.report.form
    if _CHANGES not in form.value_types:
        raise UserError(_("form-without-changes", edition=form.edition, address=_CHANGES), _("add-facts-of-update"))
    changes = list(dict.fromkeys(list_changes(comparison)))
    if not changes:
        return ""
    lines = [f"[{UPDATE}]"]
    lines += [f"date    = {today}"] if _DATE in form.value_types else []
    lines += ["changes = [", *(f"  {values.format_value(one)}," for one in changes), "]"]
    lines += [f'reasons = ""  # {form.labels[_REASONS]}'] if _REASONS in form.value_types else []
    return "\n".join(lines) + "\n"


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
