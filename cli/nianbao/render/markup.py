"""Which markup of prose is printed: prose is data, and what it may not say is left out and reported."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nianbao.compose import markdown
from nianbao.compose.markdown import DIALECT, Markdown
from nianbao.compose.prose import LeftOut
from nianbao.model.report import Report
from nianbao.render.pandoc import Pandoc


class _ReducedSection(NamedTuple):
    section: str
    left_out: list[LeftOut]
    text: Markdown  # what is printed
    is_less: bool  # than the prose itself may be to a reader of Markdown


def find_dropped_markup(report: Report, bodies: Mapping[str, Markdown]) -> list[LeftOut]:
    """Find what nothing prints of the prose of a report, of which `bodies` are the sections in words.

    Raises `Stop` where pandoc fails.
    """
    own = {section: text for section, text in _select_own(report, bodies).items() if markdown.may_hold_markup(text)}
    return [item for one in _reduce(report, own) for item in one.left_out]


def reduce_sections(report: Report, bodies: Mapping[str, Markdown]) -> dict[str, Markdown]:
    """Return as Markdown what is printed of those sections of which not all is; see `find_dropped_markup`."""
    return {one.section: one.text for one in _reduce(report, _select_own(report, bodies)) if one.is_less}


def _select_own(report: Report, bodies: Mapping[str, Markdown]) -> dict[str, Markdown]:
    """Return those texts that the data file has itself."""
    return {section: text for section, text in bodies.items() if section in report.prose}


def _reduce(report: Report, prose: Mapping[str, Markdown]) -> Iterator[_ReducedSection]:
    if not prose:
        return
    texts = {section: markdown.bounded(text) for section, text in prose.items()}
    reserved = [table.id for table in report.form.tables]
    for answer in _send({"judged": list(texts.items()), "reserved": reserved, "dialect": DIALECT}):
        section = answer["section"]
        found = [LeftOut(section, item["kind"], item["words"]) for item in answer["left_out"]]
        if markdown.has_metadata(prose[section]):
            found.append(LeftOut(section, "metadata", "---"))
        if texts[section] != prose[section]:
            found.append(LeftOut(section, "brackets", "["))
        yield _ReducedSection(
            section, found, Markdown(answer["rest"]), bool(found) or markdown.has_html(prose[section])
        )


def _send(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    pandoc = _pandocs[os.getpid()] = _pandocs.get(os.getpid()) or Pandoc()
    try:
        pandoc.send(message)
        ((_name, content),) = pandoc.receive()
    except BaseException:
        close_pandoc()  # what it would still answer is for this message
        raise
    return list(json.loads(content))


def close_pandoc() -> None:
    """End the pandoc of this process, if it has one."""
    if pandoc := _pandocs.pop(os.getpid(), None):
        pandoc.close()


_pandocs: dict[int, Pandoc] = {}  # by process: one that was forked must not write to its parent's
