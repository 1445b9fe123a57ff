"""Facts that a file carries and does not print: nothing but their type confirms them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from nianbao.compose import document
from nianbao.compose.pictures import compose_pictures
from nianbao.compose.printed_tables import LaidOut, lay_out_tables
from nianbao.model.facts import Facts, Tree
from nianbao.model.finding import UserError
from nianbao.model.form import OWN_FACTS
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Report, fill_form
from nianbao.workspace.store import Store

_MAX_ADDRESSES = 5  # that a note names


def find_unprinted(report: Report, store: Store, composed: document.Document) -> list[str]:
    """Return the facts outside the tables without which the same would be printed: the file does not confirm them."""
    _form, laid_out = lay_out_tables(report)
    printed = _write_page(composed, laid_out)
    compared = {report.form.kind.period_fact, "edition", "title", "published", report.form.author_address}
    found = []
    for address in report.values:
        if address not in compared:
            tree = _remove_address(report.facts.tree, address)
            without = fill_form(report.form, Facts(report.facts.file, report.facts.text, tree))
            with suppress(UserError):  # a template needs it
                other = document.compose(without, store.kind.template)
                has_same_tables = address not in report.form.slots and _has_same_tables(without, report)
                if _write_page(other, laid_out if has_same_tables else None) == printed:
                    found.append(address)
    return found


def _write_page(composed: document.Document, laid_out: LaidOut | None) -> tuple[str, document.OwnProse]:
    laid_out = lay_out_tables(composed.report)[1] if laid_out is None else laid_out
    return document.write_page(composed, laid_out, compose_pictures(composed.report, {}))


def _has_same_tables(one: Report, other: Report) -> bool:
    return one.form is other.form and one.figures == other.figures and one.excluded == other.excluded


def _remove_address(tree: Tree, address: str) -> Tree:
    key, _dot, rest = address.partition(".")
    others = {name: value for name, value in tree.items() if name != key}
    return others | {key: _remove_address(tree[key], rest)} if rest else others


def remove_unprinted(report: Report, unprinted: Sequence[str]) -> Tree:
    """Leave out the office's own facts that no text uses."""
    tree = report.facts.tree
    for address in unprinted:
        if address.startswith(f"{OWN_FACTS}."):
            tree = _remove_address(tree, address)
    return {key: value for key, value in tree.items() if value != {} or key != OWN_FACTS}


def describe_left_out(embedded: Tree, taken: Tree, unprinted: Sequence[str]) -> Iterator[str]:
    """Say which facts were left out, which could not be compared with the file, and what became of its prose."""
    left_out = sorted(_collect_addresses(embedded) - _collect_addresses(taken))
    if left_out:
        yield _("carried-facts-left-out", count=len(left_out), some=_format_addresses(left_out))
    unconfirmed = [address for address in unprinted if not address.startswith(f"{OWN_FACTS}.")]
    if unconfirmed:
        some = _format_addresses(unconfirmed)
        yield _("carried-facts-not-comparable", count=len(unconfirmed), some=some)
    if embedded.get("prose") != taken.get("prose"):
        yield _("prose-taken-as-printed")


def _format_addresses(addresses: Sequence[str]) -> str:
    return join_words(addresses[:_MAX_ADDRESSES]) + (_("and-other-facts") if len(addresses) > _MAX_ADDRESSES else "")


def _collect_addresses(tree: Tree, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        found |= _collect_addresses(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"}
    return found
