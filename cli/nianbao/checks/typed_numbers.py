"""Find numbers typed into the prose that are facts of the data file, and placeholders to replace them."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from nianbao.checks.stated.section_reading import read_section
from nianbao.checks.wording import add_up_claim, match_claims
from nianbao.model.form import OWN_FACTS
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import Claim
from nianbao.model.value_types import format_number

MIN_NUMBER = 10  # smaller numbers may be equal by chance
MIN_TABLE_NUMBER = 100  # the same for figures of tables, if the text does not say which one is meant

_NUMBER = re.compile(r"(?<![\d.A-Za-z-])(\d+(?:\.\d+)?)(?![\d.])")
# A placeholder contains no other one, so that an unclosed one is scanned only once.
_PLACEHOLDER = re.compile(
    r"\{\{(?>(?:(?!\}\}|\{\{).)*)\}\}|\{%(?>(?:(?!%\}|\{%).)*)%\}|\{#(?>(?:(?!#\}|\{#).)*)#\}", re.DOTALL
)
_NEAR = 40  # characters before and after a number that tell what it counts


class TypedNumber(Struct, frozen=True):
    """A number in the prose that a placeholder could replace: its position in the section, and the placeholder.

    It is claimed where the words around it say what it counts; of others only the number agrees.
    """

    section: str
    start: int
    end: int
    expression: str
    is_claimed: bool = False


def find_typed_numbers(report: Report) -> Iterator[TypedNumber]:
    """Find every number in the prose that a placeholder could replace, section by section."""
    locale = report.form.locale.text
    before, after = re.compile(f"(?:{locale.not_count_before})$"), re.compile(locale.not_count_after)
    ignored = "" if locale.blanks else " \u3000"
    addresses: dict[Number, list[str]] = {}  # filled when the first number is found
    for section, prose in report.prose.items():
        masked = mask_placeholders(prose, "\0")
        positions = [position for position, character in enumerate(masked) if character not in ignored]
        text = "".join(masked[position] for position in positions)
        matches = [
            match
            for match in _NUMBER.finditer(text)
            if Decimal(match[1]) >= MIN_NUMBER
            and not after.match(text, match.end())
            and not before.search(text, max(0, match.start() - _NEAR), match.start())
        ]
        claims_at = _find_claims(report, section, text, matches) if matches else {}
        addresses = addresses or (_find_addresses(report) if matches else {})
        for match in matches:
            claims = claims_at.get(match.start(1))
            expression = (
                _find_claimed_sum(report, claims, match) if claims else _find_only_address(report, addresses, match)
            )
            if expression:
                start, end = positions[match.start()], positions[match.end() - 1] + 1
                yield TypedNumber(section, start, end, expression, bool(claims))


def mask_placeholders(prose: str, mark: str) -> str:
    """Replace each character of the placeholders in a text by a mark."""
    return _PLACEHOLDER.sub(lambda match: mark * len(match[0]), prose)


def insert_placeholders(report: Report) -> dict[str, str]:
    """Return the prose with typed numbers replaced by placeholders, if the placeholder prints the same digits."""
    texts = dict(report.prose)
    for typed in reversed(list(find_typed_numbers(report))):
        prose = texts[typed.section]
        number = add_up_claim(report, typed.expression)
        if number is not None and format_number(number) == prose[typed.start : typed.end]:
            texts[typed.section] = f"{prose[: typed.start]}{{{{ {typed.expression} }}}}{prose[typed.end :]}"
    return texts


def _find_addresses(report: Report) -> dict[Number, list[str]]:
    """List the addresses of every number of a report, by number."""
    addresses: dict[Number, list[str]] = {}
    for address, number in (*report.figures.items(), *report.values.items()):
        if isinstance(number, int | Decimal):
            addresses.setdefault(number, []).append(address)
    return addresses


def _find_unit(report: Report, address: str) -> str | None:
    """Return the unit of a number that a placeholder can name; None of what it cannot name. Own facts have no unit."""
    if slot := report.form.slots.get(address):
        return slot.unit
    of_form = next((fact.unit for fact in report.form.facts if fact.id == address), None)
    return "" if of_form is None and address.startswith(f"{OWN_FACTS}.") else of_form


def _find_claims(report: Report, section: str, text: str, numbers: list[re.Match[str]]) -> dict[int, list[Claim]]:
    """Find the claims that state numbers of a text, by their positions."""
    reading, wanted = read_section(report, "", section, text, written=True), {number.start(1) for number in numbers}
    return {
        start: claims
        for number, (start, _end) in enumerate(reading.figures)
        if start in wanted and (claims := [claim for claim, _match in match_claims(reading, number)])
    }


def _find_claimed_sum(report: Report, claims: list[Claim], number: re.Match[str]) -> str:
    """Find the sum of addresses that a claim says a number is; an empty text if none is equal to it."""
    for expression in (text for claim in claims if not claim.power for text in claim.equals):
        if "*" not in expression and add_up_claim(report, expression) == Decimal(number[1]):
            return expression
    return ""


def _find_only_address(report: Report, addresses: dict[Number, list[str]], number: re.Match[str]) -> str:
    """Find the address of the only fact with this number and unit; an empty text if there are none or several."""
    value, behind = Decimal(number[1]), number.string[number.end() : number.end() + _NEAR].lstrip()
    matching = [
        address
        for address in addresses.get(value, ())
        if (address in report.values or value >= MIN_TABLE_NUMBER)
        and (unit := _find_unit(report, address)) is not None
        and behind.startswith(unit.strip())
    ]
    return matching[0] if len(matching) == 1 else ""
