"""What is wrong with a report, for the unit that sent it: each fault with its cell, its reasons and what to do."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from nianbao.checks import kind_rules, rules
from nianbao.checks.subordinates import LATE
from nianbao.export.excel_form.draft import Mark
from nianbao.model.finding import Finding
from nianbao.model.form import Form
from nianbao.model.rule_page import split_page
from nianbao.model.units.states import UnitState
from nianbao.workspace.kinds import KindFolder

_MARKED_CANDIDATES = 8  # of a finding that cannot say which figure is wrong; it names as many in lines of their own
_ADDRESS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+")


class Fault(Struct, frozen=True):
    """One fault: the `finding`, the `label` of what is at its address, and in a sentence its `rule`."""

    finding: Finding
    label: str = ""
    rule: str = ""

    @property
    def marked(self) -> tuple[str, ...]:
        """The addresses that are marked: that of the finding, or the likeliest of those of which one is wrong."""
        return self.finding.candidates[:_MARKED_CANDIDATES] or (self.finding.address,)

    def comment(self, address: str) -> list[str]:
        """List what is to be said at a marked address: of the notes those that name it, at the finding's own all."""
        finding = self.finding
        notes = [one for one in finding.notes if address == finding.address or address in _ADDRESS.findall(one)]
        return [*filter(None, (finding.message, finding.label, *notes, finding.fix))]


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
    """List the warnings that are not among the faults: what a unit should look at again, except its own units."""
    listed = {fault.finding.key for fault in faults}
    of_units = rules.list_names_of_scope("units")
    warnings = (
        one for one in findings if one.level == "warning" and one.key not in listed and one.rule not in of_units
    )
    return _describe(warnings, form, kind)


def _describe(findings: Iterable[Finding], form: Form | None, kind: KindFolder) -> list[Fault]:
    headings = {f"prose.{section.id}": section.heading for section in form.sections} if form else {}
    labels = {**form.labels, **headings} if form else {}
    return [Fault(one, labels.get(one.address, ""), _summarize_rule(one.rule, kind)) for one in findings]


def _summarize_rule(rule: str, kind: KindFolder) -> str:
    """Return the first paragraph of the page of a rule; empty where it has none."""
    if rule not in kind_rules.list_names(kind):
        return ""
    return split_page(kind_rules.load_rule(kind, rule).localized_page)[0]


def make_marks(faults: Sequence[Fault], doubts: Sequence[Fault], cells: Mapping[str, str]) -> dict[str, Mark]:
    """Make the marks of the cells of a form; a cell with an error and a warning is marked as an error."""
    marks: dict[str, Mark] = {}
    for found, is_error in ((faults, True), (doubts, False)):
        for fault in found:
            for address in fault.marked:
                words = "\n".join(name_cells(one, cells, address) for one in fault.comment(address))
                before = marks.get(address)
                marks[address] = Mark(f"{before.words}\n{words}", before.is_error) if before else Mark(words, is_error)
    return marks


def name_cells(text: str, cells: Mapping[str, str], beside: str) -> str:
    """Name in a text the cells of a form in the place of addresses; one on the sheet of `beside` without its sheet."""
    sheet = cells.get(beside, "").rpartition("!")[0]

    def name(match: re.Match[str]) -> str:
        cell = cells.get(match[0], match[0])
        return cell.removeprefix(f"{sheet}!") if sheet else cell

    return _ADDRESS.sub(name, text)


def fault_data(fault: Fault, cells: Mapping[str, str]) -> dict[str, object]:
    """Return a fault as plain values for templates; `cells` are those of its form."""
    finding = fault.finding

    def name(text: str) -> str:
        return name_cells(text, cells, finding.address)

    return {
        "message": name(finding.message),
        "cell": cells.get(finding.address, ""),
        "label": fault.label,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "source": finding.place.source.strip(),
        "rule": fault.rule,
        "notes": [name(note) for note in (finding.label, *finding.notes) if note],
        "advice": name(finding.fix),
    }
