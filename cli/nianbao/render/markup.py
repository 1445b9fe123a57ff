"""Which markup of prose reaches the outputs: prose is data, and markup that is not allowed is dropped and reported."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nianbao.compose import document, markdown
from nianbao.compose.markdown import DIALECT, Markdown
from nianbao.compose.prose import CROWDED, DroppedMarkup, find_run_together, find_surplus_cells
from nianbao.model.report import Report

if TYPE_CHECKING:
    from nianbao.render.pandoc import Pandoc


class _ReducedSection(NamedTuple):
    section: str
    dropped: list[DroppedMarkup]
    text: Markdown  # the rest
    is_reduced: bool  # a reader of Markdown may find more in the prose itself


def find_dropped_markup(report: Report, bodies: Mapping[str, Markdown]) -> list[DroppedMarkup]:
    """Find the markup of the prose of a report that no format has, and what is printed otherwise than meant.

    `bodies` are the composed sections. Raises `UserError` where pandoc fails.
    """
    own = {section: text for section, text in _select_own(report, bodies).items() if markdown.may_hold_markup(text)}
    reduced = [item for section in _reduce(report, own) for item in section.dropped]
    signs = (
        DroppedMarkup(section, "signs", words)
        for section in bodies
        for words in markdown.find_signs(report.prose.get(section, ""))
    )
    numerals = report.form.locale.text.digits + report.form.locale.text.tens
    together = (
        item for section in bodies for item in find_run_together(section, report.prose.get(section, ""), numerals)
    )
    cells = (item for section in bodies for item in find_surplus_cells(section, report.prose.get(section, "")))
    return [*reduced, *signs, *together, *cells]


def reduce_sections(report: Report, bodies: Mapping[str, Markdown]) -> dict[str, Markdown]:
    """Return the sections that lose markup as Markdown without it; see `find_dropped_markup`."""
    return {one.section: one.text for one in _reduce(report, _select_own(report, bodies)) if one.is_reduced}


def _select_own(report: Report, bodies: Mapping[str, Markdown]) -> dict[str, Markdown]:
    """Return the sections whose texts stand in the data file."""
    return {section: text for section, text in bodies.items() if section in report.prose}


def _reduce(report: Report, prose: Mapping[str, Markdown]) -> Iterator[_ReducedSection]:
    if not prose:
        return
    texts = {section: markdown.limit_brackets(text) for section, text in prose.items()}
    message = {
        "reduce": list(texts.items()),
        "reserved": document.list_reserved_ids(report.form),
        "dialect": DIALECT,
        "widths": markdown.WIDTHS,
    }
    for answer in _send(message):
        section = answer["section"]
        dropped = [DroppedMarkup(section, item["kind"], item["words"]) for item in answer["dropped"]]
        if markdown.has_metadata(prose[section]):
            dropped.append(DroppedMarkup(section, "metadata", "---"))
        if texts[section] != prose[section]:
            dropped.append(DroppedMarkup(section, "brackets", "["))
        is_reduced = any(item.kind != CROWDED for item in dropped) or markdown.has_html(prose[section])
        yield _ReducedSection(section, dropped, Markdown(answer["markdown"]), is_reduced)


def _send(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    from nianbao.render.pandoc import Pandoc  # noqa: PLC0415  # slow to import, and most prose has no markup

    pandoc = _pandocs[os.getpid()] = _pandocs.get(os.getpid()) or Pandoc()
    try:
        pandoc.send(message)
        ((_name, content),) = pandoc.receive()
    except BaseException:
        close_pandoc()  # answers that are still to come are for this message
        raise
    return list(json.loads(content))


def close_pandoc() -> None:
    """End the pandoc of this process, if it has one."""
    if pandoc := _pandocs.pop(os.getpid(), None):
        pandoc.close()


_pandocs: "dict[int, Pandoc]" = {}  # by process ID: a forked process must not write to the pandoc of its parent
