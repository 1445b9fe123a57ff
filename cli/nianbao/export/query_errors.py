"""Errors of DuckDB in a user's query, described in the language of the user."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _

_QUERY_ERRORS = (
    (re.compile(r'syntax error at or near "(?P<name>.*?)"'), N_("sql-unreadable-at")),
    (re.compile(r"syntax error at end of input"), N_("sql-incomplete")),
    (re.compile(r'(?:column "|column named ")(?P<name>[^"]+)"'), N_("no-such-column")),
    (re.compile(r"Table with name (?P<name>\S+) does not exist"), N_("no-such-query-table")),
    (re.compile(r"Function with name (?P<name>\S+) does not exist"), N_("no-such-function")),
    (
        re.compile(r"(?:file system operations|external access).*disabled|configuration has been locked"),
        N_("query-reads-tables-only"),
    ),
    (re.compile(r"[Oo]ut of [Mm]emory|could not allocate"), N_("query-result-too-large")),
)


def describe(error: str, names: Sequence[str]) -> UserError:
    """Describe an error of DuckDB for the user, with the line that it marks; an unusual one in its own words.

    `names` are the tables and columns among which the nearest one is offered.
    """
    line = re.search(r"^LINE \d+: (.*\n *\^+)", error, re.MULTILINE)
    found = next(((match, text) for pattern, text in _QUERY_ERRORS if (match := pattern.search(error))), None)
    message = _(found[1], **found[0].groupdict()) if found else error.partition("\n")[0]
    near = get_close_matches((found[0].groupdict() if found else {}).get("name", "").lower(), names, n=1)
    tip = _("is-it-nearest", near=near[0]) if near else _("see-query-tables")
    return UserError(_("cannot-answer-query", message=message) + (f"\n{line[0]}" if line else ""), tip)
