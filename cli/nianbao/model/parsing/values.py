"""Entries `key = value` with the slips of a person: their keys, values, rows and arrays."""

import re

from nianbao.model.i18n import N_
from nianbao.model.parsing.hazards import DEPTH_LIMIT
from nianbao.model.parsing.keys import BARE_KEY, ODD_PATH, PART, PATH, describe_odd_name
from nianbao.model.parsing.scalars import read_separated, read_value
from nianbao.model.parsing.signs import QUOTES
from nianbao.model.parsing.strings import StringScanner

_QUOTES = re.escape(QUOTES)
_ASSIGN = re.compile(r"[ \t]*+(==|=>|:=|[=:])")
_VALUE_FOLLOWS = re.compile(rf"[ \t]++(?:[{_QUOTES}\[{{]|[+-]?\d)")
_ENTRY = re.compile(rf"{PATH.pattern}[ \t]*+[=:](?!//)")
_ROUND_ROW = re.compile(rf"\([ \t]*+{_ENTRY.pattern}")
# A number or a day, and behind blanks words, which lack a comment mark; after one blank they may be a unit.
_VALUE_AND_WORDS = re.compile(r"(?:[+-]?\d[\d.,]*[ \t]{2,}|\d{4}-\d\d-\d\d[ \t]+)(?=[^\d\s])", re.ASCII)
_NEXT_ENTRY = re.compile(rf"(?<![ \t])[ \t]++{_ENTRY.pattern}")
# A point in the place of the comma behind a whole number.
_POINT_FOR_COMMA = re.compile(rf"([+-]?\d++)\.[ \t]*+(?=[A-Za-z]){_ENTRY.pattern}", re.ASCII)
_OPENING, _CLOSING = "\u3014\u3010", "\u3015\u3011"  # brackets in words, as of the number of a document
_NEXT_COMMENT = re.compile(r"(?<![ \t])[ \t]++(?://|/\*)")
_HEADER = re.compile(r"\[{1,2}[ \t]*+[A-Za-z][\w.-]*+[ \t]*+\]")
_BLANK_LINES = re.compile(r"(?>(?:[ \t\r]*+(?:#[^\n]*+)?\n)*)[ \t\r]*+")
_DELIMITER = re.compile(r"[ \t\r]*+(?:[\n#,;}]|\Z)")
_ENDS = {
    context: re.compile(rf"(?>(?:\([^\n()]*+\)|[^\n#\])}}{stops}])*)")
    for context, stops in (("line", ""), ("row", ",;"), ("list", ",;"))
}
_OWN = ("own",)  # the table of a data file whose keys an office chooses; others are in ASCII
_AFTER_VALUE = {"line": "", "row": ",;}", "list": ",;]"}

Keys = tuple[str, ...]


class TooDeepError(Exception):
    """The text is nested deeper than any report."""


