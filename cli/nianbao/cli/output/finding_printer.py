"""Findings for people: each with its place, its line of the data file, and once for each rule what to do."""

from collections.abc import Callable, Sequence
from itertools import groupby

import typer

from nianbao.checks.answers.acceptances import is_worth_accepting
from nianbao.checks.rules import list_names
from nianbao.cli.output.acceptances import describe_address
from nianbao.cli.screen import Screen, get_screen
from nianbao.cli.terminal import StyledText, echo, escape_controls
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

_COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW, "note": typer.colors.CYAN}
_INDENT = "    "


class FindingPrinter:
    """Prints the findings of one run: what to do about a rule is said below its first finding only."""

    def __init__(self) -> None:
        self._with_page = frozenset(list_names())
        self._told: set[tuple[str, str]] = set()

    def print_all(self, findings: Sequence[Finding], *, margin: str = "") -> None:
        """Print findings with their places, their lines, and what to do."""
        for finding in findings:
            self._print(finding, str(finding.place), margin)

    def print_by_file(self, findings: Sequence[Finding], describe: Callable[[Sequence[Finding]], str]) -> None:
        """Print the findings of each file below its name, with `describe` for all of them."""
        for file, of_file in groupby(findings, key=lambda finding: finding.place.file):
            group = list(of_file)
            print_file_name(file, describe(group))
            for finding in group:
                self._print(finding, finding.place.position, "  ")

    def _print(self, finding: Finding, place: str, margin: str) -> None:
        print_message(finding, place, margin)
        if finding.place.line:
            _print_excerpt(finding, margin + _INDENT)
        for note in finding.notes:
            echo(f"{margin}{_INDENT}{note}", hang=2)
        if is_worth_accepting(finding):
            echo(f"{margin}{_INDENT}{describe_address(finding)}", hang=2)
        if finding.fix and self._is_new(finding.rule, finding.fix):
            echo(margin + _INDENT + _("fix-line", fix=finding.fix), hang=2)
        if (finding.has_page or finding.rule in self._with_page) and self._is_new(finding.rule, ""):
            echo(margin + _INDENT + _("see-explain-rule", rule=finding.rule))

    def _is_new(self, rule: str, words: str) -> bool:
        """Tell whether something is said of a rule for the first time."""
        known = (rule, words) in self._told
        self._told.add((rule, words))
        return not known


def print_file_name(file: str, found: str) -> None:
    """Print the name of a file above its findings, with their number."""
    echo(StyledText(file, bold=True), _("findings-of-file", found=found))


def print_message(finding: Finding, place: str, margin: str = "") -> None:
    """Print the rule and the message of a finding at a place, which is empty for a file as a whole."""
    head = StyledText(f"{finding.level}[{finding.rule}]", _COLOURS[finding.level], bold=True)
    echo(margin + (f"{place}: " if place else ""), head, f" {finding.message}", hang=4)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print findings that are the only ones of a run."""
    FindingPrinter().print_all(findings)


def _print_excerpt(finding: Finding, margin: str) -> None:
    """Print the line of a finding, and its label below the underlined value, or where there is no room, below that."""
    place, screen = finding.place, get_screen()
    number, label = str(place.line), escape_controls(finding.label)
    gutter = f"{margin}{' ' * len(number)} | "
    start, end = place.column - 1, place.column - 1 + place.length
    source = place.source.replace("\t", " ")
    parts = (source[:start], source[start:end], source[end:])
    before, value, after = screen.cut(
        *map(escape_controls, parts),  # escapes take room too
        margin=len(gutter),
        label=screen.measure(label) + 1,
    )
    echo(f"{margin}{number} | {before}{value}{after}")
    colour = _COLOURS[finding.level]
    underline = " " * screen.measure(before) + "^" * max(1, screen.measure(value))
    if _has_room(screen, f"{gutter}{underline} {label}"):
        echo(gutter, StyledText(f"{underline} {label}".rstrip(), colour))
        return
    echo(gutter, StyledText(underline, colour))
    for line in screen.wrap_text(label, screen.width - len(gutter)):
        echo(gutter, StyledText(line, colour))


def _has_room(screen: Screen, line: str) -> bool:
    return not screen.width or screen.measure(line) <= screen.width
