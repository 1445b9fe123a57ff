"""Words that a shell completes: what there is in the folder, and never an error, whatever is wrong there."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from nianbao.workspace.store import Store

Complete = Callable[[typer.Context, str], list[str]]
_BETWEEN = r"[,;，；、\s]"  # items of a list


def _complete(list_words: "Callable[[Store], Iterable[str]]") -> Complete:
    """Return a function for typer that completes a word, or the last one of a list, by the words of a folder."""

    def find(context: typer.Context, incomplete: str) -> list[str]:
        *listed, last = re.split(_BETWEEN, incomplete)
        before = incomplete.removesuffix(last) if last else incomplete
        try:
            from nianbao.workspace.store import Store, find_root  # noqa: PLC0415  # the commands start faster

            store = Store(find_root(context.params.get("root")))
            store.skip_untrusted()
            if kind := context.params.get("kind"):
                store = store.of_kind(str(kind))
            return [before + word for word in list_words(store) if word.startswith(last) and word not in listed]
        except Exception:  # noqa: BLE001  # a shell would print it into the line that is typed
            return []

    return find


def _list_periods(store: "Store") -> list[str]:
    periods = {period for periods in store.offices().values() for period in periods}
    return [str(period) for period in sorted(periods, reverse=True)]


def _list_due_periods(store: "Store") -> list[str]:
    from nianbao.checks.drafts import find_next_due_period  # noqa: PLC0415  # only some completions need it

    return list(dict.fromkeys([str(find_next_due_period(store.kind)), *_list_periods(store)]))


def _list_reports(store: "Store") -> list[str]:
    return [*_list_periods(store), *store.folders(), *store.list_kinds()]


def _list_rules(store: "Store") -> tuple[str, ...]:
    from nianbao.checks import kind_rules  # noqa: PLC0415  # only some completions need it

    return kind_rules.list_names(store.kind)


def _list_formats(store: "Store") -> list[str]:
    from nianbao.build.outputs import MARKDOWN  # noqa: PLC0415  # only some completions need it

    return [*store.formats(), MARKDOWN]


def _list_compare_formats(store: "Store") -> tuple[str, ...]:  # noqa: ARG001  # as the others
    from nianbao.compare.files import FORMATS, TERMINAL  # noqa: PLC0415  # only some completions need it

    return TERMINAL, *FORMATS


def _list_export_formats(store: "Store") -> tuple[str, ...]:  # noqa: ARG001  # as the others
    from nianbao.export.pipeline import FORMATS  # noqa: PLC0415  # only some completions need it

    return FORMATS


complete_reports = _complete(_list_reports)
complete_period = _complete(_list_periods)
complete_new_period = _complete(_list_due_periods)
complete_office = _complete(lambda store: store.folders())
complete_kind = _complete(lambda store: store.list_kinds())
complete_edition = _complete(lambda store: sorted(store.kind.editions()))
complete_rules = _complete(_list_rules)
complete_formats = _complete(_list_formats)
complete_compare_formats = _complete(_list_compare_formats)
complete_export_formats = _complete(_list_export_formats)
complete_look = _complete(lambda store: sorted(store.list_looks()))
