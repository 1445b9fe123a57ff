"""What the keys of a data file tell of its kind."""

from collections.abc import Iterator

from nianbao.model.form import OPEN_TABLES, list_above
from nianbao.model.report import Report

_FEWEST = 3  # keys: fewer are what somebody has added in the wrong place
_LIKE = 0.8  # how much a slip of the pen leaves of a name: `requests_received` is no slip of `requests`


def find_foreign_key(report: Report) -> str:
    """Return the first key of a data file that can only be one of another kind; an empty text where nobody can tell.

    There are such keys only where the form has less than a third of what the file says, and no key that is almost the
    same: so a report that is begun, or has slips of the pen, is no report of another kind.
    """
    form = report.form
    if all(entry.known for entry in report.invalid_entries):
        return ""
    written = {
        key: value
        for key, value in report.facts.tree.items()
        if key not in OPEN_TABLES and key not in form.common_facts
    }
    addresses = list(_list_addresses(written))
    unknown = [address for address in addresses if address not in form.value_types]
    if len(unknown) < _FEWEST or len(unknown) * 3 <= len(addresses) * 2:
        return ""
    names = {name for address in form.value_types for name in (*list_above(address), address)}
    strange = dict.fromkeys(next(one for one in (*list_above(key), key) if one not in names) for key in unknown)
    from difflib import get_close_matches  # noqa: PLC0415  # slow to import, and only needed for mistakes

    for key in strange:
        above, _dot, name = key.rpartition(".")
        beside = [one.rpartition(".")[2] for one in names if one.rpartition(".")[0] == above]
        if get_close_matches(name, beside, 1, _LIKE):
            return ""
    return next(iter(strange))


def _list_addresses(tree: dict[str, object], above: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _list_addresses(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"
