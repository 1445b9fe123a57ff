"""What is wrong with a report, for the unit that sent it: each fault with its cell, its reasons and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nianbao.checks import kind_rules
from nianbao.checks.subordinates import LATE
from nianbao.export.excel_form.draft import Mark
from nianbao.model.finding import Finding
from nianbao.model.form import Form
from nianbao.model.rule_page import split_page
from nianbao.model.units.states import UnitState
from nianbao.workspace.kinds import KindFolder


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the `finding`, the `labels` of the figures or facts that it is about, and in a sentence its `rule`."""

    finding: Finding
    labels: tuple[str, ...] = ()
    rule: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that are marked: that of the finding, or those of which one at least is wrong."""
        finding = self.finding
        return tuple(dict.fromkeys(filter(None, finding.candidates or (finding.address,))))


def list_faults(state: UnitState, findings: Sequence[Finding], form: Form | None, kind: KindFolder) -> list[Fault]:
    """List what a unit has to correct: the errors by which it is left out of the sums, and all other errors.

    That a report was late cannot be corrected. Where its figures are not the sum of its units', the findings that say
    which are listed, too.
    """
    known = {finding.key: finding for finding in findings}
    listed = [known.get(reason.key, reason) for reason in state.reasons]
    others = [one for one in findings if one.level == "error" and one.rule != LATE]
    if state.is_outdated:
        others += [one for one in findings if one.rule == "rollup-differs"]
    unique = {finding.key: finding for finding in (*listed, *others)}
    return _describe(unique.values(), form, kind)


def list_doubts(
    faults: Sequence[Fault], findings: Sequence[Finding], form: Form | None, kind: KindFolder
) -> list[Fault]:
    """List the warnings that are not among the faults: what a unit should look at again."""
    listed = {fault.finding.key for fault in faults}
    warnings = (one for one in findings if one.level == "warning" and one.key not in listed)
    return _describe(warnings, form, kind)


def _describe(findings: Iterable[Finding], form: Form | None, kind: KindFolder) -> list[Fault]:
    labels = form.labels if form else {}
    described = []
    for finding in findings:
        fault = Fault(finding, rule=_summarize_rule(finding.rule, kind))
        named = tuple(labels[address] for address in fault.addresses if address in labels)
        described.append(Fault(finding, named, fault.rule))
    return described


def _summarize_rule(rule: str, kind: KindFolder) -> str:
    """Return the first paragraph of the page of a rule; empty where it has none."""
    if rule not in kind_rules.list_names(kind):
        return ""
    return split_page(kind_rules.load_rule(kind, rule).localized_page)[0]


def make_marks(faults: Sequence[Fault], doubts: Sequence[Fault]) -> dict[str, Mark]:
    """Make the marks of the cells of a form; a cell with an error and a warning is marked as an error."""
    marks: dict[str, Mark] = {}
    for found, is_error in ((faults, True), (doubts, False)):
        for fault in found:
            words = "\n".join((fault.finding.message, *fault.finding.notes, *_list_advice(fault.finding)))
            for address in fault.addresses:
                before = marks.get(address)
                marks[address] = Mark(f"{before.words}\n{words}", before.is_error) if before else Mark(words, is_error)
    return marks


def _list_advice(finding: Finding) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (finding.label, finding.fix))))


def fault_data(fault: Fault, cells: Mapping[str, str]) -> dict[str, object]:
    """Return a fault as plain values for templates; `cells` are those of its form."""
    finding = fault.finding
    return {
        "message": finding.message,
        "cells": [cells[address] for address in fault.addresses if address in cells],
        "labels": list(fault.labels),
        "file": finding.place.file,
        "position": finding.place.position,
        "line": finding.place.line,
        "column": finding.place.column,
        "source": finding.place.source.strip(),
        "rule": fault.rule,
        "notes": list(finding.notes),
        "advice": list(_list_advice(finding)),
    }