class ValueScanner(StringScanner):
    """Reads entries and their values."""

    def __init__(self, text: str, *, is_data: bool = True) -> None:
        super().__init__(text)
        self.is_data = is_data
        self.depth = 0
        self._part_ends: dict[str, tuple[int, int]] = {}  # by where values stand: what was last looked for, and found
        self.defined: dict[Keys, int] = {}  # where each table and key was written

    def add_twice(self, key: str, start: int, end: int, first: int) -> None:
        """Add the slip that something is written a second time."""
        stand_in = f"[x{start}]" if self.folded[start] == "[" else f"x{start}"
        self.add(start, end, key, stand_in=stand_in, first=self.count_line(first))

    def scan_entry(self, table: Keys, context: str) -> bool:
        """Read `key = value` on a `line` or in a `row`; return whether there is one here."""
        start = self.at
        path = PATH.match(self.folded, start)
        if odd := ODD_PATH.match(self.folded, start):
            self.scan_odd_entry(odd, context)
            return True
        if not path:
            if not self.is_at("=:"):
                return False
            self.add(start, start, N_("slip-no-key"))
            self.at += 1
            self.scan_value(context, start)
            return True
        sign = _ASSIGN.match(self.folded, path.end())
        if not sign and not _VALUE_FOLLOWS.match(self.folded, path.end()):
            return False
        keys = (*table, *self.read_path(path.end(), table))
        if keys in self.defined:
            self.add_twice(N_("slip-key-twice"), start, path.end(), self.defined[keys])
            keys = (*keys, f"#{start}")
        self.defined.setdefault(keys, start)
        if not sign:
            self.add(path.end(), path.end(), N_("slip-equals-missing"), " =")
        elif sign[1] != "=":
            before = "" if self.folded[sign.start(1) - 1].isspace() else " "
            after = "" if self.folded[sign.end() : sign.end() + 1].isspace() else " "
            self.add(sign.start(1), sign.end(1), N_("slip-equals"), f"{before}={after}", certain=True)
        self.at = sign.end() if sign else path.end()
        self.scan_value(context, sign.start(1) if sign else path.end() - 1, keys)
        return True

    def scan_odd_entry(self, entry: re.Match[str], context: str) -> None:
        """Read an entry whose key is several words, such as the label of a row, or has dots too many."""
        key, after, values = describe_odd_name(entry[1])
        self.add(entry.start(), entry.end(1), key, after, stand_in=f'"x{entry.start()}"', **values)
        self.at = entry.end()
        self.scan_value(context, entry.start(2))

    def read_path(self, end: int, table: Keys = ()) -> Keys:
        """Read the keys of a path within a table up to its end, and go there."""
        keys: list[str] = []
        for match in PART.finditer(self.folded, self.at, end):
            part = match[0]
            if part[0] in "\"'":
                self.passed.append(match.span())
            elif not BARE_KEY.fullmatch(part):
                quoted = f'"{self.text[match.start() : match.end()]}"'
                if not self.is_data or (*table, *keys)[:1] == _OWN:
                    self.add(match.start(), match.end(), N_("slip-key"), quoted, certain=True)
                else:
                    self.add(match.start(), match.end(), N_("slip-key-words"), stand_in=quoted)
            keys.append(part.strip("\"'"))
        self.at = end
        return tuple(keys)

    def scan_value(self, context: str, equals: int, keys: Keys = ()) -> None:
        """Read a value; `equals` is the place of the sign before it."""
        self.skip_blanks()
        if self.is_at_line_end() or self.is_at(_AFTER_VALUE[context]):
            if context != "line" or self.is_at("#") or not self.scan_words_below():
                self.add(equals + 1, equals + 1, N_("slip-value-missing"))
        elif context == "row" and (number := _POINT_FOR_COMMA.match(self.folded, self.at)):
            self.at = number.end(1)
        elif context == "row" and _ENTRY.match(self.folded, self.at):
            self.add(equals + 1, equals + 1, N_("slip-value-missing"), stand_in=" 0")
        elif self.is_at(QUOTES):
            self.scan_string(context)
        elif self.is_at("["):
            self._scan_list()
        elif self.is_at("{") or _ROUND_ROW.match(self.folded, self.at):
            self._scan_row(keys)
        elif context == "line" and _ENTRY.match(self.folded, self.at):
            self.add(self.at, self.at, N_("slip-bracket-missing"), "{ ", sign="{")
            self._scan_row(keys, has_bracket=False)
        else:
            self._scan_bare(context)
        self.last = self.at

    def _scan_bare(self, context: str) -> None:
        """Read a value without quotes."""
        start = self.at
        end = self._find_bare_end(start, context)
        token = self.folded[start:end].rstrip(" \t\r,;" if context == "line" else " \t\r")
        end = start + len(token)
        self.at = max(end, start + 1)
        original = self.text[start:end]
        reading = read_value(token, original, in_row=context == "row") if token else None
        is_text = reading and reading.key == "slip-text"
        if is_text and context == "line" and self.scan_words_below(start):
            return
        if reading:
            self.add(start, end, reading.key, reading.after, certain=reading.certain)

    def _find_bare_end(self, start: int, context: str) -> int:
        end = self._find_part_end(start, context)
        if context == "line":
            words = _VALUE_AND_WORDS.match(self.folded, start, end)
            if self.text[end : end + 1] in _CLOSING and set(_OPENING).intersection(self.text[start:end]):
                end = min(at for at in (self.find_line_end(end), self.text.find("#", end)) if at >= 0)
            comment = words or _NEXT_COMMENT.search(self.folded, start, end)
            return words.end() if words else comment.start() if comment else end
        if context == "row" and (number := read_separated(self.folded, start)):
            after = start + len(number)
            end = after if _DELIMITER.match(self.folded, after) else end
        entry = _NEXT_ENTRY.search(self.folded, start, end) if context == "row" else None
        return entry.start() if entry else end

    def _find_part_end(self, start: int, context: str) -> int:
        """Find the end of what may be one value: the next sign between values, bracket or comment, or the line's."""
        first, end = self._part_ends.get(context, (0, 0))
        if not first <= start < end:
            match = _ENDS[context].match(self.folded, start)
            end = match.end() if match else start
            self._part_ends[context] = start, end
        return end

    # ── rows and arrays ─────────────────────────────────────────────────────────

    def _scan_row(self, keys: Keys, *, has_bracket: bool = True) -> None:
        """Read the table of a row, which stands on one line unless its bracket is the last sign there."""
        opening = self._open_bracket(size=int(has_bracket))
        if self.folded[opening] == "(":
            self.add(opening, opening + 1, N_("slip-other-bracket"), "{", sign="{ }")
        self.skip_blanks()
        has_lines = self.is_at_line_end()
        after_comma = True
        while True:
            self._skip(has_lines=has_lines)
            if self.is_at("}])"):
                self._close_bracket("}")
                break
            if self.is_at_line_end() or (has_lines and _HEADER.match(self.folded, self.at)):
                if has_lines or not (after_comma and self._goes_on_below()):
                    self._add_missing_bracket("}")
                    break
                has_lines = True
                continue
            if self.is_at(",;.") and not ODD_PATH.match(self.folded, self.at):
                self._scan_comma(after_comma=after_comma)
                after_comma = True
                continue
            self._require_comma(after_comma=after_comma)
            if not self.scan_entry(keys or (f"#{opening}",), "row"):
                self._pass_junk("row")
            after_comma = False
        self.depth -= 1

    def _scan_list(self) -> None:
        """Read an array, on one line or on many."""
        self._open_bracket()
        after_comma = True
        while True:
            line = self.count_line(self.at)
            self._skip(has_lines=True)
            if self.is_at("])}"):
                self._close_bracket("]")
                break
            begins_line = self.at < self.size and self.count_line(self.at) > line
            if self.at >= self.size or (begins_line and self._begins_statement()):
                self._add_missing_bracket("]")
                break
            if self.is_at(",;"):
                self._scan_comma(after_comma=after_comma)
                after_comma = True
                continue
            self._require_comma(after_comma=after_comma)
            self.scan_value("list", self.at)
            after_comma = False
        self.depth -= 1

    def _open_bracket(self, size: int = 1) -> int:
        """Pass over the bracket here, if there is one, and return its place."""
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise TooDeepError
        self.at += size
        self.last = self.at
        return self.at - size

    def _close_bracket(self, bracket: str) -> None:
        """Pass over the bracket here, which should be this one."""
        if not self.is_at(bracket):
            self.add(self.at, self.at + 1, N_("slip-other-bracket"), bracket, sign=bracket)
        self.at += 1

    def _skip(self, *, has_lines: bool) -> None:
        """Go to the next sign, with `has_lines` on another line, too."""
        self.skip_blanks()
        while has_lines and self.at < self.size and self.is_at_line_end():
            if self.is_at("#"):
                self.pass_comment()
            self.skip_blank_lines()

    def pass_comment(self) -> None:
        """Pass over the rest of the line, after the comment mark."""
        end = self.find_line_end(self.at)
        self.passed.append((self.at + 1, end))
        self.at = end

    def _begins_statement(self) -> bool:
        return bool(_ENTRY.match(self.folded, self.at) or _HEADER.match(self.folded, self.at))

    def _scan_comma(self, *, after_comma: bool) -> None:
        """Read the sign between two values."""
        if after_comma:
            self.add(self.at, self.at + 1, N_("slip-comma-twice"), "", certain=True)
        elif not self.is_at(","):
            after = self.folded[self.at + 1 : self.at + 2].isspace()
            self.add(self.at, self.at + 1, N_("slip-semicolon"), "," if after else ", ", certain=True)
        self.at += 1
        self.last = self.at

    def _require_comma(self, *, after_comma: bool) -> None:
        if not after_comma:
            self.add(self.last, self.last, N_("slip-comma-missing"), ",", certain=True)

    def _pass_junk(self, context: str) -> None:
        """Pass over what is no entry."""
        start = self.at
        words = self.folded[start : self._find_part_end(start, context)].rstrip()
        end = start + max(1, len(words))
        key = N_("slip-figure-without-name") if words.replace(".", "").isdecimal() else N_("slip-no-entry")
        self.add(start, end, key, stand_in=f"x{start} = 0")
        self.passed.append((start, end))
        self.at = self.last = end

    def _add_missing_bracket(self, bracket: str) -> None:
        """Add a bracket that is not there after the last sign within it."""
        is_comma = self.folded[self.last - 1] in ",;"
        after = " }" if bracket == "}" else bracket
        self.add(self.last - is_comma, self.last, N_("slip-bracket-missing"), after, sign=bracket)
        self.at = self.last

    def _goes_on_below(self) -> bool:
        """Return whether the next line with a sign belongs to the table of a row whose line ended with a comma."""
        match = _BLANK_LINES.match(self.folded, self.at)
        at = match.end() if match else self.at
        line = self.folded[at : self.text.find("\n", at)]
        return line.count("}") > line.count("{") or ("{" not in line and line.rstrip().endswith(","))
