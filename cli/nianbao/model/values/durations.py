"""Durations as data files write them: 2d, 1h30m, 86m, 45s."""

import re

UNITS = ("day", "hour", "minute", "second")  # d, h, m, s
PATTERN = re.compile(r"(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")


def parse_duration(text: str) -> dict[str, int]:
    """Return how many of each unit a duration has, only those that it names; empty for a text that is no duration."""
    match = PATTERN.fullmatch(text)
    return {unit: int(number) for unit, number in zip(UNITS, match.groups(), strict=True) if number} if match else {}
