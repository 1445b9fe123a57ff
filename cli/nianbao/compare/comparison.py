"""A comparison of two reports: their values side by side, their prose with its changes, and what is repeated."""

import re
from collections.abc import Sequence

from msgspec import Struct

from nianbao.checks.own_prose import find_own_sentences
from nianbao.checks.repetition import Repetition, find_repetition
from nianbao.compare.figures import ComparedTable, ComparedValue, compare_values
from nianbao.compare.runs import Runs, compare_paragraphs, compare_texts
from nianbao.compose import markdown
from nianbao.compose.document import Document, compose_heading

_ITEM = r"\n(?=[ \t]*(?:[-+*]|\w{1,3}[.)]|\|)[ \t])"  # what comes next on the page as a line of its own
_RULE = r"(?m)^[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+[ \t:-]*\n"  # below the head of a table


class ComparedSection(Struct, frozen=True):
    """The prose of one section: its heading and its paragraphs as runs, and what it repeats of the earlier report."""

    id: str
    heading: Runs
    paragraphs: tuple[Runs, ...]
    repetition: Repetition

    @property
    def title(self) -> str:
        """Its heading, of the later report where that has the section."""
        return "".join(run.after for run in self.heading) or "".join(run.before for run in self.heading)

    @property
    def is_changed(self) -> bool:
        """Return whether a word of it differs."""
        return any(run.is_changed for runs in (self.heading, *self.paragraphs) for run in runs)


class Comparison(Struct, frozen=True):
    """Two reports compared; `before_label` and `after_label` name them in the language of the kind.

    Of two versions of one report (`is_one_report`) it does not matter what is the same.
    """

    before: Document
    after: Document
    before_label: str
    after_label: str
    tables: tuple[ComparedTable, ...]
    sections: tuple[ComparedSection, ...]
    is_one_report: bool = False

    def select_values(self, table: ComparedTable) -> list[ComparedValue]:
        """Select the values that are not 0 or absent in both reports; of one report those that have changed."""
        return [value for value in table.values if (value.is_changed if self.is_one_report else not value.is_empty)]

    @property
    def repeats(self) -> list[tuple[str, str]]:
        """The passages that the later report repeats, each with the heading of its section, the longest first."""
        if self.is_one_report:
            return []
        found = [(section.title, run) for section in self.sections for run in section.repetition.runs]
        return sorted(dict.fromkeys(found), key=lambda pair: len(pair[1]), reverse=True)

    @property
    def is_changed(self) -> bool:
        """Return whether the reports differ in a value or in a word."""
        values = (value for table in self.tables for value in table.values)
        return any(value.is_changed for value in values) or any(section.is_changed for section in self.sections)


def compare_documents(
    before: Document,
    after: Document,
    labels: tuple[str, str],
    *,
    consecutive: bool = False,
    is_one_report: bool = False,
) -> Comparison:
    """Compare two reports of one kind; with `consecutive` the earlier one hands its pending cases on to the later."""
    return Comparison(
        before,
        after,
        *labels,
        compare_values(before.report, after.report, consecutive=consecutive),
        tuple(_compare_section(before, after, section) for section in _list_sections(before, after)),
        is_one_report,
    )


def _list_sections(before: Document, after: Document) -> Sequence[str]:
    """List the sections that have prose in one of the reports, in the order of the later one, then of the earlier."""
    return [
        section
        for section in dict.fromkeys((*after.plain, *before.plain))
        if after.plain.get(section) or before.plain.get(section)
    ]


def _compare_section(before: Document, after: Document, section: str) -> ComparedSection:
    end = after.report.form.locale.part_end
    paragraphs = [list_paragraphs(document.bodies.get(section, "")) for document in (before, after)]
    own = [
        find_own_sentences(document.report, section, document.plain.get(section, "")) for document in (before, after)
    ]
    least = after.report.form.locale.text.least
    return ComparedSection(
        section,
        compare_texts(_get_heading(before, section), _get_heading(after, section), end),
        compare_paragraphs(paragraphs[0], paragraphs[1], end),
        find_repetition(own[1], own[0], least) if own[0] else Repetition(sum(map(len, own[1]))),
    )


def list_paragraphs(text: str) -> list[str]:
    """List the paragraphs, items and rows of prose in plain words."""
    lines = markdown.to_plain_text(re.sub(_ITEM, "\n\n", re.sub(_RULE, "", text))).splitlines()
    return [re.sub(r"[ \t]+", " ", line) for line in lines]


def _get_heading(document: Document, section: str) -> str:
    has_section = any(part.id == section for part in document.report.form.sections)
    return compose_heading(document.report, section) if has_section else ""
