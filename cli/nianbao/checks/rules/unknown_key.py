"""数据文件里有格式不认识的键。

拼错的键如果放过，它的数字就悄悄地丢了，所以不认识的键一律算错，并给出最接近的写法。
本机关自己的事实写在 [own] 里，名称自定。

不对:

    [requests]
    recieved = { person = 1 }

对:

    [requests]
    received        = { person = 1 }
    outcome.granted = { person = 1 }
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words, translate
from nianbao.model.loading.inheritance import find_nearest
from nianbao.model.report import Report
from nianbao.model.tables.headings import join_ids

LEVEL = "error"
SCOPE = "figures"

_WITHOUT_DOTS = re.compile(r"[._-]")


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every key that the form does not define."""
    report = context.report
    period = report.form.kind.period_fact
    for entry in report.invalid_entries:
        is_period = entry.address.endswith(f".{period}") and period not in report.facts.tree  # told by year-differs
        if not entry.known and not is_period:
            yield _make_finding(context, entry.address)
    for table, known in _list_section_keys(report.form).items():
        entries = report.facts.tree.get(table)
        for key in entries if isinstance(entries, dict) else ():
            if key not in known:
                yield _make_finding(context, f"{table}.{key}", known)


def find_misspelt(report: Report) -> set[str]:
    """Find the addresses that a data file does not have, and for which an unknown key of it seems to be meant."""
    keys = _read_keys(report.form)
    unknown = (entry.address.rpartition(".")[0::2] for entry in report.invalid_entries if not entry.known)
    found = {join_ids(above, near) for above, key in unknown if (near := keys.find_nearest(above, key))}
    return found - {entry.address for entry in report.entries}


def find_meant(form: Form, address: str) -> str:
    """Find the key that seems to be meant by an unknown one: it may stand deeper in the table; "" if none does."""
    above, _dot, key = address.rpartition(".")
    known = _list_section_keys(form).get(above)
    if known is not None:
        return find_nearest(key, sorted(known))
    keys = _read_keys(form)
    nearest = keys.find_nearest(above, key)
    elsewhere = "" if nearest else keys.find_elsewhere(above, key)
    return elsewhere.removeprefix(f"{above}.") if elsewhere.startswith(f"{above}.") else nearest


def _list_section_keys(form: Form) -> dict[str, set[str]]:
    """List the keys of the tables of texts, which are sections."""
    return {
        "prose": {section.id for section in form.sections},
        "headings": {section.id for section in form.sections if section.heading},
    }


def _make_finding(context: CheckContext, address: str, known: set[str] | None = None) -> Finding:
    above, _dot, key = address.rpartition(".")
    form = context.report.form
    keys, nearest = _read_keys(form), find_meant(form, address)
    choices = join_words(sorted(keys.list_below(above) if known is None else known))
    allowed = _("keys-of-table", table=above, choices=choices) if above else _("keys-here", choices=choices)
    fix = allowed if choices else _("delete-line")
    if known is None and not nearest and (elsewhere := keys.find_elsewhere(above, key)):
        fix = _("move-to-table", key=key, table=elsewhere.rpartition(".")[0])
    return context.make_finding(
        address,
        _("unknown-key", key=key),
        label=_("is-it-nearest", near=nearest) if nearest else "",
        fix="" if nearest else fix,
        place=context.report.facts.find_key(address),
    )


@lru_cache(maxsize=1)  # this rule, and those on what is missing, ask for the same keys
def _read_keys(form: Form) -> "_Keys":
    return _Keys(form)


class _Keys:
    """The keys that a form has below each address; what was asked once is kept, since a file may have any number."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._below: dict[str, set[str]] = {}
        self._labels: dict[str, list[tuple[str, str]]] = {}
        self._nearest: dict[tuple[str, str], str] = {}

    def list_below(self, above: str) -> set[str]:
        """List the keys right below an address."""
        if above not in self._below:
            start = f"{above}." if above else ""
            known = (*self._form.value_types, *self._form.groups, *self._form.list_codes(above))
            keys = {address.removeprefix(start).split(".")[0] for address in known if address.startswith(start)}
            self._below[above] = keys - {""}
        return self._below[above]

    def find_nearest(self, above: str, key: str) -> str:
        """Find the key that is nearest to another one by its letters, else by its label; "" if nothing is near."""
        if (above, key) not in self._nearest:
            by_label = (near for near, label in self._list_labels(above) if key in label)
            nearest = self._find_path(above, key) or find_nearest(key, sorted(self.list_below(above)))
            self._nearest[above, key] = nearest or next(by_label, "")
        return self._nearest[above, key]

    def _find_path(self, above: str, key: str) -> str:
        """Find the path below an address that a key is but for the dots in it; "" if none is."""
        start, letters = f"{above}." if above else "", _WITHOUT_DOTS.sub("", key)
        paths = (address.removeprefix(start) for address in self._form.groups if address.startswith(start))
        return next((path for path in paths if "." in path and _WITHOUT_DOTS.sub("", path) == letters), "")

    def find_elsewhere(self, above: str, key: str) -> str:
        """Find the only address of the form that ends with a key, below the address above it or else anywhere."""
        known = {*self._form.value_types, *self._form.groups}
        found = [address for address in known if address.endswith(f".{key}")]
        below = [address for address in found if address.startswith(f"{above}.")]
        found = below or ([] if "." in above else found)  # a column is of its row
        return found[0] if len(found) == 1 else ""

    def _list_labels(self, above: str) -> list[tuple[str, str]]:
        """List the keys below an address that stand for a table, a fact, a row or a column, each with its label."""
        if above not in self._labels:
            start = f"{above}." if above else ""
            named = [
                *((one.id, one.label) for one in self._form.tables),
                *((one.id, one.label) for one in self._form.facts),
            ]
            found = {(id_.removeprefix(start), translate(label)): None for id_, label in named}
            for address, slot in self._form.slots.items():
                below = f"{address.removeprefix(start)}." if address.startswith(start) else ""
                headings = (heading for heading in (*slot.rows, *slot.columns) if heading.id)
                found |= {(one.id, one.label): None for one in headings if below.startswith(f"{one.id}.")}
            self._labels[above] = list(found)
        return self._labels[above]
