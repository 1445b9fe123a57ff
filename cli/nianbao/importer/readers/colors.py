"""Colours of web pages as eight hexadecimal digits, and whether a person can tell words from what is behind them."""

import re

_DECLARED = re.compile(
    r"""(?i)(?<![-\w])(background(?:-color)?|(?:bg)?color)\s{0,9}[:=]\s{0,9}["']?([^;"'<>}]{3,60})"""
)
_LONG_NUMBER = re.compile(r"\d{300,}")  # which Python may refuse to read
_MAX_DISTANCE = 24  # of each of red, green and blue, up to which nobody tells two colours apart
_MAX_COLORS = 200  # of a page that are compared
WHITE = "ffffffff"


def limit_numbers(text: str) -> str:
    """Return a style sheet or value without numbers that are too long to be read."""
    return _LONG_NUMBER.sub("0", text)


def parse_color(text: str) -> str:
    """Return the first colour of a value, or of an argument in it; an empty text where there is none."""
    from tinycss2 import parse_component_value_list  # noqa: PLC0415  # only pages with styles need it
    from tinycss2.color4 import Color, parse_color  # noqa: PLC0415

    plain = limit_numbers(text)
    tokens = parse_component_value_list(plain) + parse_component_value_list(f"#{plain}")  # attributes leave it out
    for one in (one for token in tokens for one in (token, *getattr(token, "arguments", ()))):
        try:
            color = parse_color(one)
            parts = [*color.to("srgb")] if isinstance(color, Color) else []
        except (ValueError, NotImplementedError):  # `color()`, and spaces of colours that it cannot convert
            continue
        if parts:
            return bytes(round(255 * min(1, max(0, part))) for part in parts).hex()
    return ""


def blend(color: str, behind: str) -> str:
    """Return what a person sees of a colour that lets another one through."""
    *parts, alpha = bytes.fromhex(color)
    pairs = zip(parts, bytes.fromhex(behind), strict=False)
    return bytes(round((part * alpha + other * (255 - alpha)) / 255) for part, other in pairs).hex() + "ff"


def is_alike(ink: str, paper: str) -> bool:
    """Tell whether words in one colour cannot be told from another one behind them."""
    pairs = zip(bytes.fromhex(blend(ink, paper)), bytes.fromhex(paper), strict=True)
    return all(abs(one - other) <= _MAX_DISTANCE for one, other in pairs)


def may_be_alike(text: str) -> bool:
    """Tell whether a page, in small letters, has words in a colour that is also behind words, or in that of paper."""
    declared = dict.fromkeys(_DECLARED.findall(text)) if "color" in text else {}
    if len(declared) > _MAX_COLORS:
        return True
    found = {(name == "color", color) for name, value in declared if (color := parse_color(value))}
    inks = {color for is_ink, color in found if is_ink}
    papers = {WHITE, *(blend(color, WHITE) for is_ink, color in found if not is_ink)}
    return any(is_alike(ink, paper) for ink in inks for paper in papers)
