"""Find the slips of the pen in a text that is not TOML.

No library does: the parsers of TOML, toml_rs, tomllib and tomlkit, stop at the first sign that they do not know, and
say nothing of what was meant. The text is read once, from its beginning to its end; what stands in strings and comments
is passed over.
"""

import re

from msgspec.structs import replace

from nianbao.model.i18n import N_
from nianbao.model.parsing.keys import BARE_PATH, PATH, describe_odd_name, join_keys
from nianbao.model.parsing.signs import Slip
from nianbao.model.parsing.values import Keys, TooDeepError, ValueScanner

_COMMENT = re.compile(r"#|//+|/\*+|<!--|--+(?=[^-\d])|;(?=[ \t]*+[^\s#])")
_HEADER = re.compile(rf"(\[++)[ \t]*+({PATH.pattern})[ \t]*+(\]*+)")
_HEADER_OF_WORDS = re.compile(r"(\[++)([^\[\]#\"'\n]*+)(\]++)")
_ROUND_HEADER = re.compile(rf"\([ \t]*+({BARE_PATH.pattern})[ \t]*+\)")
_HEADER_WITHOUT_START = re.compile(rf"({PATH.pattern})[ \t]*+(\]++)")
_WORDS_WITH_COLON = re.compile(r"(?![\x00-\x09\x0b-\x7f]++:)[^\s=:\"'\[\]{}]++[ \t]*+:(?![ \t]*+[\d\"'\[{])")
# A line that begins with words, a sign `=`, and what can be a value.
_WORDS_WITH_VALUE = re.compile(r"([^\s=:#\"'\[\]{}][^=#\"'{}\n]{0,30}?)[ \t]*+(=)[ \t]*+(?=[{\[\d\"'+-])")
_TEXT_OF_LINES = re.compile(r"\"{3}[ \t\r]*+\n|'{3}[ \t\r]*+\n")
_OPEN_TEXTS = {"slip-quote-open", "slip-text-open", "slip-needs-three-quotes"}
_STATEMENT_BELOW = re.compile(r"[^\n]*+\s*+(?:#|\[{1,2}[A-Za-z]|[A-Za-z][\w.-]*+[ \t]*+=|\Z)")
_ARRAY_OF_TABLES = 2  # brackets


def find_slips(text: str, *, is_data: bool = True) -> list[Slip]:
    """Find the slips of a text, in their order; that of a data file has keys in ASCII only, but those of own facts."""
    scanner = _Scanner(text, is_data=is_data)
    try:
        scanner.scan()
    except TooDeepError:
        scanner.passed.append((scanner.at, len(text)))
    slips = scanner.list_slips(N_("slip-wide-sign"))
    # Where a text may go on below, what follows may belong to it.
    opened = next((slip.start for slip in slips if slip.key in _OPEN_TEXTS and not _ends_here(text, slip)), len(text))
    return [replace(slip, certain=slip.certain and slip.start < opened) for slip in slips]


def _ends_here(text: str, slip: Slip) -> bool:
    """Return whether a text whose end is missing cannot go on below, since another entry or table begins there."""
    return slip.key == "slip-quote-open" and bool(_STATEMENT_BELOW.match(text, slip.end))


