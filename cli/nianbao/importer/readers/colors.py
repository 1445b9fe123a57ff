"""Colours as web pages write them, and whether a person can tell words from what is behind them."""

import re

_HEX = re.compile(r"#([\da-f]{3,8})\b")
_PART = r"(\d{0,3}(?:\.\d{1,9})?%?)"
_RGB = re.compile(rf"rgba?\({_PART}[,/\s]+{_PART}[,/\s]+{_PART}(?:[,/\s]+{_PART})?\)")
_NAME = re.compile(r"[a-z]{3,24}\b(?!\()")
_NO_NAMES = frozenset({"none", "inherit", "initial", "unset", "revert", "auto", "currentcolor", "windowtext", "url"})
_DECLARED = re.compile(
    r"""(?i)(?<![-\w])(background(?:-color)?|(?:bg)?color)\s{0,9}[:=]\s{0,9}["']?([^;"'<>}]{3,60})"""
)
_MAX_DISTANCE = 24  # of each of red, green and blue, up to which nobody tells two colours apart
_MAX_COLORS = 100  # of a page that are compared
_TRANSPARENT = "transparent"
WHITE = "ffffff"


def parse_color(text: str) -> str:
    """Return a colour as six hexadecimal digits or as its name, an empty text where there is none."""
    plain = text.strip().lower()
    if match := _HEX.search(plain):
        digits = match[1]
        if len(digits) in {3, 4}:
            digits = "".join(digit * 2 for digit in digits)
        return _TRANSPARENT if digits[6:] == "00" else digits[:6]
    if match := _RGB.search(plain):
        parts = [_parse_part(part) for part in match.groups()[:3]]
        is_transparent = bool(match[4]) and not _parse_part(match[4])
        return _TRANSPARENT if is_transparent else "".join(f"{min(255, round(part)):02x}" for part in parts)
    names = [name for name in _NAME.findall(plain) if name not in _NO_NAMES]
    return WHITE if "white" in names else names[0] if names else ""


def _parse_part(text: str) -> float:
    return float(text.rstrip("%") or 0) * (2.55 if text.endswith("%") else 1)


def is_alike(ink: str, paper: str) -> bool:
    """Tell whether words in one colour cannot be told from another one behind them."""
    if _TRANSPARENT in {ink, paper} or ink == paper:
        return ink in {_TRANSPARENT, paper}
    pairs = [[int(color[at : at + 2], 16) for at in (0, 2, 4)] for color in (ink, paper) if _is_hex(color)]
    return len(pairs) == 2 and all(abs(one - other) <= _MAX_DISTANCE for one, other in zip(*pairs, strict=True))  # noqa: PLR2004  # both are


def _is_hex(color: str) -> bool:
    return bool(re.fullmatch(r"[\da-f]{6}", color))


def may_be_alike(text: str) -> bool:
    """Tell whether a page, in small letters, has words in a colour that is also behind words, or in that of paper."""
    declared = dict.fromkeys(_DECLARED.findall(text)) if "color" in text else ()
    found = list(dict.fromkeys((name, parse_color(value)) for name, value in declared))
    inks = [color for name, color in found if name == "color" and color][:_MAX_COLORS]
    papers = [WHITE, *(color for name, color in found if name != "color" and color)][:_MAX_COLORS]
    return any(is_alike(ink, paper) for ink in inks for paper in papers)
