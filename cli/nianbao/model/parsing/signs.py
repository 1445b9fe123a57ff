"""The signs that a Chinese input method writes for those of TOML, and the parts of a text between them."""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

_BLANKS = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
DOUBLE_QUOTES = (
    '"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}'
    "\N{DOUBLE HIGH-REVERSED-9 QUOTATION MARK}\N{FULLWIDTH QUOTATION MARK}\N{DOUBLE PRIME}"
    "\N{LEFT CORNER BRACKET}\N{RIGHT CORNER BRACKET}\N{LEFT WHITE CORNER BRACKET}\N{RIGHT WHITE CORNER BRACKET}"
)
SINGLE_QUOTES = "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{FULLWIDTH APOSTROPHE}\N{PRIME}"
QUOTES = DOUBLE_QUOTES + SINGLE_QUOTES
# Each sign by the one of TOML, both a single character, so that places stay what they are.
_SIGNS = (
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in QUOTES}
    | dict.fromkeys(_BLANKS + INVISIBLE, " ")
    | dict.fromkeys("\N{EM DASH}\N{EN DASH}\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}", "-")
    | {
        "\N{IDEOGRAPHIC COMMA}": ",",
        "\N{IDEOGRAPHIC FULL STOP}": ".",
        "\N{LEFT BLACK LENTICULAR BRACKET}": "[",
        "\N{RIGHT BLACK LENTICULAR BRACKET}": "]",
        "\N{LEFT TORTOISE SHELL BRACKET}": "[",
        "\N{RIGHT TORTOISE SHELL BRACKET}": "]",
    }
)
_TABLE = str.maketrans(_SIGNS)
WIDE_RUN = re.compile(f"[{re.escape(''.join(_SIGNS))}]+")


def fold(text: str) -> str:
    """Replace each sign of an input method by that of TOML; the text keeps its length."""
    return text.translate(_TABLE)


def replace_signs(signs: str, after: str) -> str:
    """Return what belongs in the place of signs before a text; an invisible one belongs nowhere."""
    written = "".join("" if sign in INVISIBLE else _SIGNS[sign] for sign in signs)
    return f"{written} " if written.endswith(",") and after and not after.isspace() else written


def is_blank(signs: str) -> bool:
    """Return whether signs are blanks or invisible ones only."""
    return not fold(signs).strip()


class Slip(Struct, frozen=True):
    """A slip of the pen: the part of a text from `start` to `end`, and what belongs there.

    `after` is None where nobody can tell; `stand_in` is then what makes TOML of it. It is `certain` where there is no
    other reading of the text, and nothing of it gets lost. `key` and `values` make the message; a slip without a key
    is told together with another one.
    """

    start: int
    end: int
    key: str
    after: str | None = None
    certain: bool = False
    stand_in: str = "0"
    values: tuple[tuple[str, object], ...] = ()

    def move(self, distance: int) -> "Slip":
        """Return the same slip so many characters farther on."""
        return replace(self, start=self.start + distance, end=self.end + distance)


def correct(text: str, slips: Sequence[Slip], *, certain: bool = True, known: bool = True) -> str:
    """Put what belongs there in the place of slips, of the certain ones or of all.

    Where nobody can tell what belongs there the text stays as it is, unless slips that are not `known` are corrected,
    too, by what makes TOML of them.
    """
    parts, at = [], 0
    for slip in slips:
        after = slip.after if known or slip.after is not None else slip.stand_in
        if slip.start < at or after is None or (certain and not slip.certain):
            continue
        parts += [text[at : slip.start], after]
        at = slip.end
    return "".join([*parts, text[at:]])