class _Scanner(ValueScanner):
    """Reads statements one after another."""

    table: Keys = ()

    def scan(self) -> None:
        while self.at < self.size:
            self.skip_blank_lines()
            if _COMMENT.match(self.folded, self.at):
                self._scan_comment()
            elif self.is_at("["):
                self._scan_header()
            elif self.at < self.size:
                self._scan_statement()

    def _scan_comment(self) -> None:
        """Read a comment, with the mark of another language, too."""
        match = _COMMENT.match(self.folded, self.at)
        if match and match[0] != "#":
            self.add(self.at, match.end(), N_("slip-comment-mark"), "#", certain=True)
        self.pass_comment()

    def _scan_header(self) -> None:
        """Read the header of a table."""
        start = self.at
        match = _HEADER.match(self.folded, start)
        words = None if match and match[3] else _HEADER_OF_WORDS.match(self.folded, start)
        if words and words[2].strip():
            match, keys = words, tuple((join_keys(words[2]) or f"x{start}").split("."))
            key, after, values = describe_odd_name(words[2])
            self.add(match.start(2), match.end(2), key, after, stand_in=".".join(keys), **values)
        elif match:
            self.at = match.start(2)
            keys = self.read_path(match.end(2))
        else:
            self.add(start, start + 1, N_("slip-header"))
            self._pass_line()
            return
        opening, closing = len(match[1]), len(match[3])
        size = _ARRAY_OF_TABLES if opening > 1 else 1
        if not closing:
            size = min(opening, _ARRAY_OF_TABLES)
            self.add(match.end(2), match.end(2), N_("slip-bracket-missing"), "]" * size, sign="]" * size)
        elif opening != closing or opening > size:
            at, end = (match.start(1), match.end(1)) if opening != size else (match.start(3), match.end(3))
            self.add(at, end, N_("slip-header"), "[" * size if opening != size else "]" * size)
        self.at = match.end()
        self._define_table(keys, start, is_array=size > 1)
        self._end_line()

    def _define_table(self, keys: Keys, start: int, *, is_array: bool) -> None:
        self.table = keys
        if is_array:
            self.table = (*keys, f"#{start}")
        elif keys in self.defined:
            self.add_twice(N_("slip-table-twice"), start, self.at, self.defined[keys])
            self.table = (*keys, f"#{start}")
        self.defined.setdefault(self.table, start)

    def _scan_statement(self) -> None:
        start = self.at
        if _TEXT_OF_LINES.match(self.folded, start):
            self.add(start, start, N_("slip-text-without-name"), stand_in=f"x{start} = ")
            self.scan_string("line")
            self._end_line()
        elif not _WORDS_WITH_COLON.match(self.folded, start) and self.scan_entry(self.table, "line"):
            self._end_line()
        else:
            self._scan_other_line(start)

    def _scan_other_line(self, start: int) -> None:
        """Read a line that is no entry: a header, a bracket that was left over, or words without a comment mark."""
        if words := _WORDS_WITH_VALUE.match(self.folded, start):
            self.scan_odd_entry(words, "line")
            self._end_line()
            return
        match = _HEADER_WITHOUT_START.match(self.folded, start)
        line = self.folded[start : self.find_line_end(start)]
        if match:
            self.add(start, start, N_("slip-bracket-missing"), "[" * len(match[2]), sign="[" * len(match[2]))
            self.at = match.end(1)
            self._define_table(tuple(match[1].split(".")), start, is_array=len(match[2]) > 1)
            self.at = match.end()
            self._end_line()
            return
        bracketed = _ROUND_HEADER.fullmatch(line.strip())
        if not line.strip(" \t\r])},;("):
            self.add(start, start + len(line.rstrip()), N_("slip-bracket-left-over"), "")
        elif bracketed or BARE_PATH.fullmatch(line.strip()):
            name = bracketed[1] if bracketed else line.strip()
            self.add(start, start + len(line.rstrip()), N_("slip-header-without-brackets"), f"[{name}]")
            self._define_table(tuple(name.split(".")), start, is_array=False)
        else:
            self.add(start, start, N_("slip-prose"), "# ")
        self._pass_line()

    def _pass_line(self) -> None:
        end = self.find_line_end(self.at)
        self.passed.append((self.at, end))
        self.at = end

    def _end_line(self) -> None:
        """Read what follows a statement on its line: nothing but a comment."""
        self.skip_blanks()
        start, line_end = self.at, self.find_line_end(self.at)
        if _COMMENT.match(self.folded, start, line_end):
            self._scan_comment()
            return
        rest = self.folded[start:line_end].partition("#")[0].rstrip()
        end = start + len(rest)
        if not rest:
            return
        if not rest.strip(" \t.,;:"):
            self.add(start, end, N_("slip-sign-at-end"), "", certain=True)
            self.at = end
        elif not rest.strip(" \t]})"):
            self.add(start, end, N_("slip-bracket-left-over"), "")
            self.at = end
        else:
            self.add(start, start, N_("slip-comment-missing"), "# ")
            self._pass_line()
            return
        self._end_line()
