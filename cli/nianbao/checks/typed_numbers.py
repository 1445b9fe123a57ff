"""Numbers that are typed into the prose though the data file has them, and the placeholders that would supply them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nianbao.checks.wording import add_up_claim
from nianbao.model.form import OWN_FACTS
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import Claim, compile_pattern
from nianbao.model.value_types import format_number

MIN_NUMBER = 10  # smaller numbers are alike by chance
MIN_TABLE_NUMBER = 100  # the same for the many figures of tables, where no words tell which is meant

_NUMBER = re.compile(r"(?<![\d.A-Za-z〔（(第-])(\d+(?:\.\d+)?)(?![\d.])")
# None within another, so that what never ends is looked through only once.
_PLACEHOLDER = re.compile(r"\{\{(?:(?!\}\}|\{\{).)*+\}\}|\{%(?:(?!%\}|\{%).)*+%\}|\{#(?:(?!#\}|\{#).)*+#\}", re.DOTALL)
_NON_COUNT_SUFFIXES = tuple("年月日号时点分%％") + tuple("-—:：")


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number of the prose that a placeholder could supply: where it stands in its section, and the placeholder."""

    section: str
    start: int
    end: int
    expression: str


def find_typed_numbers(report: Report) -> Iterator[TypedNumber]:
    """Give every number of the prose that a placeholder could supply, section by section."""
    addresses: dict[Number, list[tuple[str, str]]] = {}  # looked up only where a number is found that may be supplied
    for section, prose in report.prose.items():
        masked = _PLACEHOLDER.sub(lambda match: "\0" * len(match[0]), prose)
        positions = [position for position, character in enumerate(masked) if character not in " \u3000"]
        text = "".join(masked[position] for position in positions)
        matches = [
            match
            for match in _NUMBER.finditer(text)
            if Decimal(match[1]) >= MIN_NUMBER and not text.startswith(_NON_COUNT_SUFFIXES, match.end())
        ]
        claims_at = _find_claims(report, section, text) if matches else {}
        addresses = addresses or (_find_addresses(report) if matches else {})
        for match in matches:
            claims = claims_at.get(match.start(1))
            expression = (
                _find_claimed_sum(report, claims, match) if claims else _find_only_address(report, addresses, match)
            )
            if expression:
                yield TypedNumber(section, positions[match.start()], positions[match.end() - 1] + 1, expression)


def insert_placeholders(report: Report) -> dict[str, str]:
    """Return the prose with a placeholder for each of those numbers that it would print as it is."""
    texts = dict(report.prose)
    for typed in reversed(list(find_typed_numbers(report))):
        prose = texts[typed.section]
        number = add_up_claim(report, typed.expression)
        if number is not None and format_number(number) == prose[typed.start : typed.end]:
            texts[typed.section] = f"{prose[: typed.start]}{{{{ {typed.expression} }}}}{prose[typed.end :]}"
    return texts


def _find_addresses(report: Report) -> dict[Number, list[tuple[str, str]]]:
    """Give every number of the file that a placeholder may name, by its value, with its unit; own facts have none."""
    units = {address: slot.unit for address, slot in report.form.slots.items()}
    units |= {fact.id: fact.unit for fact in report.form.facts}
    units |= {address: "" for address in report.values if address.startswith(f"{OWN_FACTS}.")}
    addresses: dict[Number, list[tuple[str, str]]] = {}
    for address, unit in units.items():
        number = report.figures.get(address, report.values.get(address))
        if isinstance(number, int | Decimal):
            addresses.setdefault(number, []).append((address, unit))
    return addresses


def _find_claims(report: Report, section: str, text: str) -> dict[int, list[Claim]]:
    """Find where in a text numbers stand whose words state a claim."""
    found: dict[int, list[Claim]] = {}
    for claim in report.form.text_rules.claims:
        if not claim.sections or section in claim.sections:
            for position in {match.start(1) for says in claim.says for match in compile_pattern(says).finditer(text)}:
                found.setdefault(position, []).append(claim)
    return found


def _find_claimed_sum(report: Report, claims: list[Claim], number: re.Match[str]) -> str:
    """Find the sum that the words around a number say it is."""
    for expression in (text for claim in claims for text in claim.equals):
        if "*" not in expression and add_up_claim(report, expression) == Decimal(number[1]):
            return expression
    return ""


def _find_only_address(report: Report, addresses: dict[Number, list[tuple[str, str]]], number: re.Match[str]) -> str:
    """Find the only fact that has this number and its unit."""
    value = Decimal(number[1])
    matching = [
        address
        for address, unit in addresses.get(value, ())
        if number.string.startswith(unit, number.end()) and (address in report.values or value >= MIN_TABLE_NUMBER)
    ]
    return matching[0] if len(matching) == 1 else ""
